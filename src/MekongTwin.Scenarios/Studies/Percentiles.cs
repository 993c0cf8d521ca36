namespace MekongTwin.Scenarios.Studies;

/// <summary>P90 is exceeded in 10 % of futures, P10 in 90 %.</summary>
public readonly record struct Percentiles(double P10, double P50, double P90)
{
    /// <summary>Of one figure a future, in any order; between two of them it goes straight (type 7 of Hyndman and Fan, 1996).</summary>
    public static Percentiles Of(ReadOnlySpan<double> futures)
    {
        var sorted = futures.ToArray();
        Array.Sort(sorted);
        return new(At(sorted, 0.1), At(sorted, 0.5), At(sorted, 0.9));
    }

    /// <summary>To so many digits; what is not finite, of a bus that is never served, is 0.</summary>
    internal Percentiles Round(int digits) => new(Rounded(P10, digits), Rounded(P50, digits), Rounded(P90, digits));

    private static double Rounded(double value, int digits) => double.IsFinite(value) ? Math.Round(value, digits) : 0;

    private static double At(double[] sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
