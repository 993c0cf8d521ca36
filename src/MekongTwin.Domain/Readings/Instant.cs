using System.Globalization;

namespace MekongTwin.Domain.Readings;

/// <summary>Instants are microseconds since 1970-01-01T00:00:00Z in a 64-bit integer.</summary>
public static class Instant
{
    public const long Second = 1_000_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;
    public const long Day = 24 * Hour;

    /// <summary>The stored windows' finest length: 15 minutes.</summary>
    public const long Quarter = 15 * Minute;

    // A day inside the calendar's ends, so that any zone's offset still fits.
    private static readonly long EarliestUs = -DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond + Day;
    private static readonly long LatestUs = (DateTimeOffset.MaxValue.Ticks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond - Day;

    public static long From(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The instant as a time; what lies outside the years 1 to 9999 becomes their end.</summary>
    public static DateTimeOffset ToTime(long timeUs) =>
        DateTimeOffset.UnixEpoch.AddTicks(Math.Clamp(timeUs, EarliestUs, LatestUs) * TimeSpan.TicksPerMicrosecond);

    /// <summary>The start of the 15-minute window that holds this instant. Every zone's offset is a multiple of 15 minutes.</summary>
    public static long QuarterStart(long timeUs)
    {
        var remainder = timeUs % Quarter;
        return timeUs - (remainder < 0 ? remainder + Quarter : remainder);
    }

    /// <summary>ISO 8601 with the zone's offset at that instant, milliseconds only where there are any.</summary>
    public static string ToText(long timeUs, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(ToTime(timeUs), zone);
        return local.ToString(local.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-ddTHH:mm:sszzz" : "yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
    }
}
