using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

namespace MekongTwin.Host.Cities;

/// <summary>
/// Reads city folders into a model. Strict: everything wrong is listed with file, line, field and a suggestion before
/// anything starts. Ids in the files are relative to the city.
/// </summary>
internal sealed partial class CityFolder
{
    private static readonly Dictionary<string, AssetKind> KindNames = Enum.GetValues<AssetKind>().ToDictionary(kind => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()), StringComparer.Ordinal);

    /// <summary>Figures of districts and city may be rounded, each by itself.</summary>
    private const double RoundingMax = 0.01;

    private readonly CityErrors _errors;
    private readonly string _directory;
    private readonly List<Asset> _assets;
    private readonly List<Point> _points;
    private readonly List<DeviceMapping> _devices;
    private readonly List<NameMapping> _names;
    private readonly HashSet<string> _mappedNames;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Asset, string Metric), int> _pointNumbers = [];
    private readonly HashSet<string> _deviceNames = new(StringComparer.Ordinal);

    /// <summary>Kinds of which not every asset could be read, which was said: a reference that leads nowhere may be right.</summary>
    private readonly HashSet<AssetKind> _incomplete = [];

    /// <summary>Kinds of station as they are named in <c>points.json</c>.</summary>
    private readonly Dictionary<int, string> _stationKinds = [];

    private readonly List<Network> _networks;
    private readonly List<CityMap> _maps;
    private bool _pointsIncomplete;
    private string _city = "";

    private CityFolder(string directory, CityErrors errors, List<Asset> assets, List<Point> points, List<DeviceMapping> devices, List<NameMapping> names, HashSet<string> mappedNames, List<Network> networks, List<CityMap> maps)
    {
        _directory = directory;
        _errors = errors;
        _assets = assets;
        _points = points;
        _devices = devices;
        _names = names;
        _mappedNames = mappedNames;
        _networks = networks;
        _maps = maps;
    }

    /// <summary>
    /// Reads one or more folders; throws <see cref="InputException"/> with every mistake found. What may be meant is only
    /// told. The networks, one of each city that describes it, and the maps are given to whoever asks.
    /// </summary>
    public static Model Read(IEnumerable<string> directories, List<string>? warnings = null, List<Network>? networks = null, List<CityMap>? maps = null)
    {
        var errors = new CityErrors();
        var cities = new List<City>();
        List<Asset> assets = [];
        List<Point> points = [];
        List<DeviceMapping> devices = [];
        List<NameMapping> names = [];
        var mappedNames = new HashSet<string>(StringComparer.Ordinal);
        networks ??= [];
        foreach (var directory in directories)
        {
            if (!Directory.Exists(directory)) throw new InputException($"{directory}: no such city folder. Give a folder with a city.json in it.");
            var city = new CityFolder(directory, errors, assets, points, devices, names, mappedNames, networks, maps ?? []).ReadCity();
            if (city is not null && cities.Any(other => other.Id == city.Id)) errors.Add(Path.Combine(directory, "city.json"), 1, "id", $"'{city.Id}' is another folder's city already");
            if (city is not null) cities.Add(city);
        }
        if (errors.Any) throw new InputException(errors.ToString());
        warnings?.AddRange(errors.Warnings);
        return new([.. cities], [.. assets], [.. points], [.. devices], [.. names]);
    }

    /// <summary>Hash of what folders hold (SHA-256 of their JSON and GeoJSON files by name), the same in whatever order they are given.</summary>
    public static string HashOf(IEnumerable<string> directories) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(directories.Select(HashOf).Order(StringComparer.Ordinal)))));

    private static string HashOf(string directory)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(directory, "*.*json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(directory, file).Replace('\\', '/')).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(Path.Combine(directory, file))));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private City? ReadCity()
    {
        var before = _errors.Count;
        if (Load("city.json", required: true) is not { } json) return null;
        var fields = new Fields(json, _errors);
        _city = fields.Text("id");
        if (_city.Length > 0 && (_city.Contains('/', StringComparison.Ordinal) || !AssetId.IsValid(_city))) _errors.Add(fields.Find("id")!, $"'{_city}' cannot be an id; use lower-case letters, digits and - only, e.g. vn-dad");
        if (_city is "live" or "alarms") _errors.Add(fields.Find("id")!, $"'{_city}' is the topic of the twin's own outputs; choose another id");
        var zone = fields.Text("zone");
        if (zone.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)) _errors.Add(fields.Find("zone")!, $"'{zone}' is not a time zone; use an IANA name such as Asia/Ho_Chi_Minh or Asia/Yangon{Nearest.Suggest(zone, TimeZoneInfo.GetSystemTimeZones().Select(known => known.Id))}");
        var population = (int)fields.Number("population", 0, 100_000_000);
        var city = new City(_city, fields.Text("name"), fields.Text("country"), zone)
        {
            Source = fields.Text("source", required: false),
            Languages = [.. fields.List("languages").Select(language => language.Text)],
            KeepReadingsDays = ReadRetention(fields),
            Listed = ReadListed(fields),
        };
        fields.RefuseUnknown("notice", "note", "assumed");
        if (_city.Length == 0 || zone.Length == 0) return null;
        AddAsset(json, "", AssetKind.City, city.Name, asset => asset with { Population = population });
        ReadDistricts(zone);
        if (_errors.Count == before) ComparePopulation(fields.Find("population")!, population);
        ReadGrid(city.Country);
        ReadTraffic();
        ReadStations();
        ReadPoints();
        ReadMappings();
        ReadSimulation();
        if (_numbers.TryGetValue("", out var self)) _assets[self] = _assets[self] with { AreaKm2 = DistrictsOf(_geographies.LastOrDefault()).Sum(district => district.AreaKm2) };
        if (!_errors.Any) _maps.Add(CityMap.Draw(_city, fields.Text("notice", required: false), _assets, _networks.Find(network => network.City == _city), _outlines, _measuredRoads));
        return city;
    }

    /// <summary>Areas on the administrative list that the folder does not describe; null where it names none.</summary>
    private List<ListedArea>? ReadListed(Fields fields)
    {
        if (fields.Find("listed") is null) return null;
        var areas = new List<ListedArea>();
        foreach (var item in fields.List("listed"))
        {
            var area = new Fields(item, _errors);
            var (name, shown) = (area.Text("name"), area.Text("shown"));
            var known = Enum.GetNames<ListedShown>().Select(JsonNamingPolicy.CamelCase.ConvertName).ToArray();
            if (shown.Length > 0 && !known.Contains(shown)) _errors.Add(area.Find("shown")!, $"'{shown}' is none of {string.Join(", ", known)}{Nearest.Suggest(shown, known)}");
            else if (shown.Length > 0) areas.Add(new(name, Enum.Parse<ListedShown>(shown, ignoreCase: true)));
            area.RefuseUnknown("source", "note");
        }
        return areas;
    }

    /// <summary>Days that readings are kept; null where the folder does not say.</summary>
    private int? ReadRetention(Fields fields)
    {
        if (fields.Find("retention") is not { } json) return null;
        var retention = new Fields(json, _errors);
        var days = retention.Number("readingsDays", 1, 36_500);
        retention.RefuseUnknown("note");
        return (int)days;
    }

    /// <summary>
    /// More people in the districts than in the city cannot be: one figure is mistyped, and every share of the city would be
    /// wrong. Fewer can be meant, where the folder describes a part of the city.
    /// </summary>
    private void ComparePopulation(PlacedJson at, int population)
    {
        foreach (var (geography, file) in _geographies)
        {
            var districts = DistrictsOf((geography, file)).ToList();
            var sum = districts.Sum(district => (long)district.Population);
            if (sum > population * (1 + RoundingMax)) _errors.Add(at, $"{population} people, but the districts in {file} have {sum}; correct the one that is mistyped");
            else if (districts.Count > 0 && sum < population * (1 - RoundingMax)) _errors.Warn(at, $"{population} people, but the districts in {file} have only {sum}; right if the folder describes a part of the city");
        }
    }

    private void ReadDistricts(PlacedJson json, Geography? geography)
    {
        var collection = new Fields(json, _errors);
        foreach (var feature in Items(collection, "features", AssetKind.District, required: true))
        {
            var outer = new Fields(feature, _errors);
            if (outer.Find("properties") is not { } properties)
            {
                _incomplete.Add(AssetKind.District);
                _errors.Add(feature, "'properties' is missing");
                continue;
            }
            var fields = new Fields(properties, _errors);
            var (outline, before) = (ReadOutline(outer.Find("geometry")), _assets.Count);
            // What is drawn is the city as it is divided now.
            var isNow = geography is null or { UntilUs: long.MaxValue };
            AddAsset(properties, fields.Text("id"), AssetKind.District, fields.Text("name"), asset => asset with
            {
                Population = (int)fields.Number("population", 0, 100_000_000),
                AreaKm2 = fields.Number("areaKm2", 0.001, 1_000_000),
                AdministrativeParent = _numbers.GetValueOrDefault("", -1),
                Geography = geography,
            });
            fields.RefuseUnknown("source", "note", "assumed");
            if (isNow && outline is not null && _assets.Count > before) _outlines[before] = outline;
        }
    }

    private void ReadPoints()
    {
        var before = _errors.Count;
        if (Load("points.json", required: true) is { } json) ReadPoints(new Fields(json, _errors));
        _pointsIncomplete = _errors.Count > before;
    }

    private void ReadPoints(Fields points)
    {
        foreach (var (name, list) in points.Lists("kinds"))
        {
            var isStation = StationKinds.ContainsValue(name);
            if (!KindNames.TryGetValue(name, out var kind) && !isStation)
            {
                _errors.Add(list, $"unknown kind of asset{Nearest.Suggest(name, [.. KindNames.Keys, .. StationKinds.Values])}");
                continue;
            }
            foreach (var asset in _assets.Where(asset => isStation ? _stationKinds.GetValueOrDefault(asset.Number) == name : asset.Kind == kind && IsOfThisCity(asset)).ToList())
            {
                foreach (var item in list.Items) AddPoint(item, asset.Number);
            }
        }
        foreach (var (id, list) in points.Lists("assets"))
        {
            if (!_numbers.TryGetValue(id, out var asset))
            {
                if (_incomplete.Count == 0) _errors.Add(list, $"no asset '{id}'{Nearest.Suggest(id, _numbers.Keys)}");
                continue;
            }
            foreach (var item in list.Items) AddPoint(item, asset);
        }
        points.RefuseUnknown("note");
    }

    private void AddPoint(PlacedJson item, int asset)
    {
        var fields = new Fields(item, _errors);
        var metric = fields.Text("metric");
        var code = fields.Text("unit");
        var kind = fields.Text("kind", required: false);
        if (!Point.IsValidMetric(metric)) _errors.Add(item, $"'{metric}' cannot be a metric; use letters, digits and - _ . only");
        if (!UnitTable.TryFind(code, out var unit)) _errors.Add(fields.Find("unit") ?? item, $"'{code}' is not a unit of the table{Nearest.Suggest(code, UnitTable.Codes)}");
        else if (Metrics.RequiredUnit(metric) is { } required && unit.Code != required) _errors.Add(fields.Find("unit")!, $"{metric} must be in {required}; a device may send another unit of the same kind");
        if (kind is not ("" or "gauge" or "cumulative" or "event")) _errors.Add(fields.Find("kind")!, $"'{kind}' is not gauge, cumulative or event");
        if (!_pointNumbers.TryAdd((asset, metric), _points.Count)) _errors.Add(item, $"{_assets[asset].Id} has a point '{metric}' already");
        var pointKind = kind switch { "cumulative" => PointKind.Cumulative, "event" => PointKind.Event, _ => PointKind.Gauge };
        var hold = fields.DurationUs("hold", pointKind == PointKind.Cumulative ? Instant.Day : Instant.Hour / 2);
        var (min, max) = (fields.OptionalNumber("min", -1e12, 1e12), fields.OptionalNumber("max", -1e12, 1e12));
        if (min > max) _errors.Add(fields.Find("min")!, FormattableString.Invariant($"{min} is above max, which is {max}"));
        _points.Add(new(_points.Count, asset, metric, unit, pointKind, hold) { MinMicro = Limit(min, long.MinValue), MaxMicro = Limit(max, long.MaxValue) });
        fields.RefuseUnknown("note");
    }

    private void ReadMappings()
    {
        if (Load("mappings.json", required: false) is not { } json) return;
        var mappings = new Fields(json, _errors);
        foreach (var item in mappings.List("devices"))
        {
            var fields = new Fields(item, _errors);
            var asset = Reference(fields, "asset", null);
            var device = fields.Text("device");
            if (!_deviceNames.Add(device)) _errors.Add(item, $"device '{device}' is mapped already");
            if (asset >= 0) _devices.Add(new(_city, device, asset));
            fields.RefuseUnknown("note");
        }
        foreach (var item in mappings.List("names"))
        {
            var fields = new Fields(item, _errors);
            var asset = Reference(fields, "asset", null);
            var (name, metric) = (fields.Text("name"), fields.Text("metric"));
            if (name.Length > 0 && !_mappedNames.Add(name)) _errors.Add(fields.Find("name")!, $"name '{name}' is mapped already");
            var point = _pointNumbers.TryGetValue((asset, metric), out var number) ? _points[number] : null;
            if (asset >= 0 && point is null && !_pointsIncomplete) _errors.Add(item, $"{_assets[asset].Id} has no point '{metric}'{Nearest.Suggest(metric, _pointNumbers.Keys.Where(key => key.Asset == asset).Select(key => key.Metric))}");
            if (point is not null) _names.Add(new(name, point.Number));
            fields.RefuseUnknown("note");
        }
        mappings.RefuseUnknown("note");
    }

    private void AddPlaced(Fields fields, AssetKind kind, Func<Asset, Asset> complete)
    {
        var (longitude, latitude) = (fields.OptionalNumber("lon", -180, 180), fields.OptionalNumber("lat", -90, 90));
        AddAsset(fields.Json, fields.Text("id"), kind, fields.Text("name", required: false), asset => complete(asset) with { Longitude = longitude, Latitude = latitude });
    }

    private void AddAsset(PlacedJson at, string id, AssetKind kind, string name, Func<Asset, Asset> complete)
    {
        var path = id.Length == 0 ? _city : $"{_city}/{id}";
        // Completed before it has a number: its own references must lead to assets that are there already.
        var asset = complete(new(_assets.Count, new(path), kind, name.Length > 0 ? name : id));
        var mistake = kind == AssetKind.City ? null
            : id.Length == 0 ? ""
            : !AssetId.IsValid(id) || path.Length > AssetId.LengthMax ? $"'{id}' cannot be an id; use lower-case letters, digits, - and / between parts"
            : id == "senml" || id.StartsWith("senml/", StringComparison.Ordinal) ? "'senml' is the topic of packs; choose another id"
            : _numbers.TryGetValue(id, out var other) ? $"'{id}' is there already, as a {_assets[other].Kind}"
            : null;
        if (mistake is null)
        {
            _numbers[id] = _assets.Count;
            _assets.Add(asset);
            return;
        }
        // An id that is missing was said already.
        if (mistake.Length > 0) _errors.Add(at, mistake);
        _incomplete.Add(kind);
    }

    /// <summary>Number of the asset that a field names, -1 with an error when there is none.</summary>
    private int Reference(Fields fields, string name, AssetKind? kind)
    {
        var id = fields.Text(name);
        return id.Length == 0 ? -1 : Reference(fields.Find(name)!, kind);
    }

    private int Reference(PlacedJson at, AssetKind? kind)
    {
        var id = at.Text;
        if (_numbers.TryGetValue(id, out var number) && (kind is null || _assets[number].Kind == kind)) return number;
        if (kind is { } wanted ? _incomplete.Contains(wanted) : _incomplete.Count > 0) return -1;
        var candidates = _numbers.Where(pair => kind is null || _assets[pair.Value].Kind == kind).Select(pair => pair.Key);
        _errors.Add(at, $"no {kind?.ToString() ?? "asset"} '{id}'{Nearest.Suggest(id, candidates)}");
        return -1;
    }

    private bool IsOfThisCity(Asset asset) => asset.Id.IsIn(_city);

    /// <summary>A list under another name is not read: nothing is known of what it was to hold.</summary>
    private void RefuseUnknown(Fields fields, string[] lists, params AssetKind[] holds)
    {
        var before = _errors.Count;
        fields.RefuseUnknown([.. lists, "assumed", "note", "source"]);
        if (_errors.Count > before) _incomplete.UnionWith(holds);
    }

    /// <summary>A list of assets of one kind.</summary>
    private IReadOnlyList<PlacedJson> Items(Fields fields, string name, AssetKind kind, bool required = false)
    {
        var before = _errors.Count;
        var items = fields.List(name, required);
        if (_errors.Count > before) _incomplete.Add(kind);
        return items;
    }

    /// <summary>A file; when it cannot be read, nothing is known of the kinds of assets that it holds.</summary>
    private PlacedJson? Load(string name, bool required, params AssetKind[] holds)
    {
        var path = Path.Combine(_directory, name);
        var before = _errors.Count;
        var json = Parse(path, required);
        if (_errors.Count > before) _incomplete.UnionWith(holds);
        return json;
    }

    private PlacedJson? Parse(string path, bool required)
    {
        try
        {
            if (File.Exists(path)) return PlacedJson.Parse(path, File.ReadAllBytes(path), _errors);
            if (required) _errors.Add(path, 1, "", "missing; every city folder has one");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _errors.Add(path, 1, "", $"cannot be read: {e.Message}");
        }
        return null;
    }

    private static long Limit(double? value, long otherwise) => value is { } number && FixedPoint.TryFrom(number, out var micro) ? micro : otherwise;
}
