using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Findings;

/// <summary>
/// Points that walk away from their neighbours. What one point tells cannot show it; points that measure much the same can: voltages of
/// feeders on one busbar, of transformers on one feeder. Each point's quarter-hour means are divided by the middle one of its day, so
/// that levels do not matter; what its neighbours have in common is what the day did, and what is left is the point's own. Neighbours
/// that differ among themselves say nothing. Loads, traffic and air go their own ways: they are not compared.
/// </summary>
public static class Drift
{
    /// <summary>Fewer others in a quarter are no witnesses: one that is wrong among four does not move their middle.</summary>
    private const int NeighboursMin = 4;

    /// <summary>So many quarters in a row: what is over sooner is no drift.</summary>
    private const int QuartersMin = 2;

    /// <summary>Scatter of the group's own parts beyond which its points do not measure the same.</summary>
    private const double ScatterMax = 0.01;

    /// <summary>Own part from which on it is a drift: beyond what a meter's error changes by in a day...</summary>
    private const double ShareMin = 0.02;

    /// <summary>... and beyond the group's scatter.</summary>
    private const double Sigmas = 8;

    /// <summary>True for what neighbours share: the voltage of their wires.</summary>
    public static bool CanTell(Point point) => point.Kind == PointKind.Gauge && point.Unit.Quantity == Quantity.Voltage;

    /// <summary>What is found of each point, by its number.</summary>
    /// <param name="group">Points of one metric that are near each other, with their windows of the day, ascending.</param>
    public static IReadOnlyDictionary<int, Finding> Find(IReadOnlyList<(Point Point, IReadOnlyList<PointWindow> Windows)> group)
    {
        var found = new Dictionary<int, Finding>();
        if (group.Count <= NeighboursMin) return found;
        var shapes = group.Select(member => ShapeOf(member.Windows)).ToList();
        var others = shapes.SelectMany(shape => shape).GroupBy(pair => pair.Key, pair => pair.Value)
            .Where(quarter => quarter.Count() > NeighboursMin).ToDictionary(quarter => quarter.Key, quarter => Middle(quarter));
        var own = shapes.Select(shape => shape.Where(pair => others.ContainsKey(pair.Key)).Select(pair => (pair.Key, Share: pair.Value / others[pair.Key] - 1)).OrderBy(pair => pair.Key).ToList()).ToList();
        var shares = own.SelectMany(quarters => quarters).Select(quarter => quarter.Share).ToArray();
        if (shares.Length == 0) return found;
        var scatter = Spread.Of(shares).Deviation;
        if (scatter > ScatterMax) return found;
        var limit = Math.Max(ShareMin, Sigmas * scatter);
        for (var i = 0; i < group.Count; i++)
        {
            if (Longest(own[i], limit) is { } drift) found[group[i].Point.Number] = drift;
        }
        return found;
    }

    /// <summary>Means by quarter, as shares of the day's middle one; empty where that is not above zero.</summary>
    private static Dictionary<long, double> ShapeOf(IReadOnlyList<PointWindow> windows)
    {
        var means = windows.Where(window => window.Count > 0).Select(window => (window.StartUs, Mean: (double)window.Sum / window.Count)).ToList();
        if (means.Count == 0) return [];
        var middle = Middle(means.Select(mean => mean.Mean));
        return middle > 0 ? means.ToDictionary(mean => mean.StartUs, mean => mean.Mean / middle) : [];
    }

    /// <summary>The stretch that goes farthest of those beyond the limit on one side.</summary>
    private static Finding? Longest(List<(long StartUs, double Share)> quarters, double limit)
    {
        Finding? found = null;
        for (int begin = 0, end; begin < quarters.Count; begin = end)
        {
            end = begin + 1;
            if (Math.Abs(quarters[begin].Share) <= limit) continue;
            var side = Math.Sign(quarters[begin].Share);
            while (end < quarters.Count && side * quarters[end].Share > limit) end++;
            var worst = quarters.Skip(begin).Take(end - begin).MaxBy(quarter => Math.Abs(quarter.Share)).Share * 100;
            if (end - begin >= QuartersMin && Math.Abs(worst) > Math.Abs(found?.Worst ?? 0)) found = new(FindingKind.Drift, quarters[begin].StartUs, quarters[end - 1].StartUs + Instant.Quarter, end - begin, worst);
        }
        return found;
    }

    private static double Middle(IEnumerable<double> numbers) => Spread.Of([.. numbers]).Median;
}
