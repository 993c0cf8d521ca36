namespace MekongTwin.Simulators.Load;

/// <summary>Decimal digits written in place: the hot path of the load generator.</summary>
internal static class Digits
{
    /// <summary>Fills the whole target with the number's digits, zeros in front.</summary>
    public static void Write(Span<byte> target, long number)
    {
        for (var i = target.Length - 1; i >= 0; i--)
        {
            (number, var digit) = Math.DivRem(number, 10);
            target[i] = (byte)('0' + digit);
        }
    }

    /// <summary>Writes thousandths as <c>ddd.ddd</c>.</summary>
    public static void WriteThousandths(Span<byte> target, int thousandths)
    {
        var (whole, fraction) = Math.DivRem(thousandths, 1000);
        (var hundreds, whole) = Math.DivRem(whole, 100);
        (var tens, whole) = Math.DivRem(whole, 10);
        (var tenths, fraction) = Math.DivRem(fraction, 100);
        (var hundredths, fraction) = Math.DivRem(fraction, 10);
        target[6] = (byte)('0' + fraction);
        target[5] = (byte)('0' + hundredths);
        target[4] = (byte)('0' + tenths);
        target[3] = (byte)'.';
        target[2] = (byte)('0' + whole);
        target[1] = (byte)('0' + tens);
        target[0] = (byte)('0' + hundreds);
    }
}
