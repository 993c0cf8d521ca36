using System.Text.Json;

namespace MekongTwin.Host.Cities;

/// <summary>What the map is drawn from: outlines of districts, and roads that are measured.</summary>
internal sealed partial class CityFolder
{
    /// <summary>Positions of one outline: more are no schematic.</summary>
    private const int OutlinePositionsMax = 100_000;

    /// <summary>Geometry of each district that has one, by the asset's number.</summary>
    private readonly SortedDictionary<int, PlacedJson> _outlines = [];

    private readonly List<MeasuredRoad> _measuredRoads = [];

    /// <summary>The geometry of a district, or null when the folder gives none. A wrong one is a mistake, not a blank on the map.</summary>
    private PlacedJson? ReadOutline(PlacedJson? geometry)
    {
        if (geometry is null or { Kind: JsonValueKind.Null }) return null;
        var before = _errors.Count;
        var fields = new Fields(geometry, _errors);
        var type = fields.Text("type");
        if (type is not ("" or "Polygon" or "MultiPolygon")) _errors.Add(fields.Find("type")!, $"'{type}' is not Polygon or MultiPolygon{Nearest.Suggest(type, ["Polygon", "MultiPolygon"])}");
        if (fields.Find("coordinates") is not { } coordinates) _errors.Add(geometry, "'coordinates' is missing");
        else if (_errors.Count == before)
        {
            var positions = 0;
            foreach (var polygon in type == "Polygon" ? [coordinates] : coordinates.Items)
            {
                if (polygon.Kind != JsonValueKind.Array || polygon.Items.Count == 0) _errors.Add(polygon, "must be a list of rings");
                foreach (var ring in polygon.Items) positions += CheckRing(ring);
            }
            if (positions > OutlinePositionsMax) _errors.Add(coordinates, $"{positions} positions; at most {OutlinePositionsMax}, because the map is schematic");
        }
        return _errors.Count == before ? geometry : null;
    }

    private int CheckRing(PlacedJson ring)
    {
        var before = _errors.Count;
        if (ring.Items.Count < 4) _errors.Add(ring, "a ring has four positions or more, the last like the first");
        foreach (var position in ring.Items)
        {
            if (position.Items.Count < 2 || position.Items.Any(number => number.Kind != JsonValueKind.Number)) _errors.Add(position, "a position is [longitude, latitude] in degrees");
            else if (Math.Abs(position.Items[0].Number) > 180 || Math.Abs(position.Items[1].Number) > 90) _errors.Add(position, FormattableString.Invariant($"[{position.Items[0].Number}, {position.Items[1].Number}] is no [longitude, latitude]; the longitude comes first"));
        }
        if (_errors.Count == before && !ring.Items[0].Items.Take(2).Select(number => number.Number).SequenceEqual(ring.Items[^1].Items.Take(2).Select(number => number.Number))) _errors.Add(ring, "the ring is not closed; its last position must be like its first");
        return ring.Items.Count;
    }
}
