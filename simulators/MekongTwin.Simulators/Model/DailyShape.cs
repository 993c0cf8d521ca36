namespace MekongTwin.Simulators.Model;

/// <summary>A curve over the day by its values at the 24 full hours, smooth between them.</summary>
internal sealed class DailyShape
{
    private readonly double[] _hours;

    public DailyShape(params double[] hours)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hours.Length, 24);
        _hours = hours;
    }

    public double At(double hour)
    {
        var from = (int)hour;
        var t = hour - from;
        var start = _hours[from % 24];
        return start + (_hours[(from + 1) % 24] - start) * (t * t * (3 - 2 * t));
    }
}
