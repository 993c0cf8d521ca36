namespace MekongTwin.Engines.PowerFlow.Completion;

/// <summary>
/// What is known of each load before its feeder's head is looked at, per unit: <c>p = P + ShareP·λ + e</c>, <c>q = Q +
/// ShareQ·(λ + μ) + f</c>. The level λ (and μ, of reactive power alone) is one number a feeder, e and f are the load's own.
/// </summary>
public sealed class LoadEvidence(int count)
{
    public int Count => P.Length;

    /// <summary>Measured, or expected where nothing is.</summary>
    public double[] P { get; } = new double[count];

    public double[] Q { get; } = new double[count];

    /// <summary>Variance of e.</summary>
    public double[] VarianceP { get; } = new double[count];

    /// <summary>Covariance of e and f.</summary>
    public double[] CovariancePQ { get; } = new double[count];

    /// <summary>Variance of f.</summary>
    public double[] VarianceQ { get; } = new double[count];

    /// <summary>How much of it rises and falls with its feeder: the power itself for one that is only expected, next to nothing for one that was just measured.</summary>
    public double[] ShareP { get; } = new double[count];

    public double[] ShareQ { get; } = new double[count];

    /// <summary>True where a reading still holds.</summary>
    public bool[] Metered { get; } = new bool[count];

    /// <summary>The least it can be where it is not metered; negative where it may feed back.</summary>
    public double[] LeastP { get; } = new double[count];

    /// <summary>The most it can be where it is not metered.</summary>
    public double[] MostP { get; } = new double[count];
}

/// <summary>What is measured at each feeder's head, per unit; NaN where nothing is.</summary>
public sealed class HeadEvidence(int count)
{
    public int Count => P.Length;

    /// <summary>What leaves the busbar: loads and losses.</summary>
    public double[] P { get; } = Filled.With(count, double.NaN);

    public double[] Q { get; } = Filled.With(count, double.NaN);

    public double[] VarianceP { get; } = new double[count];

    public double[] VarianceQ { get; } = new double[count];

    /// <summary>Voltage of the busbar, pu: measured or assumed, but always there.</summary>
    public double[] Vm { get; } = Filled.With(count, 1.0);

    public double[] VarianceVm { get; } = new double[count];
}
