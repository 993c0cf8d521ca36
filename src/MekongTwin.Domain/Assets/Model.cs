using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace MekongTwin.Domain.Assets;

/// <summary>
/// Everything the twin knows about its cities at one version: assets, points and mappings, by durable numbers
/// (position in the array = number). Immutable; a change is a new model. It is journalled whole.
/// </summary>
public sealed class Model
{
    private readonly Dictionary<string, int> _assetByPath;
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
        _pointsOfAsset = GroupPoints(assets.Length, points);
        _cityOfAsset = [.. assets.Select(asset => CityNumber(cities, asset.Id))];
        _parents = [.. assets.SelectMany(ParentsOf)];
    }

    /// <summary>The same assets and points with other mappings.</summary>
    private Model(Model same, ImmutableArray<DeviceMapping> devices, ImmutableArray<NameMapping> names)
    {
        (Cities, Assets, Points, Devices, Names) = (same.Cities, same.Assets, same.Points, devices, names);
        (_assetByPath, _pointsOfAsset, _cityOfAsset, _parents) = (same._assetByPath, same._pointsOfAsset, same._cityOfAsset, same._parents);
    }

    public static Model Empty { get; } = new([], [], [], [], []);

    public ImmutableArray<City> Cities { get; }

    public ImmutableArray<Asset> Assets { get; }

    public ImmutableArray<Point> Points { get; }

    public ImmutableArray<DeviceMapping> Devices { get; }

    public ImmutableArray<NameMapping> Names { get; }

    public Asset? FindAsset(string path) => _assetByPath.TryGetValue(path, out var number) ? Assets[number] : null;

    public City? FindCity(string id) => Cities.FirstOrDefault(city => city.Id == id);

    public Point? FindPoint(int asset, string metric)
    {
        if ((uint)asset >= (uint)_pointsOfAsset.Length) return null;
        // An asset has few points: looking through them is quicker than an index of all.
        foreach (var number in _pointsOfAsset[asset]) if (Points[number].Metric == metric) return Points[number];
        return null;
    }

    /// <summary>Numbers of an asset's points, ascending.</summary>
    public ImmutableArray<int> PointsOf(int asset) => _pointsOfAsset[asset];

    /// <summary>The city an asset belongs to.</summary>
    public City CityOf(int asset) => Cities[_cityOfAsset[asset]];

    /// <summary>Its place among <see cref="Cities"/>.</summary>
    public int CityNumberOf(int asset) => _cityOfAsset[asset];

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
        return new(this, Devices, [.. names.Values.OrderBy(mapping => mapping.Name, StringComparer.Ordinal)]);
    }

    /// <summary>
    /// The same model; where another one has the same assets and points, by the same numbers, it shares them with it instead of keeping
    /// its own.
    /// </summary>
    public Model SharedWith(Model other) =>
        Cities.SequenceEqual(other.Cities) && Assets.SequenceEqual(other.Assets) && Points.SequenceEqual(other.Points) ? new(other, Devices, Names) : this;

    /// <summary>The same model without a name mapping.</summary>
    public Model WithoutName(string name) => new(this, Devices, Names.RemoveAll(mapping => mapping.Name == name));

    private static int CityNumber(ImmutableArray<City> cities, AssetId id)
    {
        var slash = id.Path.IndexOf('/', StringComparison.Ordinal);
        var city = slash < 0 ? id.Path : id.Path[..slash];
        for (var i = 0; i < cities.Length; i++) if (cities[i].Id == city) return i;
        throw new ArgumentException($"Asset {id} belongs to no city of the model.");
    }

    private static ImmutableArray<ImmutableArray<int>> GroupPoints(int assetCount, ImmutableArray<Point> points)
    {
        var counts = new int[assetCount];
        foreach (var point in points) counts[point.Asset]++;
        var groups = new int[assetCount][];
        foreach (var point in points)
        {
            var group = groups[point.Asset] ??= new int[counts[point.Asset]];
            group[^counts[point.Asset]--] = point.Number;
        }
        foreach (var group in groups) group?.AsSpan().Sort();
        return [.. groups.Select(group => group is null ? [] : ImmutableCollectionsMarshal.AsImmutableArray(group))];
    }
}
