using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Scenarios.Studies;

/// <summary>A city's futures in one line. Percentiles are over futures: P90 is exceeded in 10 % of them.</summary>
/// <param name="PeakMw">Highest power that enters the feeders in a quarter of an hour.</param>
/// <param name="EnergyMwh">That enters in all.</param>
/// <param name="LossesMwh">Of lines and transformers.</param>
/// <param name="UnservedMwh">Not delivered for outages.</param>
/// <param name="Co2T">Energy times the country's average factor; null where it has none.</param>
/// <param name="LowestVm">Lowest voltage, pu.</param>
/// <param name="Overloaded">Lines and transformers in violation.</param>
/// <param name="OutOfVoltage">Buses in violation.</param>
/// <param name="UnsolvedSteps">Steps of feeders without a solution, over all futures: a collapse of voltage.</param>
public sealed record StudySummary(
    Percentiles PeakMw, Percentiles EnergyMwh, Percentiles LossesMwh, Percentiles UnservedMwh, Percentiles? Co2T, Percentiles LowestVm, Percentiles Overloaded, Percentiles OutOfVoltage, long UnsolvedSteps);

/// <summary>An element that violates the criteria in some futures.</summary>
/// <param name="Element">Line id or asset path.</param>
/// <param name="Kind">line or transformer.</param>
/// <param name="What">loading, lowVoltage or highVoltage.</param>
/// <param name="Probability">Share of futures with a violation.</param>
/// <param name="BaselineProbability">The same without levers.</param>
/// <param name="Hours">Hours outside.</param>
/// <param name="Worst">Highest loading in %, lowest or highest voltage in pu.</param>
/// <param name="FirstDay">Earliest day of a violation in the median of the futures that have one.</param>
public sealed record Violation(string Element, string Kind, string What, double Probability, double BaselineProbability, Percentiles Hours, Percentiles Worst, string FirstDay);

/// <summary>One step of the first day, or one day's peak: MW.</summary>
public sealed record CurvePoint(string Time, Percentiles Baseline, Percentiles Scenario);

/// <summary>What the base was.</summary>
public sealed record ReportBase(string City, DateTimeOffset AsOf, string Cut, string Hash, Calibration Calibration);

/// <summary>The answer to a scenario. It holds nothing of the run: the same base and scenario give the same bytes.</summary>
public sealed record StudyReport(
    string Name, ReportBase Base, string From, int Days, int Futures, long Seed, Criteria Criteria, Carbon? Carbon, StudySummary Baseline, StudySummary Scenario,
    ImmutableArray<CurvePoint> FirstDay, ImmutableArray<CurvePoint> DailyPeaks, int ViolationsInAll, ImmutableArray<Violation> Violations)
{
    /// <summary>More violations than these are counted, not listed.</summary>
    public const int ListedMax = 500;

    private const double StepHours = 0.25;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string Note { get; } = "P90 = exceeded in 10 % of futures; MV screening: the grid at low voltage is not solved";

    /// <summary>How many violations begin in each year, in the median of the futures that have them; null for a study within one year.</summary>
    public ImmutableSortedDictionary<string, int>? FirstYears { get; init; }

    /// <summary>Null when nothing was asked to be screened.</summary>
    public ScreeningReport? Screening { get; init; }

    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    internal static StudyReport Of(StudyBase from, Scenario scenario, DateOnly first, FutureOutcome[] baseline, FutureOutcome[] outcome)
    {
        var criteria = from.Rules.Criteria;
        var least = criteria.LeastSteps;
        var violations = Rank(from, first, least, baseline, outcome);
        return new(
            scenario.Name, new(from.City, from.AsOf, from.Cut, from.Hash, from.Calibration), Text(first), scenario.Days, scenario.Futures, scenario.Seed, criteria, from.Rules.Carbon,
            Summarise(baseline, from, least), Summarise(outcome, from, least),
            [.. Enumerable.Range(0, IFutureLoads.Steps).Select(step => Point(first.ToDateTime(default).AddMinutes(15 * step).ToString("s", CultureInfo.InvariantCulture), baseline, outcome, future => future.FirstDayKw[step]))],
            [.. Enumerable.Range(0, scenario.Days).Select(day => Point(Text(first.AddDays(day)), baseline, outcome, future => future.DailyPeakKw[day]))],
            violations.Count, [.. violations.Take(ListedMax)])
        {
            FirstYears = first.Year == first.AddDays(scenario.Days - 1).Year ? null : violations.GroupBy(static violation => violation.FirstDay[..4], StringComparer.Ordinal).ToImmutableSortedDictionary(static year => year.Key, static year => year.Count(), StringComparer.Ordinal),
        };
    }

    private static StudySummary Summarise(FutureOutcome[] futures, StudyBase from, int least)
    {
        Percentiles Of(Func<FutureOutcome, double> figure, int digits) => Round(Percentiles.Of([.. futures.Select(figure)]), digits);
        return new(
            Of(static future => future.PeakKw / 1000, 3), Of(static future => future.EnergyKwh / 1000, 3), Of(static future => future.LossesKwh / 1000, 3), Of(static future => future.UnservedKwh / 1000, 3),
            from.Rules.Carbon is { } carbon ? Of(future => future.EnergyKwh * carbon.KgPerKwh / 1000, 3) : null,
            Of(static future => future.Elements.LowestVm.Where(float.IsFinite).DefaultIfEmpty(0).Min(), 5),
            Of(future => Enumerable.Range(0, future.Elements.HighestLoading.Length).Count(branch => future.Elements.StepsOver[branch] >= least), 1),
            Of(future => Enumerable.Range(0, future.Elements.StepsLow.Length).Count(bus => future.Elements.StepsLow[bus] >= least || future.Elements.StepsHigh[bus] >= least), 1),
            futures.Sum(static future => (long)future.Unsolved));
    }

    /// <summary>What the levers add to the risk first, then the highest risk, then by id. Risk is probability times the hours that are exceeded in 10 % of futures.</summary>
    private static List<Violation> Rank(StudyBase from, DateOnly first, int least, FutureOutcome[] baseline, FutureOutcome[] outcome)
    {
        var (elements, found) = (from.Elements, new List<(Violation Violation, double Risk, double Before)>());
        var lines = elements.Grid.City.Lines.Length;
        for (var branch = 0; branch < elements.Names.Length; branch++)
        {
            var kind = branch < lines ? "line" : "transformer";
            Take(elements.Names[branch], kind, "loading", future => future.Elements.StepsOver[branch], future => 100.0 * future.Elements.HighestLoading[branch], future => future.Elements.FirstDayOfBranch[branch], 1);
        }
        for (var bus = 0; bus < elements.Grid.Network.Buses.Count; bus++)
        {
            var nodes = elements.Grid.City.Nodes.Length;
            var (name, kind) = bus < nodes ? (elements.Grid.City.Nodes[bus].Id, "node") : (elements.Names[lines + bus - nodes], "transformer");
            Take(name, kind, "lowVoltage", future => future.Elements.StepsLow[bus], future => future.Elements.LowestVm[bus], future => future.Elements.FirstDayOfBus[bus], 4);
            Take(name, kind, "highVoltage", future => future.Elements.StepsHigh[bus], future => future.Elements.HighestVm[bus], future => future.Elements.FirstDayOfBus[bus], 4);
        }
        return [.. found.OrderByDescending(static v => Math.Max(0, v.Risk - v.Before)).ThenByDescending(static v => v.Risk).ThenBy(static v => v.Violation.Element, StringComparer.Ordinal).ThenBy(static v => v.Violation.What, StringComparer.Ordinal).Select(static v => v.Violation)];

        void Take(string name, string kind, string what, Func<FutureOutcome, int> steps, Func<FutureOutcome, double> worst, Func<FutureOutcome, int> firstDay, int digits)
        {
            var hit = outcome.Count(future => steps(future) >= least);
            if (hit == 0) return;
            var days = outcome.Where(future => steps(future) >= least).Select(firstDay).Order().ToList();
            var (probability, before) = ((double)hit / outcome.Length, (double)baseline.Count(future => steps(future) >= least) / baseline.Length);
            Percentiles Hours(FutureOutcome[] futures) => Round(Percentiles.Of([.. futures.Select(future => steps(future) * StepHours)]), 2);
            var hours = Hours(outcome);
            found.Add((new(
                name, kind, what, Math.Round(probability, 4), Math.Round(before, 4), hours, Round(Percentiles.Of([.. outcome.Select(worst)]), digits), Text(first.AddDays(Math.Max(0, days[days.Count / 2])))),
                probability * hours.P90, before * Hours(baseline).P90));
        }
    }

    private static CurvePoint Point(string time, FutureOutcome[] baseline, FutureOutcome[] outcome, Func<FutureOutcome, double> kw) =>
        new(time, Round(Percentiles.Of([.. baseline.Select(future => kw(future) / 1000)]), 3), Round(Percentiles.Of([.. outcome.Select(future => kw(future) / 1000)]), 3));

    private static Percentiles Round(Percentiles value, int digits) => new(Rounded(value.P10, digits), Rounded(value.P50, digits), Rounded(value.P90, digits));

    private static double Rounded(double value, int digits) => double.IsFinite(value) ? Math.Round(value, digits) : 0;

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
