using MekongTwin.Domain.Readings;

namespace MekongTwin.Ingest.Payloads;

/// <summary>
/// The plain value topics' payload: a number, or
/// <c>{"v":12.3,"t":"2026-11-21T10:00:00Z","q":"good","u":"kW","h":true,"r":2}</c> where all but v may be left out: time
/// (ISO 8601 or seconds since 1970), quality, unit, history, revision. The usual shape is read without looking at it twice.
/// </summary>
internal static class PlainPayload
{
    /// <summary>Decodes; false when malformed. The unit is empty when none is given.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> payload, out DecodedValue value, out ReadOnlySpan<byte> unit)
    {
        unit = default;
        return TryDecodeUsual(payload, out value) || TryDecodeAny(payload, out value, out unit);
    }

    /// <summary><c>{"v":N,"t":"TIME","q":"good"}</c> or a bare number, no white space.</summary>
    private static bool TryDecodeUsual(ReadOnlySpan<byte> payload, out DecodedValue value)
    {
        value = new DecodedValue { Quality = Quality.Good };
        if (!payload.StartsWith("{\"v\":"u8)) return payload.Length > 0 && DecimalNumber.TryRead(payload, out value.Mantissa, out value.Exponent) == payload.Length;
        var read = DecimalNumber.TryRead(payload[5..], out value.Mantissa, out value.Exponent);
        if (read == 0) return false;
        var rest = payload[(5 + read)..];
        if (rest.StartsWith(",\"t\":\""u8))
        {
            rest = rest[6..];
            var quote = rest.IndexOf((byte)'"');
            if (quote < 0 || !TryReadTime(rest[..quote], ref value)) return false;
            rest = rest[(quote + 1)..];
        }
        return rest.SequenceEqual(",\"q\":\"good\"}"u8) || rest.SequenceEqual("}"u8);
    }

    private static bool TryDecodeAny(ReadOnlySpan<byte> payload, out DecodedValue value, out ReadOnlySpan<byte> unit)
    {
        value = new DecodedValue { Quality = Quality.Good };
        unit = default;
        var json = new JsonScanner(payload);
        if (!json.TryTake((byte)'{'))
        {
            return TryReadValue(ref json, ref value) && json.Peek() == 0 && json.AtEnd;
        }
        var hasValue = false;
        ReadOnlySpan<byte> unitText = default;
        do
        {
            if (!json.TryReadString(out var name) || !json.TryTake((byte)':')) return false;
            if (name.SequenceEqual("v"u8))
            {
                if (hasValue || !TryReadValue(ref json, ref value)) return false;
                hasValue = true;
            }
            else if (!TryReadMember(ref json, name, ref value, ref unitText)) return false;
        }
        while (json.TryTake((byte)','));
        unit = unitText;
        return hasValue && json.TryTake((byte)'}') && json.Peek() == 0 && json.AtEnd;
    }

    private static bool TryReadMember(ref JsonScanner json, ReadOnlySpan<byte> name, ref DecodedValue value, ref ReadOnlySpan<byte> unit)
    {
        if (name.SequenceEqual("t"u8)) return TryReadTimeMember(ref json, ref value);
        if (name.SequenceEqual("q"u8))
        {
            if (!json.TryReadString(out var word) || !QualityText.TryRead(word, out var quality)) return false;
            if (value.Quality != Quality.Bad) value.Quality = quality;
            return true;
        }
        if (name.SequenceEqual("u"u8)) return json.TryReadString(out unit);
        if (name.SequenceEqual("h"u8))
        {
            json.Peek();
            value.Historical = json.TryTake("true"u8);
            return value.Historical || json.TryTake("false"u8);
        }
        if (name.SequenceEqual("r"u8))
        {
            if (!json.TryReadNumber(out var revision, out var exponent) || exponent != 0 || revision is < 0 or > ushort.MaxValue) return false;
            value.Revision = (ushort)revision;
            return true;
        }
        return json.TrySkipValue();
    }

    /// <summary>A number; null and the words that devices send for "no value" are a bad zero.</summary>
    private static bool TryReadValue(ref JsonScanner json, ref DecodedValue value)
    {
        var next = json.Peek();
        if (next is (byte)'N' or (byte)'n' or (byte)'"')
        {
            var missing = json.TryTake("NaN"u8) || json.TryTake("nan"u8) || json.TryTake("null"u8)
                || (json.TryReadString(out var word) && word.SequenceEqual("NaN"u8));
            value.Quality = Quality.Bad;
            return missing;
        }
        if (next is not ((byte)'t' or (byte)'f')) return json.TryReadNumber(out value.Mantissa, out value.Exponent);
        value.Mantissa = next == (byte)'t' ? 1 : 0;
        return json.TryTake("true"u8) || json.TryTake("false"u8);
    }

    private static bool TryReadTimeMember(ref JsonScanner json, ref DecodedValue value)
    {
        if (json.Peek() == (byte)'"')
        {
            return json.TryReadString(out var text) && TryReadTime(text, ref value);
        }
        if (!json.TryReadNumber(out var mantissa, out var exponent)) return false;
        value.Time = TimeGiven.Utc;
        return Domain.Units.FixedPoint.TryScale(mantissa, exponent, 1, 1, out value.TimeUs);
    }

    private static bool TryReadTime(ReadOnlySpan<byte> text, ref DecodedValue value)
    {
        if (!TimeText.TryRead(text, out value.TimeUs, out var local)) return false;
        value.Time = local ? TimeGiven.Local : TimeGiven.Utc;
        return true;
    }
}
