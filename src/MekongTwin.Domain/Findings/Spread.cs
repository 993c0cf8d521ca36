namespace MekongTwin.Domain.Findings;

/// <summary>Middle and spread of numbers that a few wrong ones do not move (Hampel 1974).</summary>
internal readonly record struct Spread(double Median, double Deviation)
{
    /// <summary>Median absolute deviation to standard deviation, for a normal distribution.</summary>
    private const double ToSigma = 1.4826;

    /// <summary>Of at least one number; they are reordered and changed.</summary>
    public static Spread Of(Span<double> numbers)
    {
        var median = MedianOf(numbers);
        foreach (ref var number in numbers) number = Math.Abs(number - median);
        return new(median, ToSigma * MedianOf(numbers));
    }

    private static double MedianOf(Span<double> numbers)
    {
        numbers.Sort();
        var middle = numbers.Length / 2;
        return numbers.Length % 2 == 1 ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2;
    }
}
