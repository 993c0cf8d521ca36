using System.Collections.Immutable;

namespace MekongTwin.Scenarios.Studies;

/// <summary>What a line or transformer came to over the futures of a study.</summary>
/// <param name="Element">Which.</param>
/// <param name="LoadingPercent">Highest loading of each future.</param>
/// <param name="BaselineLoadingPercent">The same without levers; null where a lever adds the element.</param>
/// <param name="Probability">Share of futures in which it is overloaded by the criteria.</param>
/// <param name="HoursOver">Hours above the limit.</param>
/// <param name="Risk">Probability times the hours that are exceeded in 10 % of futures, h.</param>
public sealed record ElementOutcome(StudyElement Element, Percentiles LoadingPercent, Percentiles? BaselineLoadingPercent, double Probability, Percentiles HoursOver, double Risk);

/// <summary>A study's report and what is exported beside it.</summary>
/// <param name="Report">The answer.</param>
/// <param name="Violations">All of them, in the report's order.</param>
/// <param name="Elements">Lines and transformers by their numbers.</param>
public sealed record StudyResult(StudyReport Report, ImmutableArray<Violation> Violations, ImmutableArray<ElementOutcome> Elements)
{
    internal static StudyResult Of(StudyBase from, Scenario scenario, StudyElements elements, DateOnly first, FutureOutcome[] baseline, FutureOutcome[] outcome)
    {
        var criteria = from.Rules.Criteria;
        var violations = new ViolationSearch(baseline, outcome, elements, criteria, first).Rank();
        var ofCity = from.Elements.Grid.Network.Branches.Count;
        return new(StudyReport.Of(from, scenario, first, baseline, outcome, violations), [.. violations], [.. elements.Branches.Select((element, k) =>
        {
            Percentiles Loading(FutureOutcome[] futures) => Percentiles.Of([.. futures.Select(future => 100.0 * future.Elements.HighestLoading[k])]).Round(1);
            var over = Exceedance.Of(outcome, criteria, tally => tally.StepsOver[k]);
            return new ElementOutcome(element, Loading(outcome), k < ofCity ? Loading(baseline) : null, Math.Round(over.Probability, 4), over.Hours, Math.Round(over.Risk, 4));
        })]);
    }
}
