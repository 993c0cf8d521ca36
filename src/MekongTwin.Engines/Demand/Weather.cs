namespace MekongTwin.Engines.Demand;

/// <summary>
/// Weather of a city in steps of 15 minutes: air temperature and dew point, °C, global horizontal irradiance, W/m², wind, m/s. Values
/// hold at the beginning of their step.
/// </summary>
public sealed class Weather
{
    /// <exception cref="ArgumentException">Lengths differ, or the first step is no full quarter of an hour.</exception>
    public Weather(DateTime firstStep, double[] temperatureC, double[] dewPointC, double[] irradianceWm2, double[] windMs)
    {
        Quarters.Need(firstStep, nameof(firstStep));
        if (dewPointC.Length != temperatureC.Length || irradianceWm2.Length != temperatureC.Length || windMs.Length != temperatureC.Length)
            throw new ArgumentException($"There are {temperatureC.Length} temperatures, {dewPointC.Length} dew points, {irradianceWm2.Length} irradiances and {windMs.Length} winds.");
        (FirstStep, TemperatureC, DewPointC, IrradianceWm2, WindMs) = (firstStep, temperatureC, dewPointC, irradianceWm2, windMs);
    }

    /// <summary>Local time of the first step.</summary>
    public DateTime FirstStep { get; }

    public int Steps => TemperatureC.Length;

    public double[] TemperatureC { get; }

    public double[] DewPointC { get; }

    public double[] IrradianceWm2 { get; }

    public double[] WindMs { get; }

    /// <summary>A heat wave: so many °C warmer at the same dew point, sun and wind. Colder only down to the dew point. 0 is this very weather.</summary>
    public Weather Warmer(double deltaC) => deltaC == 0
        ? this
        : new(FirstStep, [.. TemperatureC.Select((temperature, i) => Math.Max(temperature + deltaC, Math.Min(temperature, DewPointC[i])))], DewPointC, IrradianceWm2, WindMs);

    /// <summary>This and then <paramref name="next"/>, e.g. what was measured and a draw of the future.</summary>
    /// <exception cref="ArgumentException"><paramref name="next"/> does not begin where this ends.</exception>
    public Weather Then(Weather next)
    {
        if (next.FirstStep != Quarters.At(FirstStep, Steps)) throw new ArgumentException($"The weather ends at {Quarters.At(FirstStep, Steps):s}, the next begins at {next.FirstStep:s}.", nameof(next));
        return new(FirstStep, [.. TemperatureC, .. next.TemperatureC], [.. DewPointC, .. next.DewPointC], [.. IrradianceWm2, .. next.IrradianceWm2], [.. WindMs, .. next.WindMs]);
    }

    /// <summary>Some of the steps.</summary>
    public Weather Slice(int first, int steps) => new(
        Quarters.At(FirstStep, first), TemperatureC[first..(first + steps)], DewPointC[first..(first + steps)], IrradianceWm2[first..(first + steps)], WindMs[first..(first + steps)]);

    /// <summary>Dew point of air, °C, from relative humidity, %: Magnus' formula with the coefficients of Alduchov and Eskridge (1996).</summary>
    public static double DewPoint(double temperatureC, double humidityPercent)
    {
        var gamma = Math.Log(humidityPercent / 100) + (MagnusB * temperatureC / (MagnusC + temperatureC));
        return MagnusC * gamma / (MagnusB - gamma);
    }

    /// <summary>Relative humidity, %, from the dew point; the inverse of <see cref="DewPoint"/>.</summary>
    public static double Humidity(double temperatureC, double dewPointC) =>
        100 * Math.Exp((MagnusB * dewPointC / (MagnusC + dewPointC)) - (MagnusB * temperatureC / (MagnusC + temperatureC)));

    private const double MagnusB = 17.625;
    private const double MagnusC = 243.04;
}
