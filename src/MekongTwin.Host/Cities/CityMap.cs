using System.Text.Json;
using MekongTwin.Api;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Host.Cities;

/// <summary>A position, degrees (WGS 84).</summary>
internal readonly record struct Position(double Longitude, double Latitude);

/// <summary>A road that is measured, between two places, with the number of the detector that stands for it.</summary>
internal sealed record MeasuredRoad(int Detector, Position From, Position To);

/// <summary>
/// What of a city can be drawn, as GeoJSON (RFC 7946): districts, feeders along their lines (without lines straight to their transformers), lines that are normally open, measured roads,
/// substations, detectors, stations. It is schematic, and says so in <c>notice</c>. Each feature's <c>id</c> is its asset's;
/// <c>properties</c> are <c>kind</c> and <c>name</c>.
/// </summary>
internal sealed record CityMap(string City, DrawnMap Drawn)
{
    /// <summary>What a folder says nothing of its outlines with.</summary>
    private const string Notice = "schematic; no position on boundaries";

    public static CityMap Draw(string city, string notice, IReadOnlyList<Asset> assets, Network? network, IReadOnlyDictionary<int, PlacedJson> outlines, IReadOnlyList<MeasuredRoad> roads)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("type", "FeatureCollection");
            json.WriteString("notice", notice.Length > 0 ? notice : Notice);
            json.WriteStartArray("features");
            foreach (var (district, outline) in outlines) WriteFeature(json, assets[district], "district", () => WriteOutline(json, outline));
            if (network is not null) WriteNetwork(json, assets, network);
            WriteUnlined(json, [.. assets.Where(asset => asset.Id.IsIn(city))], assets, network);
            foreach (var road in roads) WriteFeature(json, assets[road.Detector], "road", () => WriteLines(json, [(road.From, road.To)]));
            foreach (var asset in assets.Where(asset => asset.Id.IsIn(city)))
            {
                if (asset is { Kind: AssetKind.Substation or AssetKind.Detector or AssetKind.Station, Longitude: { } longitude, Latitude: { } latitude })
                    WriteFeature(json, asset, JsonNamingPolicy.CamelCase.ConvertName(asset.Kind.ToString()), () => WritePoint(json, new(longitude, latitude)));
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return new(city, new(bytes.ToArray()));
    }

    /// <summary>Each feeder with the lines it feeds while every switch is as it normally stands.</summary>
    private static void WriteNetwork(Utf8JsonWriter json, IReadOnlyList<Asset> assets, Network network)
    {
        var trace = network.Trace();
        var feeders = new SortedDictionary<int, List<(Position From, Position To)>>();
        var open = new List<(Position From, Position To)>();
        foreach (var line in network.Lines)
        {
            if (PositionOf(assets, network.Nodes[line.From]) is not { } from || PositionOf(assets, network.Nodes[line.To]) is not { } to) continue;
            if (line.Switch == NormalState.Open) open.Add((from, to));
            else if (trace.FeederOfNode[line.From] is var feeder and >= 0)
            {
                if (!feeders.TryGetValue(feeder, out var lines)) feeders[feeder] = lines = [];
                lines.Add((from, to));
            }
        }
        foreach (var (feeder, lines) in feeders) WriteFeature(json, assets[feeder], "feeder", () => WriteLines(json, lines));
        if (open.Count == 0) return;
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteStartObject("properties");
        json.WriteString("kind", "open");
        json.WriteEndObject();
        WriteLines(json, open);
        json.WriteEndObject();
    }

    /// <summary>A feeder that no line leads out of: straight from its substation to each of its transformers.</summary>
    private static void WriteUnlined(Utf8JsonWriter json, IReadOnlyList<Asset> own, IReadOnlyList<Asset> assets, Network? network)
    {
        var lined = network is null ? [] : network.Lines.SelectMany(line => new[] { network.Nodes[line.From].Head, network.Nodes[line.To].Head }).ToHashSet();
        var below = own.Where(asset => asset.Kind == AssetKind.Transformer).ToLookup(transformer => transformer.ElectricalParent);
        foreach (var feeder in own.Where(asset => asset.Kind == AssetKind.Feeder && !lined.Contains(asset.Number)))
        {
            if (PlaceOf(assets[feeder.ElectricalParent]) is not { } from) continue;
            List<(Position, Position)> lines = [.. below[feeder.Number].Select(PlaceOf).OfType<Position>().Select(to => (from, to))];
            if (lines.Count > 0) WriteFeature(json, feeder, "feeder", () => WriteLines(json, lines));
        }
    }

    private static Position? PlaceOf(Asset asset) => asset is { Longitude: { } longitude, Latitude: { } latitude } ? new(longitude, latitude) : null;

    /// <summary>A feeder's head stands at its substation.</summary>
    private static Position? PositionOf(IReadOnlyList<Asset> assets, NetworkNode node)
    {
        if (node is { Longitude: { } longitude, Latitude: { } latitude }) return new(longitude, latitude);
        var substation = node.Head < 0 ? -1 : assets[node.Head].ElectricalParent;
        return substation >= 0 ? PlaceOf(assets[substation]) : null;
    }

    private static void WriteFeature(Utf8JsonWriter json, Asset asset, string kind, Action writeGeometry)
    {
        json.WriteStartObject();
        json.WriteString("type", "Feature");
        json.WriteString("id", asset.Id.Path);
        json.WriteStartObject("properties");
        json.WriteString("kind", kind);
        json.WriteString("name", asset.Name);
        json.WriteEndObject();
        writeGeometry();
        json.WriteEndObject();
    }

    private static void WriteOutline(Utf8JsonWriter json, PlacedJson geometry)
    {
        json.WriteStartObject("geometry");
        json.WriteString("type", geometry.Members["type"].Text);
        json.WritePropertyName("coordinates");
        WriteNested(json, geometry.Members["coordinates"]);
        json.WriteEndObject();
    }

    private static void WriteNested(Utf8JsonWriter json, PlacedJson value)
    {
        if (value.Kind == JsonValueKind.Number)
        {
            json.WriteNumberValue(value.Number);
            return;
        }
        json.WriteStartArray();
        foreach (var item in value.Items) WriteNested(json, item);
        json.WriteEndArray();
    }

    /// <summary>Lines that follow each other are drawn as one.</summary>
    private static void WriteLines(Utf8JsonWriter json, List<(Position From, Position To)> lines)
    {
        json.WriteStartObject("geometry");
        json.WriteString("type", "MultiLineString");
        json.WriteStartArray("coordinates");
        for (var i = 0; i < lines.Count; i++)
        {
            if (i == 0 || lines[i].From != lines[i - 1].To)
            {
                if (i > 0) json.WriteEndArray();
                json.WriteStartArray();
                WritePosition(json, lines[i].From);
            }
            WritePosition(json, lines[i].To);
        }
        if (lines.Count > 0) json.WriteEndArray();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePoint(Utf8JsonWriter json, Position at)
    {
        json.WriteStartObject("geometry");
        json.WriteString("type", "Point");
        json.WritePropertyName("coordinates");
        WritePosition(json, at);
        json.WriteEndObject();
    }

    private static void WritePosition(Utf8JsonWriter json, Position at)
    {
        json.WriteStartArray();
        json.WriteNumberValue(at.Longitude);
        json.WriteNumberValue(at.Latitude);
        json.WriteEndArray();
    }
}
