using System.Text.Json;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Exports;

/// <summary>
/// Lines and transformers as GeoJSON (RFC 7946): highest loading over the study and risk. Positions are WGS 84, longitude first; an element whose
/// place is not known has none.
/// </summary>
internal static class ElementMap
{
    public static byte[] Of(StudyResult result)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
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
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static void Write(Utf8JsonWriter json, ElementOutcome outcome)
    {
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteString("id", outcome.Element.Name);
        WriteGeometry(json, outcome.Element);
        json.WriteStartObject("properties");
        json.WriteString("kind", outcome.Element.Kind);
        json.WriteNumber("loadingP50Percent", outcome.LoadingPercent.P50);
        json.WriteNumber("loadingP90Percent", outcome.LoadingPercent.P90);
        if (outcome.BaselineLoadingPercent is { } before)
        {
            json.WriteNumber("baselineLoadingP50Percent", before.P50);
            json.WriteNumber("baselineLoadingP90Percent", before.P90);
        }
        json.WriteNumber("overloadProbability", outcome.Probability);
        json.WriteNumber("overloadHoursP90", outcome.HoursOver.P90);
        json.WriteNumber("riskHours", outcome.Risk);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteGeometry(Utf8JsonWriter json, StudyElement element)
    {
        // A line needs both of its ends.
        if (element.Position.Length != (element.Kind == "line" ? 2 : 1))
        {
            json.WriteNull("geometry");
            return;
        }
        json.WriteStartObject("geometry");
        json.WriteString("type", element.Kind == "line" ? "LineString" : "Point");
        json.WriteStartArray("coordinates");
        foreach (var (longitude, latitude) in element.Position)
        {
            if (element.Kind == "line") json.WriteStartArray();
            json.WriteNumberValue(longitude);
            json.WriteNumberValue(latitude);
            if (element.Kind == "line") json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
