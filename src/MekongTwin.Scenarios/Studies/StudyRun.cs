using MekongTwin.Engines.Demand;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Scenarios.Studies;

/// <summary>A scenario on a base: solved, and the same futures without levers beside it.</summary>
public static class StudyRun
{
    /// <summary>Elements times futures of a study: about 2 GB with its baseline.</summary>
    private const long TalliesMax = 25_000_000;

    /// <summary>Checks a scenario against a base without solving anything.</summary>
    /// <exception cref="ScenarioException">It cannot be; the message names the field.</exception>
    public static void Check(StudyBase from, Scenario scenario) => _ = Plan(from, scenario);

    /// <param name="from">Where it starts.</param>
    /// <param name="scenario">What is asked.</param>
    /// <param name="threads">Threads to use; the answer does not depend on it.</param>
    /// <param name="progress">Told the share that is done, from any thread.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="ScenarioException">It cannot be; the message names the field.</exception>
    public static StudyResult Solve(StudyBase from, Scenario scenario, int threads, Action<double>? progress = null, CancellationToken ct = default)
    {
        var asked = Plan(from, scenario);
        var share = scenario.Levers.IsEmpty ? 1 : 0.5;
        // Both sides have room for what levers add.
        var still = Plan(from, scenario with { Levers = [] });
        var baseline = Solve(from, still with { Plan = still.Plan with { Buses = asked.Plan.Buses, Branches = asked.Plan.Branches } }, scenario, threads, done => progress?.Invoke(done * share), ct);
        var outcome = scenario.Levers.IsEmpty ? baseline : Solve(from, asked, scenario, threads, done => progress?.Invoke(0.5 + (done * share)), ct);
        var result = StudyResult.Of(from, scenario, asked.Named, FirstDay(from, scenario), baseline.Futures, outcome.Futures);
        return result with { Report = result.Report with { Screening = ScreeningReport.Of(from, scenario, baseline, outcome, threads, ct) } };
    }

    /// <summary>The report alone of <see cref="Solve"/>.</summary>
    /// <exception cref="ScenarioException">It cannot be; the message names the field.</exception>
    public static StudyReport Run(StudyBase from, Scenario scenario, int threads, Action<double>? progress = null, CancellationToken ct = default) => Solve(from, scenario, threads, progress, ct).Report;

    internal static DateOnly FirstDay(StudyBase from, Scenario scenario) => scenario.From ?? DateOnly.FromDateTime(from.AsOf.DateTime);

    /// <summary>One more scenario on the base, solved alone.</summary>
    internal static StudiedSide SolveSide(StudyBase from, Scenario scenario, int threads, CancellationToken ct) => Solve(from, Plan(from, scenario), scenario, threads, null, ct);

    private static StudiedSide Solve(StudyBase from, Planned planned, Scenario scenario, int threads, Action<double>? progress, CancellationToken ct) =>
        new(planned.Grid, planned.Named, planned.Plan, Study.Run(planned.Plan, threads, progress, ct), FirstDay(from, scenario));

    private static Planned Plan(StudyBase from, Scenario scenario)
    {
        Need(from, scenario);
        var elements = from.Elements;
        var grid = GridLevers.Apply(scenario, elements);
        var (network, named) = (grid.Network, new StudyElements(elements, grid));
        var levers = new FutureLevers(scenario, from, grid);
        var feeders = FeederGrid.Split(network);
        var baseKva = network.BaseMva * 1000;
        var loads = new DemandLoads(levers, feeders, Batteries(scenario, elements, feeders), new WeatherGenerator(from.Climate, scenario.Seed, from.Today), scenario.Seed, FirstDay(from, scenario), baseKva);
        var outages = scenario.Levers.Select(static (lever, i) => (Lever: lever, Field: $"levers[{i}].element")).Where(static pair => pair.Lever is Outage).Select(pair => (Outage: Place((Outage)pair.Lever, elements, pair.Field), pair.Field)).ToList();
        Need(feeders, outages);
        return new(grid, named, new(feeders, network.Buses.Count, network.Branches.Count, baseKva, loads, scenario.Days, scenario.Futures, from.Rules.Criteria)
        {
            Ageing = scenario.Screens.Contains(Screen.Ageing) ? from.Rules.Ageing : null,
            Hosting = scenario.Screens.Contains(Screen.Hosting) ? from.Rules.Hosting : null,
            IsLine = [.. named.Branches.Select(static branch => branch.Kind == "line")],
            Outages = [.. outages.Select(static pair => pair.Outage)],
        });
    }

    /// <summary>The batteries of each feeder, in the order of their levers.</summary>
    private static PlacedBattery[][] Batteries(Scenario scenario, CityElements elements, FeederGrid[] feeders)
    {
        var batteries = feeders.Select(static _ => new List<PlacedBattery>()).ToArray();
        for (var i = 0; i < scenario.Levers.Length; i++)
        {
            if (scenario.Levers[i] is not BatteryStorage storage) continue;
            var branch = elements.Branch(storage.At, $"levers[{i}].at");
            var placed = feeders.Select((feeder, f) => (Battery: PlacedBattery.In(feeder, storage, branch), Feeder: f)).FirstOrDefault(static pair => pair.Battery is not null);
            if (placed.Battery is null) throw new ScenarioException($"levers[{i}].at", $"'{storage.At}' feeds nothing: it stands open or is without supply");
            if (storage.Kwh > 0) batteries[placed.Feeder].Add(placed.Battery);
        }
        return [.. batteries.Select(static list => list.ToArray())];
    }

    private static PlannedOutage Place(Outage outage, CityElements elements, string field) =>
        new(elements.Branch(outage.Element, field), (int)(outage.FromHour * 4), (int)Math.Ceiling(outage.ToHour * 4));

    /// <summary>A feeder's day has one open branch a step.</summary>
    private static void Need(FeederGrid[] feeders, List<(PlannedOutage Outage, string Field)> outages)
    {
        for (var i = 1; i < outages.Count; i++)
        {
            var (outage, field) = outages[i];
            var feeder = feeders.FirstOrDefault(feeder => feeder.Branches.Contains(outage.Branch));
            if (feeder is null) continue;
            foreach (var (other, _) in outages[..i])
            {
                if (other.Branch == outage.Branch || other.ToStep <= outage.FromStep || outage.ToStep <= other.FromStep || !feeder.Branches.Contains(other.Branch)) continue;
                throw new ScenarioException(field, "is on a feeder of which another element is out at the same hours; take the one nearer to the head, or other hours");
            }
        }
    }

    private static void Need(StudyBase from, Scenario scenario)
    {
        if (scenario.Days is < 1 or > Scenario.DaysMax) throw new ScenarioException("days", $"{scenario.Days} is outside 1 to {Scenario.DaysMax}");
        if (scenario.Futures is < 1 or > Scenario.FuturesMax) throw new ScenarioException("futures", $"{scenario.Futures} is outside 1 to {Scenario.FuturesMax}");
        if ((long)scenario.Days * scenario.Futures > Scenario.FutureDaysMax) throw new ScenarioException("futures", $"{scenario.Futures} futures of {scenario.Days} days are more than {Scenario.FutureDaysMax} days in all; ask for fewer futures or days");
        var network = from.Elements.Grid.Network;
        var elements = network.Buses.Count + network.Branches.Count;
        if ((long)scenario.Futures * elements > TalliesMax) throw new ScenarioException("futures", $"{scenario.Futures} futures of {elements} elements are more than {TalliesMax} tallies; ask for fewer futures");
    }

    /// <summary>A scenario made ready.</summary>
    private sealed record Planned(ScenarioGrid Grid, StudyElements Named, StudyPlan Plan);
}
