namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>When the solver stops.</summary>
public sealed record NewtonOptions
{
    /// <summary>The largest mismatch of active or reactive power that counts as solved, pu.</summary>
    public double Tolerance { get; init; } = 1e-8;

    /// <summary>Steps before a start counts as failed; one that succeeds takes 3 to 8.</summary>
    public int MaxIterations { get; init; } = 30;

    /// <summary>Whether generators keep to their reactive limits: where a PV bus would need more it is held at the limit and gives up
    /// its voltage, all such buses at once, and the grid is solved again until none is left (as MATPOWER's pf.enforce_q_lims = 1).
    /// Slack buses are not limited. Single solutions only.</summary>
    public bool ReactiveLimits { get; init; }

    /// <summary>The largest last step, in rad and relative voltage. A mismatch may be small where voltages are still loose, but the
    /// convergence is quadratic: after a step of 1e-5 the voltages stand to about 1e-10.</summary>
    internal static double LastStep(double tolerance) => Math.Sqrt(tolerance) / 10;
}
