using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Twins;

/// <summary>The twins of a model's assets by number, and which of them each point's readings go to.</summary>
internal sealed class TwinTable
{
    private readonly TwinBench[] _benches;
    private (int Asset, int Slot)[] _slots = [];
    private AssetTwin?[] _twins = [];

    public TwinTable(Model model, IEnumerable<Reading> latest, int workers)
    {
        _benches = [.. Enumerable.Range(0, workers).Select(_ => new TwinBench())];
        Extend(model);
        foreach (var reading in latest)
        {
            if (TryFind(reading.Point, out var asset, out var slot)) _twins[asset]!.SetLatest(slot, reading);
        }
    }

    public Model Model { get; private set; } = Model.Empty;

    /// <summary>Goes on under a model with more in it: twins whose points are the same stay as they are. Between turns.</summary>
    public void Extend(Model model)
    {
        Model = model;
        Array.Resize(ref _twins, model.Assets.Length);
        var slots = new (int, int)[model.Points.Length];
        foreach (var asset in model.Assets)
        {
            ImmutableArray<Point> points = [.. model.PointsOf(asset.Number).Select(number => model.Points[number])];
            for (var slot = 0; slot < points.Length; slot++) slots[points[slot].Number] = (asset.Number, slot);
            if (points.IsEmpty) continue;
            ref var twin = ref _twins[asset.Number];
            if (twin is null) twin = new(asset, points, _benches[WorkerOf(asset.Number)]);
            else if (!twin.Has(points)) twin = twin.Renewed(asset, points);
        }
        _slots = slots;
    }

    /// <summary>The worker that owns an asset's twin.</summary>
    public int WorkerOf(int asset) => asset % _benches.Length;

    /// <summary>The twin of an asset that has points, or null.</summary>
    public AssetTwin? this[int asset] => _twins[asset];

    /// <summary>The asset and slot that a point's readings go to; false for a point nobody knows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(int point, out int asset, out int slot)
    {
        var slots = _slots;
        (asset, slot) = (uint)point < (uint)slots.Length ? slots[point] : (-1, -1);
        return asset >= 0;
    }

    /// <summary>Puts a new twin in an asset's place: it keeps the latest values, and starts again from the journal.</summary>
    public AssetTwin Renew(int asset) => _twins[asset] = _twins[asset]!.Renewed();
}
