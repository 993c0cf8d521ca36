using System.Collections.Immutable;

namespace MekongTwin.Scenarios.Countries;

/// <summary>A transformer of this size, standing where the old one stood.</summary>
public sealed record TransformerCost(double Kva, double Cost);

/// <summary>What remedies cost, all in one currency and year, and what they save.</summary>
/// <param name="Name">Printed with the answer.</param>
/// <param name="Source">Where the figures are from, and what is assumed.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Year">Of the prices.</param>
/// <param name="Share">A violation in more than this share of futures is remedied.</param>
/// <param name="Transformers">Sizes that can be had, ascending.</param>
/// <param name="LinePerKm">A second line of the same conductor beside the first.</param>
/// <param name="HeadVoltage">Setting another voltage at a feeder's head.</param>
/// <param name="LossesPerMwh">What a MWh of losses costs.</param>
/// <param name="UnservedPerMwh">What a MWh that is not delivered costs those who miss it.</param>
public sealed record RemedyRules(
    string Name, string Source, string Currency, int Year, double Share, ImmutableArray<TransformerCost> Transformers, double LinePerKm, double HeadVoltage, double LossesPerMwh, double UnservedPerMwh);
