using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>
/// How heat raises a load. Buildings are slow: what counts is a mean of what was felt over the last day. Above the base the
/// load rises by the slope, which is a share of a hot afternoon's load, and saturates when every unit runs. Assumed throughout;
/// the twin's own demand model has lags, a base and a saturation of its own.
/// </summary>
internal sealed class Cooling(DemandFile demand)
{
    /// <summary>°C above the base of the afternoon that the slope refers to.</summary>
    private const double HotC = 10;

    /// <summary>°C above the base near which the rise bends.</summary>
    private const double SaturationC = 24;

    /// <summary>A softer corner at the base, °C: not everybody begins at the same temperature.</summary>
    private const double CornerC = 1.5;

    private static readonly (double HoursAgo, double Weight)[] Lags = [(0, 0.32), (1, 0.2), (3, 0.14), (6, 0.1), (12, 0.1), (24, 0.14)];

    /// <summary>What the slope is of the load without cooling.</summary>
    private readonly double _slope = demand.CoolingPercentPerC / 100 / (1 - HotC * demand.CoolingPercentPerC / 100);

    /// <summary>Load with cooling over load without, for a class of weight 1; the weight scales what is above 1.</summary>
    public double Rise(double feltC)
    {
        var above = (feltC - demand.CoolingBaseC) / CornerC;
        var soft = CornerC * (above > 30 ? above : Math.Log(1 + Math.Exp(above)));
        return _slope * SaturationC * Math.Tanh(soft / SaturationC);
    }

    /// <summary>What is felt over a day of weather, from the weather at an instant.</summary>
    public static double FeltC(Func<long, WeatherState> weather, long timeMs)
    {
        var felt = 0.0;
        foreach (var (hoursAgo, weight) in Lags)
        {
            var then = weather(timeMs - (long)(hoursAgo * 3_600_000));
            felt += weight * (then.TemperatureC + 0.04 * (then.HumidityPercent - 70));
        }
        return felt;
    }
}
