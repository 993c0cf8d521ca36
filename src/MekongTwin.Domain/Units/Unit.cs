using System.Text;

namespace MekongTwin.Domain.Units;

/// <summary>What a unit measures: readings convert only within one quantity.</summary>
public enum Quantity
{
    Ratio,
    ActivePower,
    ReactivePower,
    ApparentPower,
    ActiveEnergy,
    ReactiveEnergy,
    Voltage,
    Current,
    Frequency,
    Flow,
    Speed,
    Length,
    Temperature,
    Pressure,
    Concentration,
    Irradiance,
    Discharge,
    Angle,
    Count,
}

/// <summary>
/// A unit of measure by its UCUM code (SenML spellings are aliases). Value in the quantity's base =
/// value · <see cref="Numerator"/> / <see cref="Denominator"/> + <see cref="OffsetMicro"/>.
/// </summary>
public sealed record Unit(string Code, Quantity Quantity, long Numerator = 1, long Denominator = 1, long OffsetMicro = 0);

/// <summary>The units the twin reads, after UCUM and the SenML registry (RFC 8428, RFC 8798).</summary>
public static class UnitTable
{
    private static readonly Unit[] All =
    [
        new("%", Quantity.Ratio), new("1", Quantity.Ratio, 100), new("ppm", Quantity.Ratio, 1, 10_000),
        new("kW", Quantity.ActivePower), new("W", Quantity.ActivePower, 1, 1000), new("MW", Quantity.ActivePower, 1000),
        new("kvar", Quantity.ReactivePower), new("var", Quantity.ReactivePower, 1, 1000), new("Mvar", Quantity.ReactivePower, 1000),
        new("kVA", Quantity.ApparentPower), new("VA", Quantity.ApparentPower, 1, 1000), new("MVA", Quantity.ApparentPower, 1000),
        new("kWh", Quantity.ActiveEnergy), new("Wh", Quantity.ActiveEnergy, 1, 1000), new("MWh", Quantity.ActiveEnergy, 1000),
        new("J", Quantity.ActiveEnergy, 1, 3_600_000), new("kvarh", Quantity.ReactiveEnergy), new("varh", Quantity.ReactiveEnergy, 1, 1000),
        new("V", Quantity.Voltage), new("kV", Quantity.Voltage, 1000), new("mV", Quantity.Voltage, 1, 1000),
        new("A", Quantity.Current), new("mA", Quantity.Current, 1, 1000), new("kA", Quantity.Current, 1000),
        new("Hz", Quantity.Frequency), new("/h", Quantity.Flow), new("/min", Quantity.Flow, 60), new("/s", Quantity.Flow, 3600),
        new("km/h", Quantity.Speed), new("m/s", Quantity.Speed, 18, 5), new("m", Quantity.Length), new("mm", Quantity.Length, 1, 1000),
        new("cm", Quantity.Length, 1, 100), new("km", Quantity.Length, 1000),
        new("Cel", Quantity.Temperature), new("K", Quantity.Temperature, 1, 1, -273_150_000),
        new("hPa", Quantity.Pressure), new("Pa", Quantity.Pressure, 1, 100), new("kPa", Quantity.Pressure, 10),
        new("ug/m3", Quantity.Concentration), new("mg/m3", Quantity.Concentration, 1000),
        new("W/m2", Quantity.Irradiance), new("m3/s", Quantity.Discharge), new("l/s", Quantity.Discharge, 1, 1000),
        new("deg", Quantity.Angle), new("{count}", Quantity.Count),
    ];

    private static readonly (string Alias, string Code)[] Aliases =
    [
        ("/", "1"), ("%RH", "%"), ("%EL", "%"), ("VAr", "var"), ("KVAR", "kvar"), ("count", "{count}"), ("C", "Cel"),
        ("degC", "Cel"), ("veh/h", "/h"), ("kmh", "km/h"), ("KMH", "km/h"), ("W/m2", "W/m2"), ("ug/m³", "ug/m3"), ("µg/m3", "ug/m3"),
    ];

    private static readonly Dictionary<string, Unit> ByCode = MakeIndex();
    private static readonly Dictionary<string, Unit>.AlternateLookup<ReadOnlySpan<char>> ByText =
        ByCode.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Codes in the order of the table, for messages that list what is possible.</summary>
    public static IEnumerable<string> Codes => All.Select(unit => unit.Code);

    public static bool TryFind(string code, out Unit unit) => ByCode.TryGetValue(code, out unit!);

    /// <summary>Finds a unit by its UTF-8 code without allocating.</summary>
    public static bool TryFind(ReadOnlySpan<byte> code, out Unit unit)
    {
        Span<char> text = stackalloc char[16];
        unit = null!;
        return code.Length <= 16 && Encoding.UTF8.TryGetChars(code, text, out var length)
            && ByText.TryGetValue(text[..length], out unit!);
    }

    private static Dictionary<string, Unit> MakeIndex()
    {
        var index = All.ToDictionary(unit => unit.Code, StringComparer.Ordinal);
        foreach (var (alias, code) in Aliases) index[alias] = index[code];
        return index;
    }
}

/// <summary>From one unit to another of the same quantity: value · Numerator / Denominator + OffsetMicro.</summary>
public readonly record struct UnitConversion(long Numerator, long Denominator, long OffsetMicro)
{
    public static UnitConversion None { get; } = new(1, 1, 0);

    /// <summary>False when the units measure different quantities.</summary>
    public static bool TryBetween(Unit from, Unit to, out UnitConversion conversion)
    {
        conversion = None;
        if (from.Quantity != to.Quantity) return false;
        if (from == to) return true;
        var numerator = from.Numerator * to.Denominator;
        var denominator = from.Denominator * to.Numerator;
        var divisor = GreatestCommonDivisor(numerator, denominator);
        var offset = (from.OffsetMicro - to.OffsetMicro) * to.Denominator / to.Numerator;
        conversion = new(numerator / divisor, denominator / divisor, offset);
        return true;
    }

    /// <summary>mantissa · 10^exponent of the first unit in micro units of the second. False when it does not fit.</summary>
    public bool TryApply(long mantissa, int exponent, out long micro)
    {
        if (!FixedPoint.TryScale(mantissa, exponent, Numerator, Denominator, out var scaled))
        {
            micro = 0;
            return false;
        }
        micro = unchecked(scaled + OffsetMicro);
        return micro - (Int128)OffsetMicro == scaled;
    }

    private static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0) (a, b) = (b, a % b);
        return a;
    }
}
