using System.Collections.Immutable;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>Panels that all stand at one place.</summary>
/// <param name="At">The node.</param>
/// <param name="Kw">Most of them, kW at full power.</param>
/// <param name="Limit">What stands in the way of more: highVoltage, loading or collapse.</param>
/// <param name="Element">Where it does.</param>
public sealed record HostingBound(string At, double Kw, string Limit, string Element);

/// <summary>What a feeder takes of panels beyond those of the study.</summary>
/// <param name="Feeder">Asset path.</param>
/// <param name="Head">All at its first node: about the most that a placement comes to.</param>
/// <param name="End">All at the node that is electrically farthest: about the least of placements at medium voltage.</param>
/// <param name="RandomKw">At transformers in a random order, each filled to its rating, over futures: kW at full power.</param>
/// <param name="Limits">Of the random placements, how many each limit stopped; full where every transformer is filled.</param>
public sealed record FeederHosting(string Feeder, HostingBound Head, HostingBound End, Percentiles RandomKw, ImmutableSortedDictionary<string, int> Limits);

/// <summary>Hosting capacity of every feeder, those that take least first.</summary>
/// <param name="Rules">Name of the country's rules.</param>
/// <param name="Source">Where their figures are from.</param>
/// <param name="HighestVm">Highest voltage that is allowed here: the criteria's less what is kept for the low-voltage grid, pu.</param>
/// <param name="Feeders">Each of them.</param>
public sealed record HostingReport(string Rules, string Source, double HighestVm, ImmutableArray<FeederHosting> Feeders)
{
    public string Note { get; } =
        "MV screening: the grid at low voltage is not solved, a rise is kept free for it. Panels feed in at full power and a power factor of 1 against each feeder's least load of the hours in which they may, on the day of each future that is lightest for the city then; the bounds against the least of all futures. They are beyond the panels of the study.";
}
