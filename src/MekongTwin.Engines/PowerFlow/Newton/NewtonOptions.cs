namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>When the solver stops.</summary>
public sealed record NewtonOptions
{
    /// <summary>The largest mismatch of active or reactive power that counts as solved, pu.</summary>
    public double Tolerance { get; init; } = 1e-8;

    /// <summary>Steps before a start counts as failed; one that succeeds takes 3 to 8.</summary>
    public int MaxIterations { get; init; } = 30;

    /// <summary>The largest last step, in rad and relative voltage: a mismatch may be small where voltages are still loose, but the
    /// convergence is quadratic, so that after a step of 1e-5 the voltages stand to about 1e-10.</summary>
    internal const double LastStep = 1e-5;
}
