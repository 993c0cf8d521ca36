namespace MekongTwin.Engines.Demand;

/// <summary>
/// Power of a photovoltaic system after PVWatts version 5 (Dobos, NREL/TP-6A20-62641, 2014). Powers in the unit of the rating; shares, not per cent.
/// </summary>
public static class PvWatts
{
    /// <summary>Rise of a crystalline module's power for each °C of its cells ("standard" module).</summary>
    public const double GammaStandard = -0.0047;

    private const double ReferenceEfficiency = 0.9637;

    /// <summary>Direct current, of a rating at 1,000 W/m² and 25 °C.</summary>
    /// <param name="poaWm2">Effective irradiance in the plane.</param>
    /// <param name="cellC">Temperature of the cells.</param>
    /// <param name="ratedDc">Rated power.</param>
    /// <param name="gammaPerC">Rise for each °C, negative.</param>
    public static double Dc(double poaWm2, double cellC, double ratedDc, double gammaPerC = GammaStandard) => poaWm2 / 1000 * ratedDc * (1 + (gammaPerC * (cellC - 25)));

    /// <summary>The same with the correction for weak light (Marion, 2008): <paramref name="k"/> is the share missing at 200 W/m².</summary>
    /// <param name="isCapped">True: no gain above 1,000 W/m².</param>
    public static double Dc(double poaWm2, double cellC, double ratedDc, double gammaPerC, double k, bool isCapped)
    {
        var missing = poaWm2 <= 200 ? 1 - Math.Pow(1 - (poaWm2 / 200), 4) : (1000 - poaWm2) / 800;
        return Dc(poaWm2, cellC, ratedDc, gammaPerC) - (isCapped && poaWm2 > 1000 ? 0 : ratedDc * k * missing);
    }

    /// <summary>Alternating current behind the inverter, not below 0 and clipped at its rating.</summary>
    /// <param name="dc">Direct current power.</param>
    /// <param name="ratedDc">Direct current power at which the inverter gives its rating.</param>
    /// <param name="nominalEfficiency">Of the inverter.</param>
    public static double Ac(double dc, double ratedDc, double nominalEfficiency = 0.96)
    {
        if (dc <= 0) return 0;
        var loading = dc / ratedDc;
        var efficiency = nominalEfficiency / ReferenceEfficiency * ((-0.0162 * loading) - (0.0059 / loading) + 0.9858);
        return Math.Clamp(efficiency * dc, 0, nominalEfficiency * ratedDc);
    }
}

/// <summary>What a system loses beside its inverter, each a share; together 1 − Π(1 − L).</summary>
public sealed record PvLosses
{
    public double Soiling { get; init; } = 0.02;

    public double Shading { get; init; } = 0.03;

    public double Snow { get; init; }

    public double Mismatch { get; init; } = 0.02;

    public double Wiring { get; init; } = 0.02;

    public double Connections { get; init; } = 0.005;

    public double LightInducedDegradation { get; init; } = 0.015;

    public double NameplateRating { get; init; } = 0.01;

    public double Age { get; init; }

    public double Availability { get; init; } = 0.03;

    public double Total => 1 - ((1 - Soiling) * (1 - Shading) * (1 - Snow) * (1 - Mismatch) * (1 - Wiring) * (1 - Connections)
        * (1 - LightInducedDegradation) * (1 - NameplateRating) * (1 - Age) * (1 - Availability));
}

/// <summary>A typical roof's system: its power for each kWp of modules, kW, from the weather. Tilt, azimuth and the ratio of modules to inverter are assumed.</summary>
public sealed record RooftopPv
{
    public static RooftopPv Default { get; } = new();

    public double TiltDegrees { get; init; } = 10;

    /// <summary>From north over east.</summary>
    public double AzimuthDegrees { get; init; } = 180;

    /// <summary>Modules' rating over the inverter's.</summary>
    public double DcToAc { get; init; } = 1.1;

    public PvLosses Losses { get; init; } = new();

    /// <summary>kW for each kWp at a step of the weather.</summary>
    public double KwPerKwp(Weather weather, int step, Place place)
    {
        var poa = Sun.OnPlane(weather.IrradianceWm2[step], Quarters.At(weather.FirstStep, step), place, TiltDegrees, AzimuthDegrees);
        var cell = CellTemperature.Faiman(poa, weather.TemperatureC[step], weather.WindMs[step]);
        return PvWatts.Ac(PvWatts.Dc(poa, cell, 1) * (1 - Losses.Total), 1 / DcToAc / 0.96);
    }
}
