namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>Quantiles of numbers that may be moved about.</summary>
internal static class Quantiles
{
    /// <summary>The k-th smallest, from 0 (Hoare's FIND, 1961, middle element as pivot).</summary>
    public static double Select(Span<double> values, int k)
    {
        var (low, high) = (0, values.Length - 1);
        while (low < high)
        {
            var pivot = values[(low + high) / 2];
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (values[i] < pivot) i++;
                while (values[j] > pivot) j--;
                if (i > j) break;
                (values[i], values[j]) = (values[j], values[i]);
                i++;
                j--;
            }
            if (k <= j) high = j;
            else if (k >= i) low = i;
            else break;
        }
        return values[k];
    }

    /// <summary>Lower and upper ends that a share of new numbers like these falls between (split conformal: ranks of n + 1); what is assumed where they are too few.</summary>
    public static (double Low, double High) Band(List<double> values, double share, (double Low, double High) assumed)
    {
        var tail = (1 - share) / 2;
        if (values.Count < 4 / tail) return assumed;
        values.Sort();
        var rank = (int)Math.Floor(tail * (values.Count + 1)) - 1;
        return (values[Math.Max(0, rank)], values[Math.Min(values.Count - 1, values.Count - 1 - rank)]);
    }

    public static double Median(List<double> values)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values.Count % 2 == 1 ? values[values.Count / 2] : (values[(values.Count / 2) - 1] + values[values.Count / 2]) / 2;
    }
}
