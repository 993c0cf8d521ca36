using System.Collections.Immutable;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Silo.Twins;

/// <summary>Which partition each asset of a model belongs to, and what follows from that. Immutable.</summary>
internal sealed class PartitionMap
{
    private readonly int[] _partitionOfAsset;
    private readonly int[] _ordinalOfPoint;
    private readonly ImmutableArray<int>[] _pointsOfPartition;
    private readonly int[]?[] _above;

    public PartitionMap(Model model, int partitions)
    {
        Model = model;
        _partitionOfAsset = [.. model.Assets.Select(asset => Hash(asset.Id.Path, partitions))];
        _ordinalOfPoint = new int[model.Points.Length];
        var points = new ImmutableArray<int>.Builder[partitions];
        for (var partition = 0; partition < partitions; partition++) points[partition] = ImmutableArray.CreateBuilder<int>();
        foreach (var point in model.Points)
        {
            var own = points[_partitionOfAsset[point.Asset]];
            _ordinalOfPoint[point.Number] = own.Count;
            own.Add(point.Number);
        }
        _pointsOfPartition = [.. points.Select(own => own.ToImmutable())];
        _above = new int[model.Assets.Length][];
    }

    public Model Model { get; }

    public int PartitionOf(int asset) => _partitionOfAsset[asset];

    /// <summary>Points of a partition, ascending: a point's ordinal is its place here. New points only follow.</summary>
    public ImmutableArray<int> PointsOf(int partition) => _pointsOfPartition[partition];

    public int OrdinalOf(int point) => _ordinalOfPoint[point];

    /// <summary>False for a point that this model does not know.</summary>
    public bool Knows(int point) => (uint)point < (uint)_ordinalOfPoint.Length;

    public int AssetOf(int point) => Model.Points[point].Asset;

    /// <summary>Assets of a partition that have points.</summary>
    public IEnumerable<Asset> AssetsOf(int partition) =>
        Model.Assets.Where(asset => _partitionOfAsset[asset.Number] == partition && !Model.PointsOf(asset.Number).IsEmpty);

    /// <summary>Every asset that a contribution ever reaches, once for each way there.</summary>
    public int[] Above(int asset) => _above[asset] ??= Climb(asset, Model.ParentsOf);

    /// <summary>Every asset that the contribution to a window reaches, by the window's start, once for each way there.</summary>
    public int[] Above(int asset, long startUs) =>
        Above(asset).Append(asset).Any(at => Model.Assets[at].Former is not null) ? Climb(asset, from => Model.ParentsAt(from, startUs)) : Above(asset);

    private int[] Climb(int asset, Func<Asset, IEnumerable<int>> parentsOf)
    {
        var above = new List<int>();
        From(asset);
        return [.. above];

        void From(int from)
        {
            foreach (var parent in parentsOf(Model.Assets[from]))
            {
                above.Add(parent);
                From(parent);
            }
        }
    }

    /// <summary>FNV-1a: the same on every machine and in every version.</summary>
    private static int Hash(string path, int partitions)
    {
        var hash = 2166136261u;
        foreach (var letter in path) hash = (hash ^ (byte)letter) * 16777619u;
        return (int)(hash % (uint)partitions);
    }
}
