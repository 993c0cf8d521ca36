using System.Text;
using System.Text.Json;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Exports;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests;

/// <summary>The files that a study is taken away as.</summary>
public sealed class ExportFacts
{
    private static readonly StudyResult Result = StudyRun.Solve(Bases.Of(), Bases.Ask(new Growth(150, 0)), 1);

    /// <summary>All that can be, on a grid with open points whose lines are so weak that limits bind.</summary>
    private static readonly StudyResult Screened = StudyRun.Solve(Bases.Switched(7, CountryRules.Find("VN")!), Bases.Ask(new Growth(80, 0)) with { Screens = [.. Enum.GetValues<Screen>()] }, 2);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"so\"", "\"say \"\"so\"\"\"")]
    [InlineData("two\r\nlines", "\"two\r\nlines\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+84", "'+84")]
    [InlineData("-cmd", "'-cmd")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"")]
    [InlineData("", "")]
    public void A_text_is_quoted_where_it_must_be_and_is_never_a_formula(string text, string cell)
    {
        var table = new CsvText("h");
        table.Add(text).EndRow();
        Assert.Equal($"h\r\n{cell}\r\n", Encoding.UTF8.GetString(table.ToBytes()));
    }

    [Fact]
    public void A_number_stays_a_number()
    {
        var table = new CsvText("a", "b");
        table.Add(-1.5, 1e-7).EndRow();
        Assert.Equal("a,b\r\n-1.5,1E-07\r\n", Encoding.UTF8.GetString(table.ToBytes()));
    }

    [Fact]
    public void Every_violation_is_a_row_with_its_unit()
    {
        var rows = Rows("violations.csv");
        Assert.StartsWith("element,kind,violation,probability (share of futures),", rows[0], StringComparison.Ordinal);
        Assert.Equal(Result.Report.ViolationsInAll + 1, rows.Length);
        Assert.NotEmpty(Result.Violations);
        Assert.All(rows.Skip(1), row => Assert.Equal(rows[0].Split(',').Length, row.Split(',').Length));
        Assert.All(rows.Skip(1).Zip(Result.Violations), static pair => Assert.Contains(pair.Second.What == "loading" ? ",% of rating," : ",pu of nominal,", pair.First, StringComparison.Ordinal));
    }

    [Fact]
    public void Times_are_the_citys_with_its_offset()
    {
        var curve = Rows("curve.csv");
        Assert.Equal(97, curve.Length);
        Assert.StartsWith("2026-06-02T00:15:00+07:00,", curve[2], StringComparison.Ordinal);
        var point = Result.Report.FirstDay[1];
        Assert.Equal(FormattableString.Invariant($"2026-06-02T00:15:00+07:00,{point.Baseline.P10},{point.Baseline.P50},{point.Baseline.P90},{point.Scenario.P10},{point.Scenario.P50},{point.Scenario.P90}"), curve[2]);
        Assert.Equal(["day (city's zone)", "2026-06-02", "2026-06-03"], Rows("days.csv").Select(static row => row.Split(',')[0]));
    }

    [Fact]
    public void Every_line_and_transformer_is_on_the_map_with_its_loading_and_risk()
    {
        var map = JsonDocument.Parse(StudyExports.Of(Result).Single(static export => export.Name == "elements.geojson").Bytes).RootElement;
        Assert.Equal("FeatureCollection", map.GetProperty("type").GetString());
        var features = map.GetProperty("features").EnumerateArray().ToList();
        Assert.Equal(Result.Elements.Length, features.Count);
        var worst = features.MaxBy(static feature => feature.GetProperty("properties").GetProperty("riskHours").GetDouble());
        Assert.Equal(Result.Violations.Where(static v => v.What == "loading").Max(static v => Math.Round(v.Probability * v.Hours.P90, 4)), worst.GetProperty("properties").GetProperty("riskHours").GetDouble(), 1e-3);
        // The generated city has no places.
        Assert.All(features, static feature => Assert.Equal(JsonValueKind.Null, feature.GetProperty("geometry").ValueKind));
    }

    [Fact]
    public void All_files_have_their_names()
    {
        Assert.Equal(StudyExports.Names, StudyExports.Of(Screened).Select(static export => export.Name));
        Assert.Equal(StudyExports.Names.Where(static name => StudyExports.ScreenOf(name) is null), StudyExports.Of(Result).Select(static export => export.Name));
        Assert.Equal([null, null, null, null, Screen.N1, Screen.Hosting, Screen.Ageing, Screen.Remedies], StudyExports.Names.Select(StudyExports.ScreenOf));
    }

    [Fact]
    public void Every_loss_is_a_row_with_its_plan_and_its_limit()
    {
        var (rows, losses) = (Cells("n1.csv"), Screened.Screening!.N1!.Contingencies);
        Assert.Equal(losses.Select(static loss => loss.Element), rows.Skip(1).Select(static row => row[0]));
        Assert.Contains(losses, static loss => loss.Limit is not null);
        Assert.Contains(losses, static loss => loss.RestoredPercent is null);
        foreach (var (row, loss) in rows.Skip(1).Zip(losses))
        {
            Assert.Equal(rows[0].Length, row.Length);
            Assert.Equal(FormattableString.Invariant($"{loss.UntilRepair.Customers} {loss.UntilRepair.Mwh}"), $"{row[6]} {row[7]}");
            Assert.Equal(loss.RestoredPercent is { } share ? FormattableString.Invariant($"{share}") : "", row[8]);
            Assert.Equal(string.Join(' ', loss.Closed), row[9]);
            Assert.Equal(loss.Limit?.Element ?? "", row[12]);
            Assert.Equal(loss.Limit?.What switch { "loading" => "% of rating", "lowVoltage" or "highVoltage" => "pu of nominal", _ => "" }, row[14]);
            Assert.Equal(FormattableString.Invariant($"{loss.ExpectedMwhPerYear}"), row[18]);
        }
    }

    [Fact]
    public void Feeders_transformers_and_remedies_are_rows_with_their_units()
    {
        var screening = Screened.Screening!;
        var hosting = Cells("hosting.csv");
        Assert.Equal(screening.Hosting!.Feeders.Select(static feeder => FormattableString.Invariant($"{feeder.Feeder} {feeder.Head.Kw} {feeder.End.Kw} {feeder.RandomKw.P90}")), hosting.Skip(1).Select(static row => $"{row[0]} {row[2]} {row[6]} {row[11]}"));
        // Every future is stopped by something.
        Assert.All(hosting.Skip(1), static row => Assert.Equal(Screened.Report.Futures, row[12..].Sum(static cell => int.Parse(cell, System.Globalization.CultureInfo.InvariantCulture))));
        var ageing = Cells("ageing.csv");
        Assert.Equal(screening.Ageing!.Transformers.Select(static life => FormattableString.Invariant($"{life.Transformer} 48 {life.LostHours.P50} {life.HottestC.P90}")), ageing.Skip(1).Select(static row => $"{row[0]} {row[1]} {row[3]} {row[10]}"));
        Assert.Equal(Screened.Elements.Count(static e => e.Element.Kind == "transformer"), ageing.Length - 1);
        var remedies = Rows(Screened, "remedies.csv");
        Assert.Equal("what,element,detail,for,cost (USD of 2025)", remedies[0]);
        Assert.NotEmpty(screening.Remedies!.Remedies);
        Assert.Equal(screening.Remedies.Remedies.Length + screening.Remedies.Unmended.Length, remedies.Length - 1);
    }

    [Fact]
    public void What_a_report_only_counts_is_in_the_tables()
    {
        var result = StudyRun.Solve(Bases.Of(1, 4, 140), Bases.Ask() with { Days = 1, Futures = 1, Screens = [Screen.N1, Screen.Ageing] }, 2);
        Assert.Equal((N1Report.ListedMax, AgeingReport.ListedMax), (result.Report.Screening!.N1!.Contingencies.Length, result.Report.Screening.Ageing!.Transformers.Length));
        Assert.Equal(result.Report.Screening.N1.Scenario.Contingencies, Rows(result, "n1.csv").Length - 1);
        Assert.Equal(560, Rows(result, "ageing.csv").Length - 1);
    }

    [Fact]
    public void What_was_screened_of_an_element_is_on_the_map()
    {
        var features = JsonDocument.Parse(StudyExports.Of(Screened).Single(static export => export.Name == "elements.geojson").Bytes).RootElement.GetProperty("features").EnumerateArray()
            .ToDictionary(static feature => feature.GetProperty("id").GetString()!, static feature => feature.GetProperty("properties"), StringComparer.Ordinal);
        Assert.Equal(Screened.Screening!.N1!.Contingencies.Select(static loss => loss.Element).Order(StringComparer.Ordinal), features.Keys.Order(StringComparer.Ordinal));
        Assert.All(Screened.Screening.N1.Contingencies, loss => Assert.Equal(loss.ExpectedMwhPerYear, features[loss.Element].GetProperty("expectedMwhPerYear").GetDouble()));
        Assert.All(Screened.Screening.Ageing!.Transformers, life => Assert.Equal(life.LostHours.P90, features[life.Transformer].GetProperty("lifeLostP90Hours").GetDouble()));
        Assert.NotEmpty(Screened.Violations);
        Assert.All(Screened.Violations.Where(static v => v.Kind != "node"), v => Assert.True(features[v.Element].GetProperty("violationProbability").GetDouble() >= v.Probability));
        var map = JsonDocument.Parse(StudyExports.Of(Result).Single(static export => export.Name == "elements.geojson").Bytes).RootElement;
        Assert.DoesNotContain(map.GetProperty("features").EnumerateArray(), static feature => feature.GetProperty("properties").TryGetProperty("expectedMwhPerYear", out _) || feature.GetProperty("properties").GetProperty("kind").GetString() == "feeder");
    }

    private static string[][] Cells(string name) => [.. Rows(Screened, name).Select(static row => row.Split(','))];

    private static string[] Rows(string name) => Rows(Result, name);

    private static string[] Rows(StudyResult result, string name)
    {
        var text = Encoding.UTF8.GetString(StudyExports.Of(result).Single(export => export.Name == name).Bytes);
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        return text[..^2].Split("\r\n");
    }
}
