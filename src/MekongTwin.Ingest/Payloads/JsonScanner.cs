using MekongTwin.Domain.Units;

namespace MekongTwin.Ingest.Payloads;

/// <summary>
/// Reads JSON (RFC 8259) from UTF-8 bytes without allocating and without exceptions: every method says false for what is
/// malformed. Numbers stay decimal: mantissa and power of ten.
/// </summary>
internal ref struct JsonScanner(ReadOnlySpan<byte> json)
{
    /// <summary>Deepest nesting of a value that is skipped.</summary>
    public const int DepthMax = 16;

    /// <summary>Longest string with escapes, in bytes.</summary>
    public const int EscapedMax = 256;

    private readonly ReadOnlySpan<byte> _json = json;
    private int _at;

    public readonly bool AtEnd => _at >= _json.Length;

    /// <summary>How many bytes were read.</summary>
    public readonly int At => _at;

    /// <summary>The bytes read since then.</summary>
    public readonly ReadOnlySpan<byte> Since(int at) => _json[at.._at];

    /// <summary>The next byte that is not white space, or 0 at the end.</summary>
    public byte Peek()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r') _at++;
        return _at < _json.Length ? _json[_at] : (byte)0;
    }

    /// <summary>Takes this byte if it comes next.</summary>
    public bool TryTake(byte expected)
    {
        if (Peek() != expected) return false;
        _at++;
        return true;
    }

    /// <summary>Takes these bytes if they come next, without skipping white space.</summary>
    public bool TryTake(ReadOnlySpan<byte> literal)
    {
        if (!_json[_at..].StartsWith(literal)) return false;
        _at += literal.Length;
        return true;
    }

    /// <summary>A string's bytes, escapes undone: only an escaped string is copied.</summary>
    public bool TryReadString(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!TryTake((byte)'"')) return false;
        var rest = _json[_at..];
        var stop = rest.IndexOfAny((byte)'"', (byte)'\\');
        if (stop < 0 || rest[..stop].IndexOfAnyInRange((byte)0, (byte)0x1F) >= 0) return false;
        if (rest[stop] == (byte)'"')
        {
            text = rest[..stop];
            _at += stop + 1;
            return true;
        }
        return TryUnescape(out text);
    }

    /// <summary>A number as mantissa · 10^exponent; digits beyond the eighteenth are cut.</summary>
    public bool TryReadNumber(out long mantissa, out int exponent)
    {
        Peek();
        var read = DecimalNumber.TryRead(_json[_at..], out mantissa, out exponent);
        _at += read;
        return read > 0;
    }

    /// <summary>Steps over any value.</summary>
    public bool TrySkipValue(int depth = 0)
    {
        switch (Peek())
        {
            case (byte)'"': return TryReadString(out _);
            case (byte)'{': return depth < DepthMax && TrySkipMembers((byte)'}', depth, named: true);
            case (byte)'[': return depth < DepthMax && TrySkipMembers((byte)']', depth, named: false);
            case (byte)'t': return TryTake("true"u8);
            case (byte)'f': return TryTake("false"u8);
            case (byte)'n': return TryTake("null"u8);
            default: return TryReadNumber(out _, out _);
        }
    }

    private bool TrySkipMembers(byte close, int depth, bool named)
    {
        _at++;
        if (TryTake(close)) return true;
        do
        {
            if (named && !(TryReadString(out _) && TryTake((byte)':'))) return false;
            if (!TrySkipValue(depth + 1)) return false;
        }
        while (TryTake((byte)','));
        return TryTake(close);
    }

    private bool TryUnescape(out ReadOnlySpan<byte> text)
    {
        text = default;
        Span<byte> scratch = stackalloc byte[EscapedMax];
        var length = 0;
        while (_at < _json.Length)
        {
            var c = _json[_at++];
            if (c == (byte)'"')
            {
                text = scratch[..length].ToArray();
                return true;
            }
            if (c < 0x20 || length + 4 > scratch.Length) return false;
            if (c != (byte)'\\') scratch[length++] = c;
            else if (!TryUnescapeOne(scratch, ref length)) return false;
        }
        return false;
    }

    private bool TryUnescapeOne(scoped Span<byte> scratch, ref int length)
    {
        if (_at >= _json.Length) return false;
        var c = _json[_at++];
        var plain = "\"\\/bfnrt"u8.IndexOf(c);
        if (plain >= 0)
        {
            scratch[length++] = "\"\\/\b\f\n\r\t"u8[plain];
            return true;
        }
        if (c != (byte)'u' || !TryReadHex(out var unit)) return false;
        if (char.IsSurrogate((char)unit))
        {
            if (!char.IsHighSurrogate((char)unit) || !TryTake("\\u"u8) || !TryReadHex(out var low) || !char.IsLowSurrogate((char)low)) return false;
            unit = char.ConvertToUtf32((char)unit, (char)low);
        }
        length += new System.Text.Rune(unit).EncodeToUtf8(scratch[length..]);
        return true;
    }

    private bool TryReadHex(out int unit)
    {
        unit = 0;
        if (_at + 4 > _json.Length) return false;
        var ok = System.Buffers.Text.Utf8Parser.TryParse(_json.Slice(_at, 4), out ushort value, out var read, 'x') && read == 4;
        unit = value;
        _at += 4;
        return ok;
    }
}

/// <summary>Decimal numbers as JSON writes them.</summary>
internal static class DecimalNumber
{
    private const int DigitsMax = 18;

    /// <summary>Bytes read, 0 when this is not a JSON number.</summary>
    public static int TryRead(ReadOnlySpan<byte> text, out long mantissa, out int exponent)
    {
        mantissa = 0;
        exponent = 0;
        var at = 0;
        var negative = text.Length > 0 && text[0] == (byte)'-';
        if (negative) at++;
        var first = at;
        var digits = 0;
        for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++) Push(text[at], ref mantissa, ref digits, ref exponent, fraction: false);
        if (at == first || (text[first] == (byte)'0' && at - first > 1)) return 0;
        if (at < text.Length && text[at] == (byte)'.')
        {
            var point = ++at;
            for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++) Push(text[at], ref mantissa, ref digits, ref exponent, fraction: true);
            if (at == point) return 0;
        }
        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            var read = TryReadExponent(text[(at + 1)..], out var power);
            if (read == 0) return 0;
            at += 1 + read;
            exponent += power;
        }
        if (negative) mantissa = -mantissa;
        return at;
    }

    private static void Push(byte digit, ref long mantissa, ref int digits, ref int exponent, bool fraction)
    {
        if (digits == DigitsMax)
        {
            if (!fraction && exponent < 1000) exponent++;
            return;
        }
        mantissa = mantissa * 10 + (digit - '0');
        if (mantissa != 0) digits++;
        if (fraction && exponent > -1000) exponent--;
    }

    private static int TryReadExponent(ReadOnlySpan<byte> text, out int power)
    {
        power = 0;
        var at = text.Length > 0 && text[0] is (byte)'+' or (byte)'-' ? 1 : 0;
        var first = at;
        for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++) power = Math.Min(power * 10 + (text[at] - '0'), 1000);
        if (at == first) return 0;
        if (text[0] == (byte)'-') power = -power;
        return at;
    }
}
