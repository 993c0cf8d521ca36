namespace MekongTwin.Domain.Series;

/// <summary>
/// Largest-triangle-three-buckets (Steinarsson 2013): keeps the points that shape a line. Gaps are kept: the first empty
/// step of each stays.
/// </summary>
public static class Downsample
{
    /// <summary>At most <paramref name="limit"/> of the points, first and last among them.</summary>
    public static IReadOnlyList<SeriesPoint> ToLimit(IReadOnlyList<SeriesPoint> points, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 3);
        if (points.Count <= limit) return points;
        var kept = new List<SeriesPoint>(limit) { points[0] };
        var size = (double)(points.Count - 2) / (limit - 2);
        var previous = points[0];
        for (var bucket = 0; bucket < limit - 2; bucket++)
        {
            var from = 1 + (int)(bucket * size);
            var to = 1 + (int)((bucket + 1) * size);
            previous = Choose(points, from, to, previous, Mean(points, to, Math.Min(points.Count, 1 + (int)((bucket + 2) * size))));
            kept.Add(previous);
        }
        kept.Add(points[^1]);
        return kept;
    }

    private static SeriesPoint Choose(IReadOnlyList<SeriesPoint> points, int from, int to, SeriesPoint previous, (double Time, double Value) next)
    {
        var best = points[from];
        var largest = -1.0;
        for (var i = from; i < to; i++)
        {
            if (points[i].Value is not { } value) return points[i];
            var area = Math.Abs((previous.TimeUs - next.Time) * (value - (previous.Value ?? 0)) - (previous.TimeUs - (double)points[i].TimeUs) * (next.Value - (previous.Value ?? 0)));
            if (area <= largest) continue;
            largest = area;
            best = points[i];
        }
        return best;
    }

    private static (double Time, double Value) Mean(IReadOnlyList<SeriesPoint> points, int from, int to)
    {
        double time = 0, value = 0;
        to = Math.Max(to, from + 1);
        for (var i = from; i < to && i < points.Count; i++)
        {
            time += points[i].TimeUs;
            value += points[i].Value ?? 0;
        }
        return (time / (to - from), value / (to - from));
    }
}
