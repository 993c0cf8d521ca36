namespace MekongTwin.Scenarios.Countries;

/// <summary>What panels may do to a feeder, beside the criteria's highest voltage and loading.</summary>
/// <param name="Name">Printed with the answer.</param>
/// <param name="Source">Where the figures are from, and what is assumed.</param>
/// <param name="LowVoltageRisePu">Kept free below the highest voltage for the rise in the low-voltage grid, which is not solved, pu.</param>
/// <param name="FromHour">Panels may be at full power from this hour of the day on.</param>
/// <param name="ToHour">And until this one.</param>
public sealed record HostingRules(string Name, string Source, double LowVoltageRisePu, double FromHour, double ToHour)
{
    /// <summary>Quarters of an hour of a day that begin in those hours.</summary>
    internal IEnumerable<int> Steps => Enumerable.Range((int)(4 * FromHour), (int)(4 * ToHour) - (int)(4 * FromHour));
}
