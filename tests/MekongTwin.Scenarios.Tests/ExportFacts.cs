using System.Text;
using System.Text.Json;
using MekongTwin.Scenarios.Exports;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests;

/// <summary>The files that a study is taken away as.</summary>
public sealed class ExportFacts
{
    private static readonly StudyResult Result = StudyRun.Solve(Bases.Of(), Bases.Ask(new Growth(150, 0)), 1);

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
    public void All_files_have_their_names() => Assert.Equal(StudyExports.Names, StudyExports.Of(Result).Select(static export => export.Name));

    private static string[] Rows(string name)
    {
        var text = Encoding.UTF8.GetString(StudyExports.Of(Result).Single(export => export.Name == name).Bytes);
        Assert.EndsWith("\r\n", text, StringComparison.Ordinal);
        return text[..^2].Split("\r\n");
    }
}
