namespace MekongTwin.Engines.Demand;

/// <summary>
/// What the loads of a city share, in steps of 15 minutes: factors × steps, one factor after the other, and beside them
/// streams of residuals, deviation 1, of which each load takes one. Without residuals a load is what is expected of it.
/// </summary>
public sealed class FactorSeries
{
    /// <summary>Residuals that differ: loads that share one move together, so a feeder keeps some of what should average out.</summary>
    public const int Streams = 16;

    /// <exception cref="ArgumentException">Lengths do not fit, or the first step is no full quarter of an hour.</exception>
    public FactorSeries(DateTime firstStep, int steps, double[] values, double[]? residuals = null)
    {
        Quarters.Need(firstStep, nameof(firstStep));
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        if (steps == 0 ? values.Length != 0 : values.Length % steps != 0) throw new ArgumentException($"{values.Length} values do not make factors of {steps} steps.", nameof(values));
        if (residuals is not null && residuals.Length != Streams * steps) throw new ArgumentException($"{residuals.Length} residuals do not make {Streams} streams of {steps} steps.", nameof(residuals));
        (FirstStep, Steps, Values, Residuals) = (firstStep, steps, values, residuals);
    }

    /// <summary>Local time of the first step; values hold at the beginning of a step.</summary>
    public DateTime FirstStep { get; }

    public int Steps { get; }

    public int Factors => Steps == 0 ? 0 : Values.Length / Steps;

    public double[] Values { get; }

    /// <summary>Streams × steps, or null.</summary>
    public double[]? Residuals { get; }

    public ReadOnlySpan<double> Of(int factor) => Values.AsSpan(factor * Steps, Steps);

    /// <summary>The same with residuals of a future: deviation 1, autoregressive from step to step with correlation <paramref name="phi"/>.</summary>
    public FactorSeries WithResiduals(long seed, int future, double phi = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(phi, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(phi, 1);
        var draw = new Draw(seed, future);
        var residuals = new double[Streams * Steps];
        var shock = Math.Sqrt(1 - (phi * phi));
        // Steps are counted from a fixed day, so that a residual belongs to its instant; each day begins anew in its own distribution.
        for (var step = 0; step < Steps; step++)
        {
            var time = Quarters.At(FirstStep, step);
            var (day, quarter) = (DateOnly.FromDateTime(time).DayNumber, Quarters.OfDay(time));
            for (var stream = 0; stream < Streams; stream++)
            {
                var channel = (stream * Quarters.ADay) + quarter;
                var before = quarter == 0 || phi == 0 ? double.NaN : step > 0 ? residuals[(stream * Steps) + step - 1] : Residual(draw, day, stream, quarter - 1, phi, shock);
                var normal = draw.Normal(day, channel);
                residuals[(stream * Steps) + step] = double.IsNaN(before) ? normal : (phi * before) + (shock * normal);
            }
        }
        return new(FirstStep, Steps, Values, residuals);
    }

    /// <summary>Some of the steps.</summary>
    public FactorSeries Slice(int first, int steps)
    {
        var factors = Factors;
        var values = new double[factors * steps];
        for (var k = 0; k < factors; k++) Values.AsSpan((k * Steps) + first, steps).CopyTo(values.AsSpan(k * steps));
        if (Residuals is null) return new(Quarters.At(FirstStep, first), steps, values);
        var residuals = new double[Streams * steps];
        for (var stream = 0; stream < Streams; stream++) Residuals.AsSpan((stream * Steps) + first, steps).CopyTo(residuals.AsSpan(stream * steps));
        return new(Quarters.At(FirstStep, first), steps, values, residuals);
    }

    private static double Residual(Draw draw, int day, int stream, int quarter, double phi, double shock)
    {
        var value = draw.Normal(day, stream * Quarters.ADay);
        for (var q = 1; q <= quarter; q++) value = (phi * value) + (shock * draw.Normal(day, (stream * Quarters.ADay) + q));
        return value;
    }
}
