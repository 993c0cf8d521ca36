namespace MekongTwin.Host.Running;

/// <summary>The one clock that server and simulator share: start + (real time since epoch) · speed. Timers stay real.</summary>
internal sealed class ScaledClock(DateTimeOffset start, DateTimeOffset epoch, double speed) : TimeProvider
{
    /// <summary>Simulated seconds per second.</summary>
    public double Speed => speed;

    public override DateTimeOffset GetUtcNow() => start + (System.GetUtcNow() - epoch) * speed;
}
