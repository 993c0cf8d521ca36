namespace MekongTwin.Host.Running;

/// <summary>The one clock that server and simulator share: start + (real time since epoch) · speed. Timers stay real.</summary>
internal sealed class ScaledClock(DateTimeOffset start, DateTimeOffset epoch, double speed) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => start + (System.GetUtcNow() - epoch) * speed;
}
