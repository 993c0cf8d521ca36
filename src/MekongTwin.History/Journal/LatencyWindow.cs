namespace MekongTwin.History.Journal;

/// <summary>The durations of the last minute, at most the newest 1,024, for percentiles on a status page. Not thread-safe.</summary>
public sealed class LatencyWindow(TimeProvider? clock = null)
{
    /// <summary>What was slow an hour ago is not how it is.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly (double Ms, long At)[] _newest = new (double, long)[1024];
    private long _count;

    public void Add(TimeSpan duration) => _newest[_count++ % _newest.Length] = (duration.TotalMilliseconds, _clock.GetTimestamp());

    /// <summary>The p-quantile in milliseconds, 0 when nothing was measured.</summary>
    public double PercentileMs(double p)
    {
        var now = _clock.GetTimestamp();
        var sorted = new double[Math.Min(_count, _newest.Length)];
        var n = 0;
        foreach (var (ms, at) in _newest.AsSpan(0, sorted.Length))
        {
            if (_clock.GetElapsedTime(at, now) <= Kept) sorted[n++] = ms;
        }
        if (n == 0) return 0;
        Array.Sort(sorted, 0, n);
        return sorted[Math.Min(n - 1, (int)Math.Ceiling(p * n) - 1)];
    }
}
