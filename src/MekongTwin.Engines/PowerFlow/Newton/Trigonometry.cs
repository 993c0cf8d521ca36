namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>Sine and cosine lane by lane, with the same bits at every width and whatever the neighbours hold (the framework's vector
/// functions take another path for all lanes when one is large).</summary>
/// <remarks>The angle less the nearest multiple of π/2, that in two parts, leaves at most π/4; there Taylor's series are cut where the
/// next term is below 5e-17. Angles of a grid are a few radians; above 1e9 the remainder loses digits, and the iterate is lost anyway.</remarks>
internal static class Trigonometry<T> where T : struct, ILane<T>
{
    private const double HalfPi = Math.PI / 2;
    private const double HalfPiRest = 6.123233995736766e-17;

    public static (T Sin, T Cos) SinCos(T angleRad)
    {
        var quarters = T.Round(angleRad * T.Of(1 / HalfPi));
        var x = T.MultiplyAdd(-quarters, T.Of(HalfPiRest), T.MultiplyAdd(-quarters, T.Of(HalfPi), angleRad));
        var square = x * x;
        var s = T.MultiplyAdd(square, T.Of(-1 / 1307674368000.0), T.Of(1 / 6227020800.0));
        s = T.MultiplyAdd(square, s, T.Of(-1 / 39916800.0));
        s = T.MultiplyAdd(square, s, T.Of(1 / 362880.0));
        s = T.MultiplyAdd(square, s, T.Of(-1 / 5040.0));
        s = T.MultiplyAdd(square, s, T.Of(1 / 120.0));
        s = T.MultiplyAdd(square, s, T.Of(-1 / 6.0));
        s = T.MultiplyAdd(square * x, s, x);
        var c = T.MultiplyAdd(square, T.Of(1 / 20922789888000.0), T.Of(-1 / 87178291200.0));
        c = T.MultiplyAdd(square, c, T.Of(1 / 479001600.0));
        c = T.MultiplyAdd(square, c, T.Of(-1 / 3628800.0));
        c = T.MultiplyAdd(square, c, T.Of(1 / 40320.0));
        c = T.MultiplyAdd(square, c, T.Of(-1 / 720.0));
        c = T.MultiplyAdd(square, c, T.Of(1 / 24.0));
        c = T.MultiplyAdd(square, c, T.Of(-1 / 2.0));
        c = T.MultiplyAdd(square, c, T.Of(1));

        // Odd quarters swap the two; the second half turns the sine's sign, the middle half the cosine's.
        var turns = quarters - (T.Of(4) * T.Floor(quarters * T.Of(0.25)));
        var half = T.Floor(turns * T.Of(0.5));
        var odd = turns - half - half;
        var middle = T.MultiplyAdd(T.Of(-2) * odd, half, odd + half);
        return (T.Select(odd, c, s) * T.MultiplyAdd(T.Of(-2), half, T.Of(1)), T.Select(odd, s, c) * T.MultiplyAdd(T.Of(-2), middle, T.Of(1)));
    }
}
