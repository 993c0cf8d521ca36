using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Series;

/// <summary>
/// Series of one point, from its readings or from its stored windows. A gauge's step is its mean over the covered time, with
/// the extremes of the values that stood in it; a register's is its growth; an event's the number of events.
/// </summary>
public static class PointSeries
{
    /// <summary>The readings themselves, merged; history included.</summary>
    public static IReadOnlyList<Reading> Merge(List<Reading> readings)
    {
        Restatement.SortAndMerge(readings);
        return readings;
    }

    /// <summary>Steps of any length recomputed from merged readings that reach a hold time beyond both ends.</summary>
    public static IReadOnlyList<SeriesPoint> FromReadings(List<Reading> merged, Point point, long fromUs, long toUs, long stepUs)
    {
        var steps = new List<SeriesPoint>();
        var readings = CollectionsMarshal.AsSpan(merged);
        for (var start = fromUs; start < toUs; start += stepUs)
        {
            var window = Restatement.Aggregate(readings, start, point, stepUs);
            steps.Add(Step(start, stepUs, point, [window.ToWindow(point.Number, point.Kind)]));
        }
        return steps;
    }

    /// <summary>Steps of 15 minutes, hours or days from stored windows in ascending order.</summary>
    public static IReadOnlyList<SeriesPoint> FromWindows(IReadOnlyList<PointWindow> windows, Point point, CityCalendar calendar, WindowSize size, long fromUs, long toUs) =>
        [.. Steps.Over(windows, static window => window.StartUs, calendar, size, fromUs, toUs).Select(step => Step(step.StartUs, step.LengthUs, point, step.Windows))];

    private static SeriesPoint Step(long startUs, long lengthUs, Point point, IEnumerable<PointWindow> windows)
    {
        var count = 0;
        Int128 sum = 0, integral = 0;
        long covered = 0, min = long.MaxValue, max = long.MinValue;
        foreach (var window in windows)
        {
            count += window.Count;
            sum += window.Sum;
            integral += window.IntegralMicro;
            covered += window.CoveredUs;
            if (window is { Count: 0, CoveredUs: 0 }) continue;
            min = Math.Min(min, window.Min);
            max = Math.Max(max, window.Max);
        }
        if (count == 0 && covered == 0) return new(startUs, null, null, null, 0, 0);
        // A register's reading alone is no growth of nothing: until a second one closes an interval the step is a gap.
        double? value = point.Kind switch
        {
            PointKind.Event => count,
            PointKind.Cumulative => covered > 0 ? (double)integral / FixedPoint.One : null,
            _ when covered > 0 => (double)integral / FixedPoint.One * Instant.Hour / covered,
            _ => (double)sum / FixedPoint.One / count,
        };
        var extremes = point.Kind == PointKind.Gauge;
        return new(startUs, value, extremes ? FixedPoint.ToDouble(min) : null, extremes ? FixedPoint.ToDouble(max) : null, count, (double)covered / lengthUs);
    }
}
