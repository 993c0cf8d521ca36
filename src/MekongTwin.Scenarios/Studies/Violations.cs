using System.Globalization;
using MekongTwin.Scenarios.Countries;

namespace MekongTwin.Scenarios.Studies;

/// <summary>An element that violates the criteria in some futures.</summary>
/// <param name="Element">Line id or asset path.</param>
/// <param name="Kind">line, transformer or node.</param>
/// <param name="What">loading, lowVoltage or highVoltage.</param>
/// <param name="Probability">Share of futures with a violation.</param>
/// <param name="BaselineProbability">The same without levers.</param>
/// <param name="Hours">Hours outside.</param>
/// <param name="Worst">Highest loading in %, lowest or highest voltage in pu.</param>
/// <param name="FirstDay">Earliest day of a violation in the median of the futures that have one.</param>
public sealed record Violation(string Element, string Kind, string What, double Probability, double BaselineProbability, Percentiles Hours, Percentiles Worst, string FirstDay);

/// <summary>What one kind of violation of one element came to in each future.</summary>
/// <param name="Steps">Steps outside.</param>
/// <param name="LeastSteps">Fewer are no violation.</param>
internal readonly record struct Exceedance(int[] Steps, int LeastSteps)
{
    /// <summary>Share of futures with a violation.</summary>
    public double Probability => (double)Hits / Steps.Length;

    public Percentiles Hours => Percentiles.Of([.. Steps.Select(static steps => steps * StudyReport.StepHours)]).Round(2);

    /// <summary>Probability times the hours that are exceeded in 10 % of futures, h.</summary>
    public double Risk => Probability * Hours.P90;

    public int Hits
    {
        get
        {
            var least = LeastSteps;
            return Steps.Count(steps => steps >= least);
        }
    }

    /// <summary>A future violates when it is outside for at least the criteria's least duration.</summary>
    public static Exceedance Of(FutureOutcome[] futures, Criteria criteria, Func<ElementTally, int> steps) => new([.. futures.Select(future => steps(future.Elements))], LeastOf(criteria));

    public static int LeastOf(Criteria criteria) => Math.Max(1, (int)Math.Ceiling(criteria.LeastHours / StudyReport.StepHours));
}

/// <summary>Finds the violations of a study.</summary>
internal sealed class ViolationSearch(FutureOutcome[] baseline, FutureOutcome[] outcome, StudyElements elements, Criteria criteria, DateOnly first)
{
    private readonly List<(Violation Violation, double Risk, double Before)> found = [];

    /// <summary>What the levers add to the risk first, then the highest risk, then by id.</summary>
    public List<Violation> Rank()
    {
        for (var branch = 0; branch < elements.Branches.Length; branch++)
        {
            var k = branch;
            Take(elements.Branches[k], "loading", tally => tally.StepsOver[k], tally => 100.0 * tally.HighestLoading[k], tally => tally.FirstDayOfBranch[k], 1);
        }
        for (var bus = 0; bus < elements.Buses.Length; bus++)
        {
            var i = bus;
            Take(elements.Buses[i], "lowVoltage", tally => tally.StepsLow[i], tally => tally.LowestVm[i], tally => tally.FirstDayOfBus[i], 4);
            Take(elements.Buses[i], "highVoltage", tally => tally.StepsHigh[i], tally => tally.HighestVm[i], tally => tally.FirstDayOfBus[i], 4);
        }
        return [.. found.OrderByDescending(static v => Math.Max(0, v.Risk - v.Before)).ThenByDescending(static v => v.Risk).ThenBy(static v => v.Violation.Element, StringComparer.Ordinal).ThenBy(static v => v.Violation.What, StringComparer.Ordinal).Select(static v => v.Violation)];
    }

    private void Take(StudyElement element, string what, Func<ElementTally, int> steps, Func<ElementTally, double> worst, Func<ElementTally, int> firstDay, int digits)
    {
        var after = Exceedance.Of(outcome, criteria, steps);
        if (after.Hits == 0) return;
        var before = Exceedance.Of(baseline, criteria, steps);
        var days = outcome.Where(future => steps(future.Elements) >= after.LeastSteps).Select(future => firstDay(future.Elements)).Order().ToList();
        found.Add((new(
            element.Name, element.Kind, what, Math.Round(after.Probability, 4), Math.Round(before.Probability, 4), after.Hours, Percentiles.Of([.. outcome.Select(future => worst(future.Elements))]).Round(digits),
            first.AddDays(Math.Max(0, days[days.Count / 2])).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)), after.Risk, before.Risk));
    }
}
