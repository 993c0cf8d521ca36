using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Series;

/// <summary>
/// A city's supply, kW: what its substations take in, measured at each within seconds, while its demand is what transformers' meters report,
/// some of them a day later.
/// </summary>
public static class SupplySeries
{
    public const string Metric = "supply";

    public const string Unit = "kW";

    /// <summary>
    /// Adds up quarters of substations, all of the same stretch, to steps. A quarter counts while at most a tenth of the substations that
    /// the best one has is missing in it, as its coverage says; with more missing it would look like low supply, and is a gap.
    /// </summary>
    public static IReadOnlyList<SeriesPoint> Add(IReadOnlyList<IReadOnlyList<SeriesPoint>> substations, CityCalendar calendar, WindowSize size, long fromUs, long toUs)
    {
        var quarters = new SortedDictionary<long, (double Power, int Count, double Coverage)>();
        foreach (var point in substations.SelectMany(quartersOf => quartersOf))
        {
            var sum = quarters.GetValueOrDefault(point.TimeUs);
            quarters[point.TimeUs] = point.Value is { } power ? (sum.Power + power, sum.Count + 1, sum.Coverage + (point.Coverage ?? 0)) : sum;
        }
        var most = quarters.Values.Select(quarter => quarter.Count).DefaultIfEmpty().Max();
        var sums = quarters.Select(quarter => new SeriesPoint(quarter.Key, quarter.Value.Count > 0 && quarter.Value.Count * 10 >= most * 9 ? quarter.Value.Power : null, null, null, quarter.Value.Count, quarter.Value.Coverage / substations.Count)).ToList();
        return [.. Steps.Over(sums, static sum => sum.TimeUs, calendar, size, fromUs, toUs).Select(step => Step(step.StartUs, step.LengthUs, step.Windows))];
    }

    private static SeriesPoint Step(long startUs, long lengthUs, IReadOnlyList<SeriesPoint> quarters)
    {
        var values = quarters.Where(quarter => quarter.Value is not null).Select(quarter => quarter.Value!.Value).ToList();
        var coverage = quarters.Sum(quarter => quarter.Coverage ?? 0) * Instant.Quarter / lengthUs;
        return values.Count == 0 ? new(startUs, null, null, null, 0, coverage) : new(startUs, values.Average(), values.Min(), values.Max(), quarters.Max(quarter => quarter.Count), coverage);
    }
}
