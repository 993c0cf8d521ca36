using System.Collections.Immutable;
using MekongTwin.Scenarios.Countries;

namespace MekongTwin.Scenarios.Studies;

/// <summary>A branch of the whole grid that is out of service between two steps of every day.</summary>
internal readonly record struct PlannedOutage(int Branch, int FromStep, int ToStep);

/// <summary>What is solved: a grid as feeders, the loads of its futures, what is out, and what counts as a violation.</summary>
internal sealed record StudyPlan(FeederGrid[] Feeders, int Buses, int Branches, double BaseKva, IFutureLoads Loads, int Days, int Futures, Criteria Criteria)
{
    /// <summary>Which branches are lines; the others are transformers.</summary>
    public required bool[] IsLine { get; init; }

    /// <summary>How transformers age; null when it is not asked for.</summary>
    public AgeingRules? Ageing { get; init; }

    /// <summary>When panels may be at full power; null when it is not asked for.</summary>
    public HostingRules? Hosting { get; init; }

    public ImmutableArray<PlannedOutage> Outages { get; init; } = [];

    public ElementTally MakeTally() => new(Buses, Branches, Ageing is not null);
}
