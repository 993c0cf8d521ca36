using MekongTwin.Domain.Units;

namespace MekongTwin.Ingest;

/// <summary>Conversions between units. It remembers the last one: the records of a pack nearly always share it.</summary>
internal sealed class LastUnit
{
    private readonly byte[] _code = new byte[16];
    private int _length;
    private Unit? _to;
    private UnitConversion _conversion;

    /// <summary>The conversion from a unit's code (UTF-8); false when the code is unknown or measures something else.</summary>
    public bool TryConvert(ReadOnlySpan<byte> code, Unit to, out UnitConversion conversion)
    {
        if (ReferenceEquals(to, _to) && code.SequenceEqual(_code.AsSpan(0, _length)))
        {
            conversion = _conversion;
            return true;
        }
        conversion = UnitConversion.None;
        if (!UnitTable.TryFind(code, out var from) || !UnitConversion.TryBetween(from, to, out conversion)) return false;
        // Known codes are at most this long.
        code.CopyTo(_code);
        (_length, _to, _conversion) = (code.Length, to, conversion);
        return true;
    }
}
