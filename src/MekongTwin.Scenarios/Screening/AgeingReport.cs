using System.Collections.Immutable;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>How a transformer ages over the study.</summary>
/// <param name="Transformer">Asset path.</param>
/// <param name="LostHours">Hours of normal life that the study's hours take.</param>
/// <param name="BaselineLostHours">The same without levers.</param>
/// <param name="HottestC">Highest temperature of the windings' hot spot, °C.</param>
public sealed record TransformerLife(string Transformer, Percentiles LostHours, Percentiles BaselineLostHours, Percentiles HottestC);

/// <summary>Ageing of the city's transformers after IEC 60076-7.</summary>
/// <param name="Rules">Name of the country's rules.</param>
/// <param name="Source">Where they are from.</param>
/// <param name="Insulation">plain or upgraded paper.</param>
/// <param name="Hours">Hours of the study: an hour at the normal rate takes an hour.</param>
/// <param name="FasterThanNormal">Transformers that lose more than the study's hours.</param>
/// <param name="BaselineFasterThanNormal">The same without levers.</param>
/// <param name="Transformers">Those that lose most in 10 % of futures first.</param>
public sealed record AgeingReport(
    string Rules, string Source, string Insulation, double Hours, Percentiles FasterThanNormal, Percentiles BaselineFasterThanNormal, ImmutableArray<TransformerLife> Transformers)
{
    /// <summary>More are counted, not listed in a study's report.</summary>
    public const int ListedMax = 200;

    public string Note { get; } = "IEC 60076-7, distribution transformer ONAN: 98 °C at rated load and 20 °C of air. The air is the city's; a transformer in a small room or full sun is hotter. Relative to normal life, not to what is left of it.";

    /// <summary>With those alone that lose most.</summary>
    internal AgeingReport Listed() => this with { Transformers = [.. Transformers.Take(ListedMax)] };

    internal static AgeingReport Of(StudyElements named, AgeingRules rules, double hours, FutureOutcome[] baseline, FutureOutcome[] outcome)
    {
        int[] transformers = [.. Enumerable.Range(0, named.Branches.Length).Where(k => named.Branches[k].Kind == "transformer")];
        var lives = transformers.Select(k => new TransformerLife(
            named.Branches[k].Name, Of(outcome, future => future.Elements.LostHours(k), 2), Of(baseline, future => future.Elements.LostHours(k), 2), Of(outcome, future => future.Elements.HottestC[k], 1)));
        Percentiles Faster(FutureOutcome[] futures) => Of(futures, future => transformers.Count(k => future.Elements.LostHours(k) > hours), 1);
        return new(
            rules.Name, rules.Source, rules.Insulation == Engines.Ageing.Insulation.Plain ? "plain" : "upgraded", hours, Faster(outcome), Faster(baseline),
            [.. lives.OrderByDescending(static life => life.LostHours.P90).ThenBy(static life => life.Transformer, StringComparer.Ordinal)]);
    }

    private static Percentiles Of(FutureOutcome[] futures, Func<FutureOutcome, double> figure, int digits) => Percentiles.Of([.. futures.Select(figure)]).Round(digits);
}
