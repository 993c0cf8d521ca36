using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>
/// Air temperature of the city, °C: monthly means joined in the middle of each month, a daily swing that peaks at 14:00
/// local, and spread from day to day.
/// </summary>
internal sealed class Weather(ClimateFile climate, Noise noise)
{
    private const double WarmestHour = 14;
    private const long DayMs = 86_400_000;

    public double TemperatureC(long timeMs, LocalTime local) =>
        MonthlyMeanC(local)
        + climate.CoastalOffsetC
        + climate.DailySwingC * Math.Cos((local.Hour - WarmestHour) * Math.PI / 12)
        + climate.DaySpreadC * noise.At(timeMs, 2 * DayMs, 0);

    private double MonthlyMeanC(LocalTime local)
    {
        var days = DateTime.DaysInMonth(local.Date.Year, local.Date.Month);
        var position = local.Date.Month - 1 + (local.Date.Day - 1 + local.Hour / 24) / days - 0.5;
        var from = (int)Math.Floor(position);
        var share = position - from;
        return (1 - share) * climate.MonthlyMeanC[(from + 12) % 12] + share * climate.MonthlyMeanC[(from + 13) % 12];
    }
}
