using System.Globalization;

namespace MekongTwin.Domain.Units;

/// <summary>
/// Values are fixed point with six decimals ("micro") in a 64-bit integer: exact sums in any order.
/// Range about ±9.2e12; a value outside it is refused, never wrapped.
/// </summary>
public static class FixedPoint
{
    /// <summary>Micro units per unit.</summary>
    public const long One = 1_000_000;

    private static readonly long[] PowersOfTen = MakePowers();

    /// <summary>
    /// mantissa · 10^exponent · numerator / denominator in micro units, halves to even.
    /// False when the result does not fit.
    /// </summary>
    public static bool TryScale(long mantissa, int exponent, long numerator, long denominator, out long micro)
    {
        var shift = exponent + 6L;
        if (numerator == 1 && denominator == 1 && (ulong)shift < (ulong)PowersOfTen.Length)
        {
            micro = unchecked(mantissa * PowersOfTen[shift]);
            return Math.BigMul(mantissa, PowersOfTen[shift], out _) == micro >> 63;
        }
        return TryScaleWide(mantissa, shift, numerator, denominator, out micro);
    }

    /// <summary>A double in micro units, halves to even. False for NaN, infinities and what does not fit.</summary>
    public static bool TryFrom(double value, out long micro)
    {
        var scaled = Math.Round(value * One, MidpointRounding.ToEven);
        var fits = Math.Abs(scaled) < 9.2e18;
        micro = fits ? (long)scaled : 0;
        return fits;
    }

    /// <summary>The value as a double, for display and for what is computed from rounded facts.</summary>
    public static double ToDouble(long micro) => micro / (double)One;

    /// <summary>The value in plain decimal digits without trailing zeros, culture-free.</summary>
    public static string ToText(long micro) => (micro / (decimal)One).ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>mantissa · 10^exponent as a person reads it.</summary>
    public static string ToText(long mantissa, int exponent) =>
        TryScale(mantissa, exponent, 1, 1, out var micro) ? ToText(micro) : string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{exponent}");

    /// <summary>value / divisor, halves to even.</summary>
    public static Int128 DivideRounded(Int128 value, Int128 divisor)
    {
        var quotient = value / divisor;
        var remainder = value - quotient * divisor;
        var below = Int128.Abs(remainder);
        var above = Int128.Abs(divisor) - below;
        if (below < above || (below == above && Int128.IsEvenInteger(quotient))) return quotient;
        return value < 0 == divisor < 0 ? quotient + 1 : quotient - 1;
    }

    /// <summary>A wide integer as 64 bits, saturated: a sum that large is out of the range of every figure.</summary>
    public static long Saturate(Int128 value) =>
        value > long.MaxValue ? long.MaxValue : value < long.MinValue ? long.MinValue : (long)value;

    private static bool TryScaleWide(long mantissa, long shift, long numerator, long denominator, out long micro)
    {
        micro = 0;
        if (mantissa == 0) return true;
        Int128 wide = mantissa;
        Int128 divisor = denominator;
        // What leaves 128 bits divided by a 64-bit number does not fit; what a divisor beyond 128 bits divides is zero.
        if (shift >= 0 && !TryMultiplyByPower(ref wide, shift)) return false;
        if (shift < 0 && !TryMultiplyByPower(ref divisor, -shift)) return true;
        if (Int128.Abs(wide) > Int128.MaxValue / numerator) return false;
        var scaled = DivideRounded(wide * numerator, divisor);
        micro = unchecked((long)scaled);
        return micro == scaled;
    }

    private static bool TryMultiplyByPower(ref Int128 value, long power)
    {
        for (; power > 0; power -= PowersOfTen.Length - 1)
        {
            var factor = PowersOfTen[Math.Min(power, PowersOfTen.Length - 1)];
            if (Int128.Abs(value) > Int128.MaxValue / factor) return false;
            value *= factor;
        }
        return true;
    }

    private static long[] MakePowers()
    {
        var powers = new long[19];
        powers[0] = 1;
        for (var i = 1; i < powers.Length; i++) powers[i] = powers[i - 1] * 10;
        return powers;
    }
}
