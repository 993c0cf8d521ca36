using MekongTwin.Domain.Assets;

namespace MekongTwin.Host.Cities;

/// <summary>Roads with their detectors (<c>traffic.json</c>), and stations (<c>stations.json</c>).</summary>
internal sealed partial class CityFolder
{
    /// <summary>Types of station, and what <c>points.json</c> calls them.</summary>
    private static readonly Dictionary<string, string> StationKinds = new(StringComparer.Ordinal) { ["air"] = "airStation", ["weather"] = "weatherStation", ["river"] = "riverStation" };

    private static readonly string[] WarningLevels = ["warning1M", "warning2M", "warning3M"];

    /// <summary>Places of each road's two junctions, where these have one.</summary>
    private readonly List<(Position? From, Position? To)> _roadEnds = [];

    private void ReadTraffic()
    {
        if (Load("traffic.json", required: false, AssetKind.TrafficZone, AssetKind.Detector) is not { } json) return;
        var traffic = new Fields(json, _errors);
        RefuseUnknown(traffic, ["zones", "junctions", "roads", "detectors"], AssetKind.TrafficZone, AssetKind.Detector);
        foreach (var item in Items(traffic, "zones", AssetKind.TrafficZone))
        {
            var fields = new Fields(item, _errors);
            AddPlaced(fields, AssetKind.TrafficZone, asset => InDistrict(fields, asset));
            fields.RefuseUnknown("note", "assumed");
        }
        var roads = ReadRoads(traffic);
        foreach (var item in Items(traffic, "detectors", AssetKind.Detector))
        {
            var (fields, before) = (new Fields(item, _errors), _assets.Count);
            AddPlaced(fields, AssetKind.Detector, asset => asset with
            {
                FreeFlowKmh = fields.Number("freeFlowKmh", 1, 200),
                LengthKm = fields.Number("lengthKm", 0.001, 1000),
                AdministrativeParent = Reference(fields, "zone", AssetKind.TrafficZone),
            });
            var road = fields.Find("road") is null ? -1 : NamedReference(fields, "road", "road", roads);
            if (road >= 0 && _assets.Count > before && _roadEnds[road] is ({ } from, { } to)) _measuredRoads.Add(new(before, from, to));
            fields.OptionalNumber("lanes", 1, 20);
            fields.RefuseUnknown("note", "assumed");
        }
    }

    private Dictionary<string, int> ReadRoads(Fields traffic)
    {
        var junctions = new Dictionary<string, int>(StringComparer.Ordinal);
        var places = new List<Position?>();
        foreach (var item in traffic.List("junctions"))
        {
            var fields = new Fields(item, _errors);
            places.Add((fields.OptionalNumber("lon", -180, 180), fields.OptionalNumber("lat", -90, 90)) is ({ } longitude, { } latitude) ? new(longitude, latitude) : null);
            if (!junctions.TryAdd(fields.Text("id"), junctions.Count)) _errors.Add(item, $"junction '{fields.Text("id")}' is there already");
            fields.RefuseUnknown("note", "assumed");
        }
        var roads = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in traffic.List("roads"))
        {
            var fields = new Fields(item, _errors);
            if (!roads.TryAdd(fields.Text("id"), roads.Count)) _errors.Add(item, $"road '{fields.Text("id")}' is there already");
            var (from, to) = (NamedReference(fields, "from", "junction", junctions), NamedReference(fields, "to", "junction", junctions));
            _roadEnds.Add((from < 0 ? null : places[from], to < 0 ? null : places[to]));
            Reference(fields, "zone", AssetKind.TrafficZone);
            fields.Number("lengthKm", 0.001, 1000);
            fields.Number("freeFlowKmh", 1, 200);
            fields.Number("lanes", 1, 20, 1);
            fields.RefuseUnknown("note", "assumed");
        }
        return roads;
    }

    private void ReadStations()
    {
        if (Load("stations.json", required: false, AssetKind.Station) is not { } json) return;
        var stations = new Fields(json, _errors);
        RefuseUnknown(stations, ["stations"], AssetKind.Station);
        foreach (var item in Items(stations, "stations", AssetKind.Station))
        {
            var fields = new Fields(item, _errors);
            var type = fields.Text("type");
            if (type.Length > 0 && !StationKinds.ContainsKey(type)) _errors.Add(fields.Find("type")!, $"'{type}' is not air, weather or river{Nearest.Suggest(type, StationKinds.Keys)}");
            var before = _assets.Count;
            AddPlaced(fields, AssetKind.Station, asset => InDistrict(fields, asset));
            if (_assets.Count > before && StationKinds.TryGetValue(type, out var kind)) _stationKinds[before] = kind;
            fields.OptionalNumber("tideShare", 0, 2);
            var warnings = WarningLevels.Select(name => fields.OptionalNumber(name, -10, 100)).OfType<double>().ToList();
            if (!warnings.SequenceEqual(warnings.Order())) _errors.Add(item, "the warning levels must rise from 1 to 3");
            fields.RefuseUnknown("note", "assumed", "source");
        }
    }
}
