using System.Runtime.CompilerServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Twins;

/// <summary>The twins of a model's assets by number, and which of them each point's readings go to.</summary>
internal sealed class TwinTable
{
    private readonly (int Asset, int Slot)[] _slots;
    private readonly AssetTwin?[] _twins;

    public TwinTable(Model model, long epoch, IEnumerable<Reading> latest)
    {
        Model = model;
        _slots = new (int, int)[model.Points.Length];
        _twins = new AssetTwin?[model.Assets.Length];
        foreach (var asset in model.Assets)
        {
            var points = model.PointsOf(asset.Number);
            for (var slot = 0; slot < points.Length; slot++) _slots[points[slot]] = (asset.Number, slot);
            if (!points.IsEmpty) _twins[asset.Number] = new(asset, [.. points.Select(number => model.Points[number])], epoch);
        }
        foreach (var reading in latest)
        {
            if (TryFind(reading.Point, out var asset, out var slot)) _twins[asset]!.SetLatest(slot, reading);
        }
    }

    public Model Model { get; }

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
