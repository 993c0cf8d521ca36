using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

namespace MekongTwin.Ingest.Payloads;

/// <summary>One resolved record of a pack.</summary>
internal ref struct SenmlRecord
{
    /// <summary>Base name and name are concatenated by whoever needs the whole.</summary>
    public ReadOnlySpan<byte> BaseName;
    public ReadOnlySpan<byte> Name;

    /// <summary>Empty when neither record nor base gives one.</summary>
    public ReadOnlySpan<byte> Unit;
    public DecodedValue Value;

    /// <summary>The record as it was sent.</summary>
    public ReadOnlySpan<byte> Text;

    /// <summary>False for records that only set base fields.</summary>
    public bool HasValue;

    /// <summary>True for string, data and sum values, which no point can hold.</summary>
    public bool IsUnsupported;
}

/// <summary>
/// Reads a SenML JSON pack (RFC 8428): base fields, relative times, and times as seconds. Times whose sum is below 2^28 are
/// relative to the receive time (section 4.5.3). Version 10, and 26 for secondary units (RFC 9100, RFC 8798).
/// </summary>
internal ref struct SenmlPack
{
    /// <summary>Times below this many seconds are relative to now.</summary>
    public const long RelativeBelowUs = (1L << 28) * Instant.Second;

    private const int OutOfRange = 1000;

    private readonly long _receivedUs;
    private JsonScanner _json;
    private ReadOnlySpan<byte> _baseName;
    private ReadOnlySpan<byte> _baseUnit;
    private long _baseTimeUs;
    private long _baseValueMicro;
    private bool _started;

    /// <param name="payload">The pack.</param>
    /// <param name="receivedUs">The receive time that relative times refer to.</param>
    public SenmlPack(ReadOnlySpan<byte> payload, long receivedUs)
    {
        _json = new JsonScanner(payload);
        _receivedUs = receivedUs;
    }

    /// <summary>True when the pack was read to its end without a fault.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The record that <see cref="MoveNext"/> read.</summary>
    public SenmlRecord Current;

    /// <summary>Reads the next record; false at the end or at a fault.</summary>
    public bool MoveNext()
    {
        Current = default;
        if (!_started)
        {
            _started = true;
            if (!_json.TryTake((byte)'[')) return false;
        }
        else if (_json.TryTake((byte)']'))
        {
            IsComplete = _json.Peek() == 0 && _json.AtEnd;
            return false;
        }
        else if (!_json.TryTake((byte)',')) return false;
        return TryReadRecord();
    }

    private bool TryReadRecord()
    {
        Current.Value.Quality = Quality.Good;
        long timeUs = 0;
        var fields = new Fields();
        if (!_json.TryTake((byte)'{')) return false;
        var start = _json.At - 1;
        if (!_json.TryTake((byte)'}'))
        {
            do
            {
                if (!_json.TryReadString(out var label) || !_json.TryTake((byte)':')) return false;
                if (!TryReadField(label, ref timeUs, ref fields)) return false;
            }
            while (_json.TryTake((byte)','));
            if (!_json.TryTake((byte)'}')) return false;
        }
        Current.Text = _json.Since(start);
        return TryResolve(timeUs, fields);
    }

    private bool TryReadField(ReadOnlySpan<byte> label, ref long timeUs, ref Fields fields)
    {
        if (label.Length == 1)
        {
            switch (label[0])
            {
                case (byte)'n': return _json.TryReadString(out Current.Name);
                case (byte)'u': return _json.TryReadString(out Current.Unit);
                case (byte)'t': return TryReadMicro(out timeUs);
                case (byte)'v':
                    fields.HasNumber = true;
                    return _json.TryReadNumber(out Current.Value.Mantissa, out Current.Value.Exponent);
                case (byte)'s':
                    fields.HasSum = true;
                    return _json.TryReadNumber(out _, out _);
            }
        }
        if (label.SequenceEqual("bn"u8)) return _json.TryReadString(out _baseName);
        if (label.SequenceEqual("bt"u8)) return TryReadMicro(out _baseTimeUs);
        if (label.SequenceEqual("bu"u8)) return _json.TryReadString(out _baseUnit);
        if (label.SequenceEqual("bv"u8)) return TryReadMicro(out _baseValueMicro);
        if (label.SequenceEqual("bver"u8)) return _json.TryReadNumber(out var version, out var exponent) && exponent == 0 && version is > 0 and <= 10 or 26;
        if (label.SequenceEqual("vb"u8)) return TryReadBoolean(ref fields);
        if (label.SequenceEqual("vs"u8) || label.SequenceEqual("vd"u8))
        {
            Current.IsUnsupported = true;
            return _json.TrySkipValue();
        }
        // A label that ends in an underscore must be understood (RFC 8428 section 4.4).
        return !(label.Length > 0 && label[^1] == (byte)'_') && _json.TrySkipValue();
    }

    private bool TryReadBoolean(ref Fields fields)
    {
        fields.HasBoolean = true;
        Current.Value.Mantissa = _json.Peek() == (byte)'t' ? 1 : 0;
        return _json.TryTake("true"u8) || _json.TryTake("false"u8);
    }

    private bool TryResolve(long timeUs, in Fields fields)
    {
        Current.BaseName = _baseName;
        if (Current.Unit.IsEmpty) Current.Unit = _baseUnit;
        // A sum is the unit times seconds: no point of that unit can hold it.
        Current.IsUnsupported |= fields.HasSum && !fields.HasNumber && !fields.HasBoolean;
        Current.HasValue = fields.HasNumber || fields.HasBoolean || Current.IsUnsupported;
        if (fields.HasNumber) AddBaseValue();
        var sum = _baseTimeUs + timeUs;
        Current.Value.Time = TimeGiven.Utc;
        if (sum == 0) Current.Value.Time = TimeGiven.None;
        Current.Value.TimeUs = sum < RelativeBelowUs ? _receivedUs + sum : sum;
        return true;
    }

    private void AddBaseValue()
    {
        if (_baseValueMicro == 0) return;
        // A sum that does not fit is out of range like any value: an exponent that no unit brings back says so.
        var fits = FixedPoint.TryScale(Current.Value.Mantissa, Current.Value.Exponent, 1, 1, out var micro);
        var sum = (Int128)micro + _baseValueMicro;
        fits &= FixedPoint.Saturate(sum) == sum;
        (Current.Value.Mantissa, Current.Value.Exponent) = fits ? ((long)sum, -6) : (long.MaxValue, OutOfRange);
    }

    private bool TryReadMicro(out long micro)
    {
        micro = 0;
        return _json.TryReadNumber(out var mantissa, out var exponent) && FixedPoint.TryScale(mantissa, exponent, 1, 1, out micro)
            && micro is > -(1L << 60) and < 1L << 60;
    }

    private struct Fields
    {
        public bool HasNumber;
        public bool HasBoolean;
        public bool HasSum;
    }
}
