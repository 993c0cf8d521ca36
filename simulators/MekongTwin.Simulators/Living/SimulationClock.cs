namespace MekongTwin.Simulators.Living;

/// <summary>
/// The time of the simulated city: start + (real now − epoch) · speed. Whoever knows the three has the same time, so the
/// simulator and the twin agree without talking. At speed 1 with start = epoch it is real time.
/// </summary>
internal sealed record SimulationClock(DateTimeOffset Start, DateTimeOffset Epoch, double Speed)
{
    public static SimulationClock RealTime { get; } = new(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 1);

    /// <summary>Simulated milliseconds since 1970 at a real instant.</summary>
    public long TimeMs(DateTimeOffset realNow) =>
        Start.ToUnixTimeMilliseconds() + (long)Math.Floor((realNow - Epoch).TotalMilliseconds * Speed);

    /// <summary>Real time until the simulated clock shows an instant; zero when it already has.</summary>
    public TimeSpan Until(long timeMs, DateTimeOffset realNow)
    {
        var waitMs = (timeMs - TimeMs(realNow)) / Speed;
        return waitMs > 0 ? TimeSpan.FromMilliseconds(waitMs) : TimeSpan.Zero;
    }
}
