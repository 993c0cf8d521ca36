namespace MekongTwin.Engines.Demand;

/// <summary>How heat is measured.</summary>
public enum HeatMeasure
{
    DryBulb,

    /// <summary>Dry bulb and humidity: <see cref="Cooling.HeatIndexC"/>.</summary>
    HeatIndex,
}

/// <summary>
/// How heat raises loads. Buildings are slow: what counts is <c>Te = (1−m)·fast + m·slow</c>, two exponential means of the temperature.
/// Above a base the response <c>g(Te) = S·tanh(ln(1 + exp((Te−Tb)/c))·c/S)</c>, °C, rises with slope 1, begins softly and saturates at S when
/// every unit runs. A class's cooling is its load without cooling times its slope times g. Assumed but for m, which a calibration fits.
/// </summary>
public sealed record Cooling
{
    public static Cooling Default { get; } = new();

    /// <summary>Where cooling begins, °C.</summary>
    public double BaseC { get; init; } = 23;

    /// <summary>Softness of the beginning, °C: not everybody begins at the same temperature.</summary>
    public double CornerC { get; init; } = 1;

    /// <summary>°C above the base at which the response would end.</summary>
    public double SaturationC { get; init; } = 20;

    /// <summary>Time constants of rooms and of buildings, hours.</summary>
    public double FastHours { get; init; } = 1.5;

    public double SlowHours { get; init; } = 18;

    /// <summary>Share m of the slow mean, 0 to 1.</summary>
    public double Inertia { get; init; } = 0.4;

    public HeatMeasure Measure { get; init; } = HeatMeasure.DryBulb;

    /// <summary>°C that count above the base at a temperature of the building; never falls with it.</summary>
    public double ResponseC(double buildingC)
    {
        var above = (buildingC - BaseC) / CornerC;
        var soft = CornerC * (above > 30 ? above : Math.Log(1 + Math.Exp(above)));
        return SaturationC * Math.Tanh(soft / SaturationC);
    }

    /// <summary>The response at every step of the weather; both means begin at the mean of its first day.</summary>
    public double[] ResponseC(Weather weather)
    {
        var (fast, slow) = Means(weather);
        return [.. fast.Select((value, i) => ResponseC(((1 - Inertia) * value) + (Inertia * slow[i])))];
    }

    /// <summary>Degree hours above a base, °C·h, of temperatures so many hours apart.</summary>
    public static double DegreeHours(ReadOnlySpan<double> temperatureC, double baseC, double stepHours)
    {
        var sum = 0.0;
        foreach (var temperature in temperatureC) sum += Math.Max(temperature - baseC, 0);
        return sum * stepHours;
    }

    /// <summary>
    /// Heat index, °C: Rothfusz' regression of Steadman's tables with the adjustments of the US National Weather Service (SR 90-23, 1990). Below
    /// 80 °F Steadman's simple form.
    /// </summary>
    public static double HeatIndexC(double temperatureC, double humidityPercent)
    {
        var (t, r) = ((temperatureC * 1.8) + 32, humidityPercent);
        var simple = 0.5 * (t + 61 + ((t - 68) * 1.2) + (r * 0.094));
        if ((simple + t) / 2 < 80) return (((simple + t) / 2) - 32) / 1.8;
        var index = -42.379 + (2.04901523 * t) + (10.14333127 * r) - (0.22475541 * t * r) - (0.00683783 * t * t) - (0.05481717 * r * r)
            + (0.00122874 * t * t * r) + (0.00085282 * t * r * r) - (0.00000199 * t * t * r * r);
        if (r < 13 && t is >= 80 and <= 112) index -= (13 - r) / 4 * Math.Sqrt((17 - Math.Abs(t - 95)) / 17);
        if (r > 85 && t is >= 80 and <= 87) index += (r - 85) / 10 * ((87 - t) / 5);
        return (index - 32) / 1.8;
    }

    private (double[] Fast, double[] Slow) Means(Weather weather)
    {
        double Felt(int step) => Measure == HeatMeasure.DryBulb
            ? weather.TemperatureC[step]
            : HeatIndexC(weather.TemperatureC[step], Weather.Humidity(weather.TemperatureC[step], weather.DewPointC[step]));
        var (fast, slow) = (new double[weather.Steps], new double[weather.Steps]);
        if (weather.Steps == 0) return (fast, slow);
        var begin = Enumerable.Range(0, Math.Min(weather.Steps, Quarters.ADay)).Average(Felt);
        var (keepFast, keepSlow) = (Math.Exp(-Quarters.Hours / FastHours), Math.Exp(-Quarters.Hours / SlowHours));
        for (var step = 0; step < weather.Steps; step++)
        {
            var felt = Felt(step);
            fast[step] = felt + (keepFast * ((step == 0 ? begin : fast[step - 1]) - felt));
            slow[step] = felt + (keepSlow * ((step == 0 ? begin : slow[step - 1]) - felt));
        }
        return (fast, slow);
    }
}
