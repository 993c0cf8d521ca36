using System.Collections.Immutable;
using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Scenarios.Studies;

/// <summary>What a line or transformer came to over the futures of a study.</summary>
/// <param name="Element">Which.</param>
/// <param name="LoadingPercent">Highest loading of each future.</param>
/// <param name="BaselineLoadingPercent">The same without levers; null where a lever adds the element.</param>
/// <param name="Probability">Share of futures in which it is overloaded by the criteria.</param>
/// <param name="HoursOver">Hours above the limit.</param>
/// <param name="Risk">Probability times the hours that are exceeded in 10 % of futures, h.</param>
public sealed record ElementOutcome(StudyElement Element, Percentiles LoadingPercent, Percentiles? BaselineLoadingPercent, double Probability, Percentiles HoursOver, double Risk);

/// <summary>The lines that a feeder feeds.</summary>
/// <param name="Name">Asset path, or the head that a lever adds.</param>
/// <param name="Lines">Those whose place is known.</param>
public sealed record StudyFeeder(string Name, ImmutableArray<StudyElement> Lines);

/// <summary>A study's report and what is exported beside it.</summary>
/// <param name="Report">The answer.</param>
/// <param name="Violations">All of them, in the report's order.</param>
/// <param name="Elements">Lines and transformers by their numbers.</param>
/// <param name="Feeders">By their numbers.</param>
public sealed record StudyResult(StudyReport Report, ImmutableArray<Violation> Violations, ImmutableArray<ElementOutcome> Elements, ImmutableArray<StudyFeeder> Feeders)
{
    /// <summary>All that was screened; null when nothing was asked to be.</summary>
    public ScreeningReport? Screening { get; init; }

    internal static StudyResult Of(StudyBase from, Scenario scenario, StudiedSide without, StudiedSide with)
    {
        var (elements, first, baseline, outcome) = (with.Named, with.First, without.Futures, with.Futures);
        var criteria = from.Rules.Criteria;
        var violations = new ViolationSearch(baseline, outcome, elements, criteria, first).Rank();
        var ofCity = from.Elements.Grid.Network.Branches.Count;
        return new(StudyReport.Of(from, scenario, first, baseline, outcome, violations), [.. violations], [.. elements.Branches.Select((element, k) =>
        {
            Percentiles Loading(FutureOutcome[] futures) => Percentiles.Of([.. futures.Select(future => 100.0 * future.Elements.HighestLoading[k])]).Round(1);
            var over = Exceedance.Of(outcome, criteria, tally => tally.StepsOver[k]);
            return new ElementOutcome(element, Loading(outcome), k < ofCity ? Loading(baseline) : null, Math.Round(over.Probability, 4), over.Hours, Math.Round(over.Risk, 4));
        })], [.. with.Plan.Feeders.Select((feeder, f) => new StudyFeeder(elements.FeederName(f), [.. feeder.Branches.Select(branch => elements.Branches[branch]).Where(static element => element.HasLine)]))]);
    }
}
