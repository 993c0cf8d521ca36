using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Silo.Twins;

/// <summary>What a region's grains on one silo share: the model, the applied readings, the store. Thread-safe.</summary>
/// <param name="name">First part of its grains' keys.</param>
/// <param name="model">The cities.</param>
/// <param name="partitions">Partitions of its journal; fixed for the life of a region.</param>
public sealed class Region(string name, Model model, int partitions)
{
    private readonly int[] _levels = Levels(model);

    public string Name => name;

    public Model Model => model;

    public int Partitions => partitions;

    /// <summary>Applied readings that are no longer hot.</summary>
    public required IReadingSource Readings { get; init; }

    /// <summary>Where facts go. Called by many grains at once.</summary>
    public required ITwinStore Store { get; init; }

    /// <summary>Stored latest values of an asset's points.</summary>
    public required Func<Asset, IEnumerable<Reading>> StoredLatest { get; init; }

    /// <summary>Offset that the stored facts of a partition stand for.</summary>
    public required Func<int, long> StoredOffset { get; init; }

    /// <summary>A durable number that rises at every call.</summary>
    public required Func<CancellationToken, ValueTask<long>> NextEpochAsync { get; init; }

    /// <summary>The asset of a point; false for a point nobody knows.</summary>
    public bool TryFind(int point, out int asset)
    {
        var known = (uint)point < (uint)model.Points.Length;
        asset = known ? model.Points[point].Asset : -1;
        return known;
    }

    /// <summary>How many levels of assets there are below this one.</summary>
    public int LevelOf(int asset) => _levels[asset];

    public string AssetKey(int asset) => $"{name}|{model.Assets[asset].Id.Path}";

    public string PartitionKey(int partition) => $"{name}|{partition}";

    /// <summary>The partition an asset's readings are journalled in: the same on every machine and in every version.</summary>
    public int PartitionOf(int asset)
    {
        // FNV-1a over the path.
        var hash = 2166136261u;
        foreach (var letter in model.Assets[asset].Id.Path) hash = (hash ^ (byte)letter) * 16777619u;
        return (int)(hash % (uint)partitions);
    }

    private static int[] Levels(Model model)
    {
        var levels = new int[model.Assets.Length];
        foreach (var asset in model.Assets) Raise(asset, 0);
        return levels;

        void Raise(Asset asset, int level)
        {
            levels[asset.Number] = Math.Max(levels[asset.Number], level);
            foreach (var parent in Model.ParentsOf(asset)) Raise(model.Assets[parent], level + 1);
        }
    }
}

/// <summary>The regions a silo serves, by name.</summary>
public sealed class Regions
{
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, Region> _byName = new(StringComparer.Ordinal);

    public void Add(Region region) => _byName[region.Name] = region;

    public void Remove(string name) => _byName.TryRemove(name, out _);

    /// <summary>Takes a grain's key apart.</summary>
    internal (Region Region, string Within) Resolve(string key)
    {
        var bar = key.IndexOf('|', StringComparison.Ordinal);
        return _byName.TryGetValue(key[..bar], out var region) ? (region, key[(bar + 1)..])
            : throw new InvalidOperationException($"This silo does not serve region '{key[..bar]}'.");
    }

    /// <summary>The asset that a grain's key names.</summary>
    internal (Region Region, Asset Asset) ResolveAsset(string key)
    {
        var (region, path) = Resolve(key);
        return (region, region.Model.FindAsset(path) ?? throw new InvalidOperationException($"The model of region '{region.Name}' has no asset {path}."));
    }
}
