using System.Collections.Immutable;

namespace MekongTwin.Scenarios.Countries;

/// <summary>A value may lie beyond this for at most so many hours of a day; 0 is never.</summary>
public sealed record Allowance(double Beyond, double HoursMax);

/// <summary>How often things fail, a year.</summary>
/// <param name="LinePerKm">Of a line's length.</param>
/// <param name="Transformer">Of one transformer.</param>
/// <param name="Head">Of a feeder's supply: its breaker, its bay, its busbar.</param>
public sealed record FailuresPerYear(double LinePerKm, double Transformer, double Head);

/// <summary>From the fault until what failed carries load again, h.</summary>
public sealed record RepairHours(double Line, double Transformer, double Head);

/// <summary>What a grid has to bear after a loss, and how losses go. The voltage band is the criteria's after a contingency.</summary>
/// <param name="Name">Printed with the answer.</param>
/// <param name="Source">Where the figures are from, and what is assumed.</param>
/// <param name="LinePercent">Emergency loading of lines, ascending.</param>
/// <param name="VoltageHoursMax">Hours of a day that a bus may be outside the band after a contingency.</param>
/// <param name="SwitchingMinutes">From the fault until switching is done; before, only the feeder's breaker has opened.</param>
/// <param name="Failures">How often.</param>
/// <param name="Repair">How long.</param>
public sealed record ContingencyRules(
    string Name, string Source, ImmutableArray<Allowance> LinePercent, double VoltageHoursMax, double SwitchingMinutes, FailuresPerYear Failures, RepairHours Repair);
