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

/// <summary>One step of the first day, or one day's peak: MW.</summary>
public sealed record CurvePoint(string Time, Percentiles Baseline, Percentiles Scenario);

/// <summary>What the base was.</summary>
public sealed record ReportBase(string City, DateTimeOffset AsOf, string Cut, string Hash, Calibration Calibration);

/// <summary>
/// The answer to a scenario, which it carries in full: asked again it gives the same. It holds nothing of the run: the same base and scenario give
/// the same bytes.
/// </summary>
public sealed record StudyReport(
    string Name, ReportBase Base, Scenario Asked, string From, int Days, int Futures, long Seed, Criteria Criteria, Carbon? Carbon, StudySummary Baseline, StudySummary Scenario,
    ImmutableArray<CurvePoint> FirstDay, ImmutableArray<CurvePoint> DailyPeaks, int ViolationsInAll, ImmutableArray<Violation> Violations)
{
    /// <summary>More violations than these are counted, not listed.</summary>
    public const int ListedMax = 500;

    internal const double StepHours = 0.25;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public string Note { get; } = "P90 = exceeded in 10 % of futures; MV screening: the grid at low voltage is not solved";

    /// <summary>How many violations begin in each year, in the median of the futures that have them; null for a study within one year.</summary>
    public ImmutableSortedDictionary<string, int>? FirstYears { get; init; }

    /// <summary>Null when nothing was asked to be screened.</summary>
    public ScreeningReport? Screening { get; init; }

    /// <summary>As UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    internal static StudyReport Of(StudyBase from, Scenario scenario, DateOnly first, FutureOutcome[] baseline, FutureOutcome[] outcome, List<Violation> violations)
    {
        var criteria = from.Rules.Criteria;
        var least = Exceedance.LeastOf(criteria);
        return new(
            scenario.Name, new(from.City, from.AsOf, from.Cut, from.Hash, from.Calibration), scenario with { At = from.AsOf, From = first }, Text(first), scenario.Days, scenario.Futures, scenario.Seed, criteria, from.Rules.Carbon,
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
        Percentiles Of(Func<FutureOutcome, double> figure, int digits) => Percentiles.Of([.. futures.Select(figure)]).Round(digits);
        return new(
            Of(static future => future.PeakKw / 1000, 3), Of(static future => future.EnergyKwh / 1000, 3), Of(static future => future.LossesKwh / 1000, 3), Of(static future => future.UnservedKwh / 1000, 3),
            from.Rules.Carbon is { } carbon ? Of(future => future.EnergyKwh * carbon.KgPerKwh / 1000, 3) : null,
            Of(static future => future.Elements.LowestVm.Where(float.IsFinite).DefaultIfEmpty(0).Min(), 5),
            Of(future => Enumerable.Range(0, future.Elements.HighestLoading.Length).Count(branch => future.Elements.StepsOver[branch] >= least), 1),
            Of(future => Enumerable.Range(0, future.Elements.StepsLow.Length).Count(bus => future.Elements.StepsLow[bus] >= least || future.Elements.StepsHigh[bus] >= least), 1),
            futures.Sum(static future => (long)future.Unsolved));
    }

    private static CurvePoint Point(string time, FutureOutcome[] baseline, FutureOutcome[] outcome, Func<FutureOutcome, double> kw) =>
        new(time, Percentiles.Of([.. baseline.Select(future => kw(future) / 1000)]).Round(3), Percentiles.Of([.. outcome.Select(future => kw(future) / 1000)]).Round(3));

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
