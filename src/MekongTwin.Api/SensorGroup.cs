using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Api;

/// <summary>
/// The points of one kind of asset below one parent: a substation's feeders, a feeder's transformers, a zone's detectors. They usually
/// share a gateway, and those of one metric can witness for each other. The parent is that of the electrical tree where there is one.
/// </summary>
internal sealed record SensorGroup(Asset Parent, AssetKind Kind, IReadOnlyList<Point> Points)
{
    /// <summary>Fewer assets fall silent together by chance.</summary>
    private const int AssetsMin = 3;

    private int Assets { get; } = Points.Select(point => point.Asset).Distinct().Count();

    /// <summary>All groups of a city, thousands of transformers last.</summary>
    public static IReadOnlyList<SensorGroup> Of(Model model, City city) =>
        [.. model.Points.Where(point => model.CityOf(point.Asset) == city).GroupBy(point => KeyOf(model.Assets[point.Asset]))
            .Select(group => new SensorGroup(ParentOf(model, group.Key.Parent, city), group.Key.Kind, [.. group]))
            .OrderBy(group => group.Kind == AssetKind.Transformer).ThenBy(group => group.Points.Count).ThenBy(group => group.Parent.Id.Path, StringComparer.Ordinal)];

    /// <summary>The group an asset's points are in.</summary>
    public static SensorGroup Around(Model model, Asset asset)
    {
        var (key, city) = (KeyOf(asset), model.CityOf(asset.Number));
        var assets = model.Assets.Where(other => KeyOf(other) == key && model.CityOf(other.Number) == city);
        return new(ParentOf(model, key.Parent, city), asset.Kind, [.. assets.SelectMany(other => model.PointsOf(other.Number)).Select(number => model.Points[number])]);
    }

    /// <summary>What neighbours say of its points: drifts, by point.</summary>
    public async ValueTask<IReadOnlyDictionary<int, Finding>> FindDriftsAsync(ITwinServices services, CityDay day, CancellationToken ct)
    {
        var found = new Dictionary<int, Finding>();
        foreach (var metric in Points.Where(Drift.CanTell).GroupBy(point => (point.Metric, point.Unit)))
        {
            var members = new List<(Point, IReadOnlyList<PointWindow>)>();
            foreach (var point in metric) members.Add((point, await services.Queries.PointWindowsAsync(point.Number, day.FromUs, day.ToUs, ct)));
            foreach (var (point, drift) in Drift.Find(members)) found[point] = drift;
        }
        return found;
    }

    /// <summary>Silences that every point shares that was heard; none where the group is too small to tell.</summary>
    public IReadOnlyList<Finding> FindSilences(IEnumerable<PointQuality?> points) =>
        Assets < AssetsMin ? [] : SharedSilence.Find([.. points.OfType<PointQuality>().Where(quality => quality.ToUs > quality.FromUs).Select(quality => quality.Findings)]);

    /// <summary>What hangs on nothing is the city's.</summary>
    private static Asset ParentOf(Model model, int parent, City city) => parent >= 0 ? model.Assets[parent] : model.FindAsset(city.Id)!;

    private static (int Parent, AssetKind Kind) KeyOf(Asset asset) => (asset.ElectricalParent >= 0 ? asset.ElectricalParent : asset.AdministrativeParent, asset.Kind);
}
