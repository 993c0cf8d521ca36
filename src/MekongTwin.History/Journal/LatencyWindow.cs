namespace MekongTwin.History.Journal;

/// <summary>The last 1,024 durations, for percentiles on a status page. Not thread-safe.</summary>
public sealed class LatencyWindow
{
    private readonly double[] _ms = new double[1024];
    private long _count;

    public void Add(TimeSpan duration) => _ms[_count++ % _ms.Length] = duration.TotalMilliseconds;

    /// <summary>The p-quantile in milliseconds, 0 when nothing was measured.</summary>
    public double PercentileMs(double p)
    {
        var n = (int)Math.Min(_count, _ms.Length);
        if (n == 0) return 0;
        var sorted = _ms.AsSpan(0, n).ToArray();
        Array.Sort(sorted);
        return sorted[Math.Min(n - 1, (int)Math.Ceiling(p * n) - 1)];
    }
}
