namespace MekongTwin.Engines.PowerFlow;

/// <summary>What a power flow found, per unit on the network's base power; arrays run along its buses or branches. When it did not
/// converge the figures are those of the last iterate: say so before showing them.</summary>
public sealed record Solution
{
    public required bool Converged { get; init; }

    public required int Iterations { get; init; }

    /// <summary>Largest active or reactive power mismatch of a served bus, pu; NaN when the iterate left the numbers.</summary>
    public required double Residual { get; init; }

    /// <summary>Index of the bus with the largest mismatch; −1 when no bus is served.</summary>
    public required int WorstBus { get; init; }

    /// <summary>Voltage magnitude, pu; 0 at an unserved bus.</summary>
    public required double[] Vm { get; init; }

    /// <summary>Voltage angle, rad; 0 at an unserved bus.</summary>
    public required double[] Va { get; init; }

    /// <summary>True for a bus without a source: its loads get nothing.</summary>
    public required bool[] Unserved { get; init; }

    /// <summary>Power entering each branch at its from end; 0 where it is out of service or dead.</summary>
    public required double[] FromP { get; init; }

    public required double[] FromQ { get; init; }

    /// <summary>Power entering each branch at its to end.</summary>
    public required double[] ToP { get; init; }

    public required double[] ToQ { get; init; }

    /// <summary>Use of the rating, per cent, of the fuller end; NaN where there is no rating.</summary>
    public required double[] LoadingPercent { get; init; }

    /// <summary>Active power that the sources at each bus bring in all: found at slack buses, held elsewhere; 0 at an unserved bus.</summary>
    public required double[] SourceP { get; init; }

    /// <summary>Reactive power that the sources at each bus bring: found at slack and PV buses, held elsewhere.</summary>
    public required double[] SourceQ { get; init; }

    /// <summary>Active losses of all branches.</summary>
    public required double LossesP { get; init; }

    /// <summary>Reactive power taken by all branches, less what their charging brings.</summary>
    public required double LossesQ { get; init; }
}
