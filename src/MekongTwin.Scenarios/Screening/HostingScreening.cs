using System.Collections.Immutable;
using MekongTwin.Engines.Demand;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>Hosting capacity of a study's feeders: two deterministic bounds, then a placement at random in each future.</summary>
/// <param name="side">The study.</param>
/// <param name="seed">Of its draws.</param>
/// <param name="criteria">Highest voltage and loading.</param>
/// <param name="rules">What is kept free, and when panels are at full power.</param>
internal sealed class HostingScreening(StudiedSide side, long seed, Criteria criteria, HostingRules rules)
{
    /// <summary>A size that is too much for any feeder: so many times what its first line carries.</summary>
    private const double TooMuch = 4;

    /// <summary>Channels of the draws that place panels begin here, apart from those of weather and behaviour.</summary>
    private const int FirstChannel = 10_000;

    private readonly StudyPlan plan = side.Plan;

    /// <summary>Feeders that feed something.</summary>
    private readonly int[] feeding = [.. Enumerable.Range(0, side.Plan.Feeders.Length).Where(f => side.Plan.Feeders[f].Buses.Length > 1)];

    /// <param name="threads">Threads to share the work; the answer does not depend on it.</param>
    /// <param name="ct">Stops it.</param>
    public HostingReport Run(int threads, CancellationToken ct)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = ct };
        var (lightest, random) = (new FeederLoad[side.Futures.Length][], new HostingLimit[side.Futures.Length][]);
        Parallel.For(0, side.Futures.Length, options, future =>
        {
            lightest[future] = Lightest(future);
            random[future] = [.. feeding.Select((f, k) => Most(plan.Feeders[f], lightest[future][k], AtRandom(plan.Feeders[f], lightest[future][k], new Draw(seed, future))))];
        });
        var feeders = new FeederHosting[feeding.Length];
        Parallel.For(0, feeders.Length, options, k =>
        {
            var (feeder, least) = (plan.Feeders[feeding[k]], lightest.Select(of => of[k]).MinBy(static load => load.P.Sum())!);
            var (first, last) = Ends(feeder);
            feeders[k] = new(
                side.Named.FeederName(feeding[k]), Bound(feeder, least, first), Bound(feeder, least, last), Percentiles.Of([.. random.Select(of => of[k].Kw)]).Round(1),
                random.GroupBy(of => of[k].What, StringComparer.Ordinal).ToImmutableSortedDictionary(static group => group.Key, static group => group.Count(), StringComparer.Ordinal));
        });
        return new(rules.Name, rules.Source, Math.Round(criteria.HighestVm - rules.LowVoltageRisePu, 4), [.. feeders.OrderBy(static feeder => feeder.RandomKw.P50).ThenBy(static feeder => feeder.Feeder, StringComparer.Ordinal)]);
    }

    /// <summary>Each feeder's least load in the hours of full power, on the day that is lightest for the city then.</summary>
    private FeederLoad[] Lightest(int future)
    {
        var least = side.Futures[future].DailyLeastKw;
        var day = Array.IndexOf(least, least.Min());
        var (first, days) = Study.StretchOf(plan, day);
        var loads = plan.Loads.MakeStretch();
        loads.Draw(future, first, days);
        return [.. feeding.Select(f =>
        {
            var feeder = plan.Feeders[f];
            var (p, q) = (new double[IFutureLoads.Steps * feeder.Buses.Length], new double[IFutureLoads.Steps * feeder.Buses.Length]);
            loads.Fill(f, feeder, day, p, q);
            return rules.Steps.Select(step => new FeederLoad(At(p, step), At(q, step))).MinBy(static load => load.P.Sum())!;
        })];

        static double[] At(double[] loads, int step) => [.. Enumerable.Range(0, loads.Length / IFutureLoads.Steps).Select(i => loads[(i * IFutureLoads.Steps) + step])];
    }

    private HostingLimit Most(FeederGrid feeder, FeederLoad load, ReadOnlySpan<Panels> places) => new HostingSearch(feeder, plan.IsLine, criteria, rules).Find(load.P, load.Q, places, plan.BaseKva);

    private HostingBound Bound(FeederGrid feeder, FeederLoad load, int at)
    {
        var first = feeder.Network.Branches.RatingFrom[0];
        var most = Most(feeder, load, [new(at, TooMuch * (first > 0 ? first : Math.Max(1, load.P.Sum())))]);
        return new(side.Named.Buses[feeder.Buses[at]].Name, Math.Round(most.Kw, 1), most.What, (most.What == "loading" ? side.Named.Branches : side.Named.Buses)[most.Element].Name);
    }

    /// <summary>Transformers in an order that is drawn, each filled until what it feeds back is its band: panels that are there take their part of it.</summary>
    private Panels[] AtRandom(FeederGrid feeder, FeederLoad load, Draw draw) =>
    [
        .. Enumerable.Range(1, feeder.Branches.Length).Where(i => !plan.IsLine[feeder.Branches[i - 1]])
            .OrderBy(i => draw.Uniform(0, FirstChannel + feeder.Branches[i - 1])).Select(i => new Panels(i, Math.Max(0, (feeder.Network.Branches.RatingFrom[i - 1] * criteria.TransformerPercent[1] / 100) + Math.Min(0, load.P[i])))),
    ];

    /// <summary>The first bus after the head, and the node with the most impedance to it.</summary>
    private (int First, int Last) Ends(FeederGrid feeder)
    {
        var branches = feeder.Network.Branches;
        var (far, last) = (new double[feeder.Buses.Length], 1);
        for (var i = 1; i < far.Length; i++)
        {
            var parent = branches.From[i - 1] == i ? branches.To[i - 1] : branches.From[i - 1];
            far[i] = far[parent] + Math.Sqrt((branches.R[i - 1] * branches.R[i - 1]) + (branches.X[i - 1] * branches.X[i - 1]));
            if (plan.IsLine[feeder.Branches[i - 1]] && far[i] > far[last]) last = i;
        }
        return (1, last);
    }

    private sealed record FeederLoad(double[] P, double[] Q);
}
