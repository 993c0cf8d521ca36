namespace MekongTwin.Scenarios.Levers;

/// <summary>The load levers of every future: the very same for all where no figure is an estimate.</summary>
internal sealed class FutureLevers
{
    private readonly Scenario scenario;
    private readonly StudyBase from;
    private readonly ScenarioGrid grid;
    private readonly bool isExact;

    public FutureLevers(Scenario scenario, StudyBase from, ScenarioGrid grid)
    {
        (this.scenario, this.from, this.grid) = (scenario, from, grid);
        isExact = scenario.Drawn(0).Levers.SequenceEqual(scenario.Levers);
        Likely = LoadLevers.Apply(scenario, from, grid);
    }

    /// <summary>Every estimate as it is likely.</summary>
    public LoadLevers Likely { get; }

    public LoadLevers Of(int future) => isExact ? Likely : LoadLevers.Apply(scenario.Drawn(future), from, grid);
}
