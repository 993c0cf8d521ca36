using System.Collections.Immutable;

namespace MekongTwin.Domain.Assets;

/// <summary>
/// Everything the twin knows about its cities at one version: assets, points and mappings, by durable numbers
/// (position in the array = number). Immutable; a change is a new model. It is journalled whole.
/// </summary>
public sealed class Model
{
    private readonly Dictionary<string, int> _assetByPath;
    private readonly Dictionary<(int Asset, string Metric), int> _pointByMetric;
    private readonly ImmutableArray<ImmutableArray<int>> _pointsOfAsset;
    private readonly ImmutableArray<int> _cityOfAsset;
    private readonly HashSet<int> _parents;

    public Model(
        ImmutableArray<City> cities,
        ImmutableArray<Asset> assets,
        ImmutableArray<Point> points,
        ImmutableArray<DeviceMapping> devices,
        ImmutableArray<NameMapping> names)
    {
        Cities = cities;
        Assets = assets;
        Points = points;
        Devices = devices;
        Names = names;
        _assetByPath = assets.ToDictionary(asset => asset.Id.Path, asset => asset.Number, StringComparer.Ordinal);
        _pointByMetric = points.ToDictionary(point => (point.Asset, point.Metric), point => point.Number);
        _pointsOfAsset = GroupPoints(assets.Length, points);
        _cityOfAsset = [.. assets.Select(asset => CityNumber(cities, asset.Id))];
        _parents = [.. assets.SelectMany(ParentsOf)];
    }

    public static Model Empty { get; } = new([], [], [], [], []);

    public ImmutableArray<City> Cities { get; }

    public ImmutableArray<Asset> Assets { get; }

    public ImmutableArray<Point> Points { get; }

    public ImmutableArray<DeviceMapping> Devices { get; }

    public ImmutableArray<NameMapping> Names { get; }

    public Asset? FindAsset(string path) => _assetByPath.TryGetValue(path, out var number) ? Assets[number] : null;

    public City? FindCity(string id) => Cities.FirstOrDefault(city => city.Id == id);

    public Point? FindPoint(int asset, string metric) =>
        _pointByMetric.TryGetValue((asset, metric), out var number) ? Points[number] : null;

    /// <summary>Numbers of an asset's points, ascending.</summary>
    public ImmutableArray<int> PointsOf(int asset) => _pointsOfAsset[asset];

    /// <summary>The city an asset belongs to.</summary>
    public City CityOf(int asset) => Cities[_cityOfAsset[asset]];

    /// <summary>True for an asset that others add up to: it has the metrics of totals.</summary>
    public bool IsParent(int asset) => _parents.Contains(asset);

    /// <summary>Children of an asset in both trees, each once, those that it had included.</summary>
    public ILookup<int, Asset> ChildrenByParent() => Assets
        .SelectMany(asset => ParentsOf(asset).Select(parent => (parent, asset)))
        .ToLookup(pair => pair.parent, pair => pair.asset);

    /// <summary>The parents that totals of an asset ever flow to: electrical first, without repeats.</summary>
    public static IEnumerable<int> ParentsOf(Asset asset)
    {
        foreach (var parent in ParentsAt(asset, long.MaxValue)) yield return parent;
        for (var former = asset.Former; former is not null; former = former.Before) yield return former.Parent;
    }

    /// <summary>The parents that an asset's totals of a window flow to, by the window's start: electrical first, without repeats.</summary>
    public static IEnumerable<int> ParentsAt(Asset asset, long startUs)
    {
        if (asset.ElectricalParent >= 0) yield return asset.ElectricalParent;
        if (asset.AdministrativeParentAt(startUs) is var parent and >= 0 && parent != asset.ElectricalParent) yield return parent;
    }

    /// <summary>The division of a city at an instant, and its districts.</summary>
    public (string Version, ImmutableArray<Asset> Districts) GeographyAt(string city, long timeUs)
    {
        ImmutableArray<Asset> districts = [.. Assets.Where(asset => asset.Kind == AssetKind.District && asset.Id.IsIn(city) && asset.Geography?.HoldsAt(timeUs) != false)];
        return (districts.Select(district => district.Geography?.Version).FirstOrDefault() ?? "", districts);
    }

    /// <summary>The same model with these name mappings added or replaced.</summary>
    public Model WithNames(IEnumerable<NameMapping> added)
    {
        var names = Names.ToDictionary(mapping => mapping.Name, StringComparer.Ordinal);
        foreach (var mapping in added) names[mapping.Name] = mapping;
        return new(Cities, Assets, Points, Devices, [.. names.Values.OrderBy(mapping => mapping.Name, StringComparer.Ordinal)]);
    }

    /// <summary>The same model without a name mapping.</summary>
    public Model WithoutName(string name) => new(Cities, Assets, Points, Devices, Names.RemoveAll(mapping => mapping.Name == name));

    private static int CityNumber(ImmutableArray<City> cities, AssetId id)
    {
        var slash = id.Path.IndexOf('/', StringComparison.Ordinal);
        var city = slash < 0 ? id.Path : id.Path[..slash];
        for (var i = 0; i < cities.Length; i++) if (cities[i].Id == city) return i;
        throw new ArgumentException($"Asset {id} belongs to no city of the model.");
    }

    private static ImmutableArray<ImmutableArray<int>> GroupPoints(int assetCount, ImmutableArray<Point> points)
    {
        var lookup = points.ToLookup(point => point.Asset, point => point.Number);
        return [.. Enumerable.Range(0, assetCount).Select(asset => lookup[asset].Order().ToImmutableArray())];
    }
}
