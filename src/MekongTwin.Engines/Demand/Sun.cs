namespace MekongTwin.Engines.Demand;

/// <summary>
/// Where the sun stands and what falls on a tilted plane. Position after Spencer (1971), good to about 0.3 degrees; diffuse share after Erbs,
/// Klein and Duffie (1982); transposition isotropic (Liu and Jordan, 1963); clear sky after Haurwitz (1945).
/// </summary>
public static class Sun
{
    /// <summary>Solar constant, W/m² (Kopp and Lean, 2011).</summary>
    private const double ConstantWm2 = 1361;

    /// <summary>Below this sine of elevation beam cannot be told from diffuse: all counts as diffuse.</summary>
    private const double LeastSine = 0.065;

    /// <summary>Light that the ground throws back.</summary>
    private const double Albedo = 0.2;

    /// <summary>Sine of the elevation and azimuth from north over east, rad, at a local time.</summary>
    public static (double SineElevation, double AzimuthRad) Position(DateTime local, Place place)
    {
        var day = Angle(local);
        var declination = 0.006918 - (0.399912 * Math.Cos(day)) + (0.070257 * Math.Sin(day)) - (0.006758 * Math.Cos(2 * day)) + (0.000907 * Math.Sin(2 * day)) - (0.002697 * Math.Cos(3 * day)) + (0.00148 * Math.Sin(3 * day));
        var equationHours = 229.18 / 60 * (0.000075 + (0.001868 * Math.Cos(day)) - (0.032077 * Math.Sin(day)) - (0.014615 * Math.Cos(2 * day)) - (0.040849 * Math.Sin(2 * day)));
        var hourAngle = (local.TimeOfDay.TotalHours - place.UtcHours + (place.Longitude / 15) + equationHours - 12) * Math.PI / 12;
        var phi = place.Latitude * Math.PI / 180;
        var sine = (Math.Sin(phi) * Math.Sin(declination)) + (Math.Cos(phi) * Math.Cos(declination) * Math.Cos(hourAngle));
        var azimuth = Math.Atan2(-Math.Cos(declination) * Math.Sin(hourAngle), (Math.Sin(declination) * Math.Cos(phi)) - (Math.Cos(declination) * Math.Sin(phi) * Math.Cos(hourAngle)));
        return (sine, azimuth < 0 ? azimuth + (2 * Math.PI) : azimuth);
    }

    /// <summary>Global horizontal irradiance of a clear sky, W/m².</summary>
    public static double ClearSkyWm2(double sineElevation) => sineElevation <= 0 ? 0 : 1098 * sineElevation * Math.Exp(-0.057 / sineElevation);

    /// <summary>Irradiance, W/m², on a plane tilted from the horizontal and facing an azimuth (degrees from north over east).</summary>
    public static double OnPlane(double globalWm2, DateTime local, Place place, double tiltDegrees, double azimuthDegrees)
    {
        if (globalWm2 <= 0) return 0;
        if (tiltDegrees == 0) return globalWm2;
        var (sine, sunAzimuth) = Position(local, place);
        var tilt = tiltDegrees * Math.PI / 180;
        var diffuse = sine < LeastSine ? globalWm2 : globalWm2 * DiffuseShare(globalWm2 / (ConstantWm2 * (1 + (0.033 * Math.Cos(Angle(local)))) * sine));
        var incidence = (sine * Math.Cos(tilt)) + (Math.Sqrt(Math.Max(0, 1 - (sine * sine))) * Math.Sin(tilt) * Math.Cos(sunAzimuth - (azimuthDegrees * Math.PI / 180)));
        var beam = sine < LeastSine ? 0 : (globalWm2 - diffuse) / sine * Math.Max(0, incidence);
        return beam + (diffuse * (1 + Math.Cos(tilt)) / 2) + (globalWm2 * Albedo * (1 - Math.Cos(tilt)) / 2);
    }

    /// <summary>Share of diffuse light by the clearness index.</summary>
    private static double DiffuseShare(double clearness) => clearness switch
    {
        <= 0.22 => 1 - (0.09 * clearness),
        <= 0.8 => 0.9511 + (clearness * (-0.1604 + (clearness * (4.388 + (clearness * (-16.638 + (clearness * 12.336))))))),
        _ => 0.165,
    };

    /// <summary>Angle of the day in the year.</summary>
    private static double Angle(DateTime local) => 2 * Math.PI * (local.DayOfYear - 1 + ((local.TimeOfDay.TotalHours - 12) / 24)) / 365;
}
