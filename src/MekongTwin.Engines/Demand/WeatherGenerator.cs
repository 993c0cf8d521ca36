namespace MekongTwin.Engines.Demand;

/// <summary>How much warmer than its month a day was that is known.</summary>
/// <param name="Day">Which.</param>
/// <param name="WarmerC">Its mean less the normal, °C.</param>
public readonly record struct KnownDay(DateOnly Day, double WarmerC);

/// <summary>
/// Draws weather of a city from its monthly normals: one draw for the whole city. Days are autoregressive about the month's mean,
/// cloudier days are cooler and flatter, hours are cloudy by themselves too. Any day of any future comes out alone and with the same bits,
/// whatever else was drawn. Everything but the normals is assumed.
/// </summary>
/// <param name="normals">What is usual.</param>
/// <param name="seed">Of all draws.</param>
/// <param name="known">A day whose warmth every future has: the days about it keep what is left of it; null when none is known.</param>
public sealed class WeatherGenerator(ClimateNormals normals, long seed, KnownDay? known = null)
{
    /// <summary>How much of a day's anomaly is left the next day.</summary>
    private const double Persistence = 0.65;

    private const double WarmestHour = 14;
    private const double WindiestHour = 15;

    /// <summary>Deviation of cloud from day to day and from hour to hour.</summary>
    private const double CloudDaySpread = 0.22;
    private const double CloudHourSpread = 0.15;

    /// <summary>Correlation of a day's cloud with its temperature, and of its dew point with it.</summary>
    private const double CloudWithHeat = -0.5;
    private const double DewWithHeat = 0.5;

    private const double DewSpreadC = 1.2;

    /// <summary>Channels of the draw: three daily series, then the hours of a day.</summary>
    private const int Heat = 0;
    private const int Cloud = 1;
    private const int Dew = 2;
    private const int Wind = 3;
    private const int Hours = 8;

    /// <param name="future">Number of the draw.</param>
    /// <param name="first">First day.</param>
    /// <param name="days">Number of days.</param>
    public Weather Generate(int future, DateOnly first, int days)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(days);
        var draw = new Draw(seed, future);
        // Of an autoregressive series the difference to another with the same shocks fades by the same factor each day, both ways.
        var ahead = known is { } day0 ? (day0.WarmerC / normals.DaySpreadC) - draw.Autoregressive(day0.Day.DayNumber, Heat, Persistence) : 0;
        var steps = days * Quarters.ADay;
        var (temperature, dewPoint, irradiance, wind) = (new double[steps], new double[steps], new double[steps], new double[steps]);
        for (var day = 0; day < days; day++)
        {
            var number = first.DayNumber + day;
            // A day lies between noons: its anomalies go straight from the middle of one day to that of the next.
            var (before, today, after) = (Day(number - 1), Day(number), Day(number + 1));
            for (var step = 0; step < Quarters.ADay; step++)
            {
                var at = (day * Quarters.ADay) + step;
                var local = first.AddDays(day).ToDateTime(default).AddMinutes(15 * step);
                var hour = local.TimeOfDay.TotalHours;
                var state = hour < 12 ? Between(before, today, (hour + 12) / 24) : Between(today, after, (hour - 12) / 24);
                var cloud = Math.Clamp(state.Cloud + (0.02 * Monthly(normals.RainMmPerDay, local)) + (CloudHourSpread * Hourly(draw, number, hour)), 0, 1);
                var mean = Monthly(normals.MeanC, local) + normals.BiasC;
                var swing = normals.DailySwingC * (1.1 - (0.6 * cloud)) * Math.Cos((hour - WarmestHour) * Math.PI / 12);
                temperature[at] = mean + (normals.DaySpreadC * state.Heat) + swing;
                dewPoint[at] = Math.Min(temperature[at], Weather.DewPoint(mean, Monthly(normals.HumidityPercent, local)) + (DewSpreadC * state.Dew));
                irradiance[at] = Sun.ClearSkyWm2(Sun.Position(local, normals.Place).SineElevation) * (1 - (0.75 * Math.Pow(cloud, 3.4)));
                wind[at] = state.Wind + (1.6 * Math.Max(0, Math.Cos((hour - WindiestHour) * Math.PI / 12)));
            }
        }
        return new(first.ToDateTime(default), temperature, dewPoint, irradiance, wind);

        (double Heat, double Cloud, double Dew, double Wind) Day(int number) =>
            DayOf(draw, number, known is null ? 0 : ahead * Math.Pow(Persistence, Math.Abs(number - known.Value.Day.DayNumber)));
    }

    /// <summary>Mean over a day that ends at a time, °C, as it is usual.</summary>
    public double UsualC(DateTime end) => Enumerable.Range(1, Quarters.ADay).Average(step => Monthly(normals.MeanC, end.AddMinutes(-15 * step))) + normals.BiasC;

    private static (double Heat, double Cloud, double Dew, double Wind) DayOf(Draw draw, int day, double warmer)
    {
        var heat = draw.Autoregressive(day, Heat, Persistence) + warmer;
        var cloud = (CloudWithHeat * heat) + (Math.Sqrt(1 - (CloudWithHeat * CloudWithHeat)) * draw.Autoregressive(day, Cloud, Persistence));
        var dew = (DewWithHeat * heat) + (Math.Sqrt(1 - (DewWithHeat * DewWithHeat)) * draw.Autoregressive(day, Dew, Persistence));
        return (heat, 0.35 + (CloudDaySpread * cloud), dew, 1 + Math.Abs(draw.Normal(day, Wind)));
    }

    private static (double Heat, double Cloud, double Dew, double Wind) Between((double Heat, double Cloud, double Dew, double Wind) from, (double Heat, double Cloud, double Dew, double Wind) to, double share) =>
        (from.Heat + (share * (to.Heat - from.Heat)), from.Cloud + (share * (to.Cloud - from.Cloud)), from.Dew + (share * (to.Dew - from.Dew)), from.Wind + (share * (to.Wind - from.Wind)));

    private static double Hourly(Draw draw, int day, double hour)
    {
        var from = (int)hour;
        var start = draw.Normal(day, Hours + from);
        var end = from == 23 ? draw.Normal(day + 1, Hours) : draw.Normal(day, Hours + from + 1);
        return start + ((hour - from) * (end - start));
    }

    /// <summary>Monthly values joined in the middle of each month.</summary>
    private static double Monthly(double[] values, DateTime local)
    {
        var position = local.Month - 1.5 + ((local.Day - 1 + (local.TimeOfDay.TotalHours / 24)) / DateTime.DaysInMonth(local.Year, local.Month));
        var from = (int)Math.Floor(position);
        var share = position - from;
        return ((1 - share) * values[(from + 12) % 12]) + (share * values[(from + 13) % 12]);
    }
}
