using MekongTwin.Engines.Demand;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Scenarios.Studies;

/// <summary>A scenario on a base: solved, and the same futures without levers beside it.</summary>
public static class StudyRun
{
    /// <summary>Checks a scenario against a base without solving anything.</summary>
    /// <exception cref="ScenarioException">It cannot be; the message names the field.</exception>
    public static void Check(StudyBase from, Scenario scenario) => Plan(from, scenario);

    /// <param name="from">Where it starts.</param>
    /// <param name="scenario">What is asked.</param>
    /// <param name="threads">Threads to use; the answer does not depend on it.</param>
    /// <param name="progress">Told the share that is done, from any thread.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="ScenarioException">It cannot be; the message names the field.</exception>
    public static StudyReport Run(StudyBase from, Scenario scenario, int threads, Action<double>? progress = null, CancellationToken ct = default)
    {
        Check(from, scenario);
        var share = scenario.Levers.IsEmpty ? 1 : 0.5;
        var baseline = Solve(from, scenario with { Levers = [] }, threads, done => progress?.Invoke(done * share), ct);
        var outcome = scenario.Levers.IsEmpty ? baseline : Solve(from, scenario, threads, done => progress?.Invoke(0.5 + (done * share)), ct);
        return StudyReport.Of(from, scenario, FirstDay(from, scenario), baseline.Futures, outcome.Futures) with { Screening = ScreeningReport.Of(from, scenario, baseline, outcome, threads, ct) };
    }

    /// <summary>One side: the futures of a scenario.</summary>
    internal static StudiedSide Solve(StudyBase from, Scenario scenario, int threads, Action<double>? progress, CancellationToken ct)
    {
        var plan = Plan(from, scenario);
        return new(GridLevers.Apply(scenario, from.Elements), plan, Study.Run(plan, threads, progress, ct), FirstDay(from, scenario));
    }

    internal static DateOnly FirstDay(StudyBase from, Scenario scenario) => scenario.From ?? DateOnly.FromDateTime(from.AsOf.DateTime);

    private static StudyPlan Plan(StudyBase from, Scenario scenario)
    {
        Need(scenario);
        var elements = from.Elements;
        var network = GridLevers.Apply(scenario, elements);
        var levers = LoadLevers.Apply(scenario, from);
        var feeders = FeederGrid.Split(network);
        var baseKva = network.BaseMva * 1000;
        return new(feeders, network.Buses.Count, network.Branches.Count, baseKva, new DemandLoads(levers, feeders, new WeatherGenerator(from.Climate, scenario.Seed), scenario.Seed, FirstDay(from, scenario), baseKva), scenario.Days, scenario.Futures, from.Rules.Criteria)
        {
            FirstTransformer = elements.Grid.City.Lines.Length,
            Ageing = scenario.Screens.Contains(Screen.Ageing) ? from.Rules.Ageing : null,
            Hosting = scenario.Screens.Contains(Screen.Hosting) ? from.Rules.Hosting : null,
            Outages = [.. scenario.Levers.Select((lever, i) => (lever, i)).Where(static pair => pair.lever is Outage).Select(pair => Place((Outage)pair.lever, elements, $"levers[{pair.i}].element"))],
        };
    }

    private static PlannedOutage Place(Outage outage, CityElements elements, string field) =>
        new(elements.Branch(outage.Element, field), (int)(outage.FromHour * 4), (int)Math.Ceiling(outage.ToHour * 4));

    private static void Need(Scenario scenario)
    {
        if (scenario.Days is < 1 or > Scenario.DaysMax) throw new ScenarioException("days", $"{scenario.Days} is outside 1 to {Scenario.DaysMax}");
        if (scenario.Futures is < 1 or > Scenario.FuturesMax) throw new ScenarioException("futures", $"{scenario.Futures} is outside 1 to {Scenario.FuturesMax}");
        if ((long)scenario.Days * scenario.Futures > Scenario.FutureDaysMax) throw new ScenarioException("futures", $"{scenario.Futures} futures of {scenario.Days} days are more than {Scenario.FutureDaysMax} days in all; ask for fewer futures or days");
    }
}
