namespace MekongTwin.Domain.Readings;

/// <summary>A stored or derived window length.</summary>
public enum WindowSize
{
    Quarter,
    Hour,
    Day,
}

/// <summary>
/// Windows in a city's own zone. Hours and days are local: Myanmar's UTC+06:30 hours start at half past in UTC.
/// </summary>
public sealed class CityCalendar(TimeZoneInfo zone)
{
    public TimeZoneInfo Zone { get; } = zone;

    /// <summary>The start of the window of this size that holds the instant.</summary>
    public long Start(long timeUs, WindowSize size) => size switch
    {
        WindowSize.Quarter => Instant.QuarterStart(timeUs),
        WindowSize.Hour => HourStart(timeUs),
        _ => DayStart(timeUs),
    };

    /// <summary>The start of the next window of this size.</summary>
    public long Next(long startUs, WindowSize size) => size switch
    {
        WindowSize.Quarter => startUs + Instant.Quarter,
        WindowSize.Hour => startUs + Instant.Hour,
        _ => DayStart(DayStart(startUs) + 36 * Instant.Hour),
    };

    private long HourStart(long timeUs)
    {
        var offset = OffsetUs(timeUs);
        var local = timeUs + offset;
        return local - Floor(local, Instant.Hour) - offset;
    }

    private long DayStart(long timeUs)
    {
        var local = timeUs + OffsetUs(timeUs);
        var midnight = local - Floor(local, Instant.Day);
        // The offset at midnight may differ from the one now where a zone has daylight saving.
        return midnight - OffsetUs(midnight - OffsetUs(timeUs));
    }

    private long OffsetUs(long timeUs) => Zone.GetUtcOffset(Instant.ToTime(timeUs)).Ticks / TimeSpan.TicksPerMicrosecond;

    private static long Floor(long value, long unit)
    {
        var remainder = value % unit;
        return remainder < 0 ? remainder + unit : remainder;
    }
}
