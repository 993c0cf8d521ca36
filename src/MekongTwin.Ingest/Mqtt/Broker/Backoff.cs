namespace MekongTwin.Ingest.Mqtt;

/// <summary>How long to wait before attempt n: doubling from a minimum to a cap, and jittered so that many twins do not return at once.</summary>
internal sealed class Backoff(TimeSpan minimum, TimeSpan maximum)
{
    private int _failures;

    /// <summary>The next wait: between half and all of what doubling gives.</summary>
    /// <param name="jitter">0 to 1.</param>
    public TimeSpan Next(double jitter)
    {
        double seconds = Math.Min(maximum.TotalSeconds, minimum.TotalSeconds * Math.Pow(2, Math.Min(_failures, 30)));
        _failures++;
        return TimeSpan.FromSeconds(seconds * (0.5 + (0.5 * jitter)));
    }

    public void Reset() => _failures = 0;
}
