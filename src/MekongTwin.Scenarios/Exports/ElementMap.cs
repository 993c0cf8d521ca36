using System.Text.Json;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Exports;

/// <summary>
/// Lines and transformers as GeoJSON (RFC 7946): highest loading over the study, violations and risk, and what was screened of them; feeders where
/// their losses were. Positions are WGS 84, longitude first; an element whose place is not known has none.
/// </summary>
internal sealed class ElementMap
{
    private readonly StudyResult result;
    private readonly Dictionary<string, double> violations;
    private readonly Dictionary<string, Contingency> losses;
    private readonly Dictionary<string, TransformerLife> lives;

    private ElementMap(StudyResult result)
    {
        this.result = result;
        violations = result.Violations.GroupBy(static violation => violation.Element, StringComparer.Ordinal).ToDictionary(static of => of.Key, static of => of.Max(static violation => violation.Probability), StringComparer.Ordinal);
        losses = (result.Screening?.N1?.Contingencies ?? []).ToDictionary(static loss => loss.Element, StringComparer.Ordinal);
        lives = (result.Screening?.Ageing?.Transformers ?? []).ToDictionary(static life => life.Transformer, StringComparer.Ordinal);
    }

    public static byte[] Of(StudyResult result)
    {
        var map = new ElementMap(result);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) map.Write(json);
        return bytes.ToArray();
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "FeatureCollection");
        json.WriteString("study", result.Report.Name);
        json.WriteString("city", result.Report.Base.City);
        json.WriteString("base", result.Report.Base.Hash);
        json.WriteString("criteria", result.Report.Criteria.Name);
        json.WriteString("note", result.Report.Note + "; risk: probability times the hours above the limit that are exceeded in 10 % of futures, h; schematic; no position on boundaries");
        json.WriteStartArray("features");
        foreach (var outcome in result.Elements) Write(json, outcome);
        if (losses.Count > 0)
        {
            foreach (var feeder in result.Feeders) Write(json, feeder);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void Write(Utf8JsonWriter json, ElementOutcome outcome)
    {
        var element = outcome.Element;
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteString("id", element.Name);
        WriteGeometry(json, element);
        json.WriteStartObject("properties");
        json.WriteString("kind", element.Kind);
        json.WriteNumber("loadingP50Percent", outcome.LoadingPercent.P50);
        json.WriteNumber("loadingP90Percent", outcome.LoadingPercent.P90);
        if (outcome.BaselineLoadingPercent is { } before)
        {
            json.WriteNumber("baselineLoadingP50Percent", before.P50);
            json.WriteNumber("baselineLoadingP90Percent", before.P90);
        }
        json.WriteNumber("violationProbability", violations.GetValueOrDefault(element.Name));
        json.WriteNumber("overloadProbability", outcome.Probability);
        json.WriteNumber("overloadHoursP90", outcome.HoursOver.P90);
        json.WriteNumber("riskHours", outcome.Risk);
        WriteLoss(json, element.Name);
        if (lives.TryGetValue(element.Name, out var life))
        {
            json.WriteNumber("lifeLostP50Hours", life.LostHours.P50);
            json.WriteNumber("lifeLostP90Hours", life.LostHours.P90);
            json.WriteNumber("hotSpotP90C", life.HottestC.P90);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A feeder is drawn as the lines that it feeds.</summary>
    private void Write(Utf8JsonWriter json, StudyFeeder feeder)
    {
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteString("id", feeder.Name);
        if (feeder.Lines.IsEmpty)
        {
            json.WriteNull("geometry");
        }
        else
        {
            json.WriteStartObject("geometry");
            json.WriteString("type", "MultiLineString");
            json.WriteStartArray("coordinates");
            foreach (var line in feeder.Lines) WriteLine(json, line);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteStartObject("properties");
        json.WriteString("kind", "feeder");
        WriteLoss(json, feeder.Name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteLoss(Utf8JsonWriter json, string element)
    {
        if (!losses.TryGetValue(element, out var loss)) return;
        json.WriteNumber("expectedMwhPerYear", loss.ExpectedMwhPerYear);
        if (loss.BaselineExpectedMwhPerYear is { } before) json.WriteNumber("baselineExpectedMwhPerYear", before);
    }

    private static void WriteGeometry(Utf8JsonWriter json, StudyElement element)
    {
        if (element.Position.IsEmpty || (element.Kind == "line" && !element.HasLine))
        {
            json.WriteNull("geometry");
            return;
        }
        json.WriteStartObject("geometry");
        json.WriteString("type", element.HasLine ? "LineString" : "Point");
        json.WritePropertyName("coordinates");
        if (element.HasLine) WriteLine(json, element);
        else WritePosition(json, element.Position[0]);
        json.WriteEndObject();
    }

    private static void WriteLine(Utf8JsonWriter json, StudyElement line)
    {
        json.WriteStartArray();
        foreach (var position in line.Position) WritePosition(json, position);
        json.WriteEndArray();
    }

    private static void WritePosition(Utf8JsonWriter json, (double Longitude, double Latitude) position)
    {
        json.WriteStartArray();
        json.WriteNumberValue(position.Longitude);
        json.WriteNumberValue(position.Latitude);
        json.WriteEndArray();
    }
}
