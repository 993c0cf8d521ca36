using MekongTwin.Domain.Readings;

namespace MekongTwin.Ingest.Payloads;

/// <summary>
/// ISO 8601 instants (RFC 3339 profile): <c>2026-11-21T10:00:00[.fraction](Z|±hh:mm)</c>; without an offset the time is local
/// to the site, and the caller knows its zone.
/// </summary>
public static class TimeText
{
    private static readonly int[] DaysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

    /// <summary>Microseconds since 1970; when <paramref name="local"/>, of the clock on the wall.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, out long timeUs, out bool local)
    {
        timeUs = 0;
        local = false;
        if (text.Length < 19 || text[4] != '-' || text[7] != '-' || (text[10] | 0x20) is not ('t' or ' ') || text[13] != ':' || text[16] != ':') return false;
        if (!Digits(text, 0, 4, out var year) || !Digits(text, 5, 2, out var month) || !Digits(text, 8, 2, out var day)
            || !Digits(text, 11, 2, out var hour) || !Digits(text, 14, 2, out var minute) || !Digits(text, 17, 2, out var second)) return false;
        if (year is < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60) return false;
        var seconds = DaysSince1970(year, month, day) * 86_400L + hour * 3600 + minute * 60 + second;
        timeUs = seconds * Instant.Second;
        var rest = text[19..];
        return TryReadFraction(ref rest, ref timeUs) && TryReadOffset(rest, ref timeUs, out local);
    }

    private static bool TryReadFraction(ref ReadOnlySpan<byte> rest, ref long timeUs)
    {
        if (rest.Length == 0 || rest[0] != '.') return true;
        long fraction = 0;
        var unit = Instant.Second;
        var at = 1;
        for (; at < rest.Length && (uint)(rest[at] - '0') <= 9; at++)
        {
            unit /= 10;
            fraction += (rest[at] - '0') * unit;
        }
        if (at == 1) return false;
        timeUs += fraction;
        rest = rest[at..];
        return true;
    }

    private static bool TryReadOffset(ReadOnlySpan<byte> rest, ref long timeUs, out bool local)
    {
        local = rest.Length == 0;
        if (local || (rest.Length == 1 && (rest[0] | 0x20) == 'z')) return true;
        if (rest[0] is not ((byte)'+' or (byte)'-')) return false;
        var colon = rest.Length == 6 && rest[3] == ':';
        if (!(colon || rest.Length == 5) || !Digits(rest, 1, 2, out var hours) || !Digits(rest, colon ? 4 : 3, 2, out var minutes) || hours > 18 || minutes > 59) return false;
        var offset = (hours * 60L + minutes) * Instant.Minute;
        timeUs -= rest[0] == '-' ? -offset : offset;
        return true;
    }

    private static long DaysSince1970(int year, int month, int day)
    {
        var past = year - 1;
        var days = past * 365L + past / 4 - past / 100 + past / 400 + DaysBefore[month - 1] + day - 1;
        if (month > 2 && DateTime.IsLeapYear(year)) days++;
        return days - 719_162;
    }

    private static bool Digits(ReadOnlySpan<byte> text, int at, int count, out int value)
    {
        value = 0;
        foreach (var c in text.Slice(at, count))
        {
            var digit = (uint)(c - '0');
            if (digit > 9) return false;
            value = value * 10 + (int)digit;
        }
        return true;
    }
}
