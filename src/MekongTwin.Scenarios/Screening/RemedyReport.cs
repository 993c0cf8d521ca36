using System.Collections.Immutable;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>Something that is done about a violation.</summary>
/// <param name="What">moveOpenPoint, largerTransformer, parallelLine or headVoltage.</param>
/// <param name="Element">Where: of an open point the line that is closed.</param>
/// <param name="Detail">In words: which switch opens, what size.</param>
/// <param name="For">The element whose violation it mends.</param>
/// <param name="Cost">In the currency of the rules.</param>
public sealed record Remedy(string What, string Element, string Detail, string For, double Cost);

/// <summary>A side of the comparison.</summary>
/// <param name="Violations">Elements in violation in more than the rules' share of futures.</param>
/// <param name="LossesMwh">Over the study.</param>
/// <param name="ExpectedUnservedMwhPerYear">Of losses of one element.</param>
public sealed record RemediedSide(int Violations, Percentiles LossesMwh, double ExpectedUnservedMwhPerYear);

/// <summary>What it takes to mend the violations of a scenario, the free ones first.</summary>
/// <param name="Rules">Name of the country's rules.</param>
/// <param name="Source">Where their figures are from.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Year">Of the prices.</param>
/// <param name="Before">The scenario.</param>
/// <param name="After">The same futures solved again with every remedy.</param>
/// <param name="Capex">Cost of all.</param>
/// <param name="SavedPerYear">Losses saved and unserved energy avoided, at the rules' values, as if the study's days came all year: ask about a year. Negative where it costs.</param>
/// <param name="Rounds">How often it was solved again.</param>
/// <param name="Remedies">In the order they were found.</param>
/// <param name="Unmended">Elements still in violation.</param>
public sealed record RemedyReport(
    string Rules, string Source, string Currency, int Year, RemediedSide Before, RemediedSide After, double Capex, double SavedPerYear, int Rounds, ImmutableArray<Remedy> Remedies, ImmutableArray<string> Unmended)
{
    public string Note { get; } =
        "For each violation the cheapest remedy that clears it: an open point moved (free), else the smallest size that carries what no more futures than the rules bear exceed; for voltage the head's. Found one after the other, so all together need not be the cheapest there is. Verified by solving the same futures again.";
}
