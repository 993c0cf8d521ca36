using System.Collections.Immutable;
using System.Globalization;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Exports;

/// <summary>A file that a study is taken away as.</summary>
public sealed record StudyExport(string Name, byte[] Bytes);

/// <summary>The files of a study for spreadsheets and maps. The same result gives the same bytes.</summary>
public static class StudyExports
{
    private const string Violations = "violations.csv";
    private const string Curve = "curve.csv";
    private const string Days = "days.csv";
    private const string Elements = "elements.geojson";

    /// <summary>Their names; a study has those of what it screened.</summary>
    public static ImmutableArray<string> Names { get; } = [Violations, Curve, Days, Elements, .. Enum.GetValues<Screen>().Select(NameOf)];

    /// <summary>What must be screened to have a file; null for one that every study has.</summary>
    public static Screen? ScreenOf(string name) => Enum.GetValues<Screen>().Where(screen => NameOf(screen) == name).Select(static screen => (Screen?)screen).FirstOrDefault();

    public static IEnumerable<StudyExport> Of(StudyResult result)
    {
        yield return new(Violations, ViolationTable(result));
        yield return new(Curve, CurveTable(result.Report));
        yield return new(Days, DayTable(result.Report));
        yield return new(Elements, ElementMap.Of(result));
        if (result.Screening?.N1 is { } n1) yield return new(NameOf(Screen.N1), ScreeningTables.Of(n1));
        if (result.Screening?.Hosting is { } hosting) yield return new(NameOf(Screen.Hosting), ScreeningTables.Of(hosting));
        if (result.Screening?.Ageing is { } ageing) yield return new(NameOf(Screen.Ageing), ScreeningTables.Of(ageing));
        if (result.Screening?.Remedies is { } remedies) yield return new(NameOf(Screen.Remedies), ScreeningTables.Of(remedies));
    }

    private static string NameOf(Screen screen) => $"{screen.NameOf()}.csv";

    /// <summary>Elements in violation, all of them, by risk.</summary>
    private static byte[] ViolationTable(StudyResult result)
    {
        var table = new CsvText(
            "element", "kind", "violation", "probability (share of futures)", "baseline probability (share of futures)", "hours P10 (h)", "hours P50 (h)", "hours P90 (h)", "worst P10", "worst P50", "worst P90",
            "unit of worst", "first day (city's zone)");
        foreach (var v in result.Violations)
        {
            table.Add(v.Element).Add(v.Kind).Add(v.What).Add(v.Probability, v.BaselineProbability, v.Hours.P10, v.Hours.P50, v.Hours.P90, v.Worst.P10, v.Worst.P50, v.Worst.P90);
            table.Add(v.What == "loading" ? "% of rating" : "pu of nominal").Add(v.FirstDay).EndRow();
        }
        return table.ToBytes();
    }

    /// <summary>The first day step by step. The offset is that of the base's instant: none of the five countries changes its clock.</summary>
    private static byte[] CurveTable(StudyReport report)
    {
        var offset = report.Base.AsOf.ToString("zzz", CultureInfo.InvariantCulture);
        return Powers("start of the 15 minutes (city's zone)", "power", report.FirstDay.Select(point => point with { Time = point.Time + offset }));
    }

    private static byte[] DayTable(StudyReport report) => Powers("day (city's zone)", "peak", report.DailyPeaks);

    private static byte[] Powers(string time, string what, IEnumerable<CurvePoint> points)
    {
        var table = new CsvText([time, .. from side in (string[])["baseline", "scenario"] from percentile in (string[])["P10", "P50", "P90"] select $"{side} {what} {percentile} (MW)"]);
        foreach (var point in points) table.Add(point.Time).Add(point.Baseline.P10, point.Baseline.P50, point.Baseline.P90, point.Scenario.P10, point.Scenario.P50, point.Scenario.P90).EndRow();
        return table.ToBytes();
    }
}
