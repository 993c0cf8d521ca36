namespace MekongTwin.Simulators.Model;

/// <summary>An instant in the city's own zone. <see cref="Hour"/> is in [0, 24) with its fraction.</summary>
internal readonly record struct LocalTime(DateOnly Date, double Hour)
{
    public static LocalTime Of(long timeMs, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(timeMs), zone);
        return new(DateOnly.FromDateTime(local.DateTime), local.TimeOfDay.TotalHours);
    }

    public bool IsSaturday => Date.DayOfWeek == DayOfWeek.Saturday;
}
