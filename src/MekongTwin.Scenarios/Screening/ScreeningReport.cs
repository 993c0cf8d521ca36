using System.Text.Json;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>What a scenario may ask for beyond the violations.</summary>
public enum Screen
{
    /// <summary>The loss of every feeder, line and transformer, one at a time, with restoration.</summary>
    N1,

    /// <summary>What every feeder takes of panels.</summary>
    Hosting,

    /// <summary>The ageing of every transformer.</summary>
    Ageing,

    /// <summary>What it takes to mend the violations, and what it costs.</summary>
    Remedies,
}

public static class ScreenNames
{
    /// <summary>As scenarios and files have it.</summary>
    public static string NameOf(this Screen screen) => JsonNamingPolicy.CamelCase.ConvertName(screen.ToString());
}

/// <summary>The answers to what a scenario asked to be screened.</summary>
/// <param name="N1">Null when it was not asked for; so are the others.</param>
/// <param name="Hosting">Hosting capacity.</param>
/// <param name="Ageing">Ageing of transformers.</param>
/// <param name="Remedies">What mends the violations.</param>
public sealed record ScreeningReport(N1Report? N1, HostingReport? Hosting, AgeingReport? Ageing, RemedyReport? Remedies)
{
    /// <summary>Screens what is asked; null when nothing is.</summary>
    /// <param name="from">The base.</param>
    /// <param name="scenario">What is asked.</param>
    /// <param name="baseline">The side without levers.</param>
    /// <param name="outcome">The side with them; the very same when there are none.</param>
    /// <param name="threads">Threads to share the work; the answer does not depend on it.</param>
    /// <param name="begun">Told what is screened next.</param>
    /// <param name="ct">Stops it.</param>
    internal static ScreeningReport? Of(StudyBase from, Scenario scenario, StudiedSide baseline, StudiedSide outcome, int threads, Action<Screen>? begun, CancellationToken ct)
    {
        if (scenario.Screens.IsEmpty) return null;
        var rules = from.Rules;
        return new(
            Asked(Screen.N1) ? ScreenN1(from, scenario, baseline, outcome, threads, ct) : null,
            Asked(Screen.Hosting) ? new HostingScreening(outcome, scenario.Seed, rules.Criteria, rules.Hosting).Run(threads, ct) : null,
            Asked(Screen.Ageing) ? AgeingReport.Of(outcome.Named, rules.Ageing, 24.0 * scenario.Days, baseline.Futures, outcome.Futures) : null,
            Asked(Screen.Remedies) ? Mend(from, scenario, outcome, threads, ct) : null);

        bool Asked(Screen screen)
        {
            if (!scenario.Screens.Contains(screen)) return false;
            begun?.Invoke(screen);
            return true;
        }
    }

    /// <summary>What a study's report lists of it.</summary>
    internal ScreeningReport Listed() => this with { N1 = N1?.Listed(), Ageing = Ageing?.Listed() };

    private static N1Report ScreenN1(StudyBase from, Scenario scenario, StudiedSide baseline, StudiedSide outcome, int threads, CancellationToken ct)
    {
        var (after, day) = Losses(from, scenario.Levers, outcome, threads, ct);
        var before = ReferenceEquals(baseline, outcome) ? after : Losses(from, [], baseline, threads, ct).Losses;
        return N1Report.Of(from.Elements, outcome.Named, from.Rules.Contingency, outcome.First.AddDays(day), before, after);
    }

    private static (Loss[] Losses, int Day) Losses(StudyBase from, IReadOnlyList<Lever> levers, StudiedSide side, int threads, CancellationToken ct)
    {
        var day = StudiedDay.PeakOf(side.Plan, side.Futures);
        return (ContingencyScreening.Run(from.Elements, side.Named, new SwitchedGrid(from.Elements, side.Grid, levers), day, from.Rules.Criteria, from.Rules.Contingency, threads, ct), day.Day);
    }

    private static RemedyReport Mend(StudyBase from, Scenario scenario, StudiedSide outcome, int threads, CancellationToken ct)
    {
        var search = new RemedySearch(from, scenario, from.Rules.Remedies, mended => StudyRun.SolveSide(from, mended with { Screens = [] }, threads, ct));
        return search.Run(outcome, side => Losses(from, scenario.Levers, side, threads, ct).Losses.Sum(static loss => loss.MwhPerYear));
    }
}

/// <summary>A study with or without levers: what was solved, and what came out.</summary>
internal sealed record StudiedSide(ScenarioGrid Grid, StudyElements Named, StudyPlan Plan, FutureOutcome[] Futures, DateOnly First);
