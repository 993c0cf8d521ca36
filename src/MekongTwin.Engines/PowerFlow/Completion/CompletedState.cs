namespace MekongTwin.Engines.PowerFlow.Completion;

/// <summary>
/// A grid's completed state, per unit. Deviations (<c>Sd…</c>) are standard deviations. It is written over by the next completion
/// that is given it.
/// </summary>
public sealed class CompletedState
{
    internal CompletedState(int loads, int buses, int branches, int feeders)
    {
        (P, Q, SdP, SdQ) = (new double[loads], new double[loads], new double[loads], new double[loads]);
        (Vm, SdVm) = (new double[buses], new double[buses]);
        (BranchP, BranchQ, LoadingPercent, SdLoadingPercent) = (new double[branches], new double[branches], new double[branches], new double[branches]);
        Feeders = new CompletedFeeder[feeders];
    }

    /// <summary>Power of each load; 0 for one that is not served.</summary>
    public double[] P { get; }

    public double[] Q { get; }

    public double[] SdP { get; }

    public double[] SdQ { get; }

    /// <summary>Voltage of each bus; 0 where it is not served.</summary>
    public double[] Vm { get; }

    public double[] SdVm { get; }

    /// <summary>Power entering each branch at the end that is nearer to the source; 0 where it carries nothing.</summary>
    public double[] BranchP { get; }

    public double[] BranchQ { get; }

    /// <summary>Use of the rating, of the fuller end; NaN where there is no rating or nothing flows. The branch's own shunt is left out.</summary>
    public double[] LoadingPercent { get; }

    public double[] SdLoadingPercent { get; }

    /// <summary>One for each source, in the order of the network's slack buses.</summary>
    public CompletedFeeder[] Feeders { get; }
}

/// <summary>A feeder of a completed state, per unit.</summary>
public record struct CompletedFeeder
{
    /// <summary>False when the voltages collapsed or did not settle: then the figures solve nothing.</summary>
    public bool Converged { get; set; }

    public int Iterations { get; set; }

    /// <summary>What leaves the busbar: the sum of the loads and the losses.</summary>
    public double P { get; set; }

    public double Q { get; set; }

    public double SdP { get; set; }

    public double SdQ { get; set; }

    /// <summary>Lines and transformers.</summary>
    public double LossesP { get; set; }

    public double LossesQ { get; set; }

    /// <summary>Sum of the loads that are metered.</summary>
    public double MeteredP { get; set; }

    /// <summary>
    /// By how much the head and the loads cannot both be right: positive when what is metered comes to more than the head says,
    /// negative when the head says more than everything could take; 0 when they agree. Then the head's powers are not used.
    /// </summary>
    public double ExcessP { get; set; }

    /// <summary>What the head measured less <see cref="P"/>; NaN when nothing was measured.</summary>
    public double ResidualP { get; set; }

    /// <summary>Bus of the lowest voltage among those of the head's nominal voltage.</summary>
    public int LowestBus { get; set; }

    /// <summary>Branch of the highest loading among those between buses of the head's nominal voltage; −1 where none has a rating.</summary>
    public int FullestBranch { get; set; }
}
