using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Orleans.Placement;

namespace MekongTwin.Silo.Grains;

/// <summary>The door of one <see cref="AssetTwin"/>. It lives where its partition first calls it.</summary>
[PreferLocalPlacement]
internal sealed class AssetGrain(Regions regions) : Grain, IAssetGrain
{
    private readonly List<SettledReading> _settled = [];
    private readonly List<Delta> _deltas = [];
    private Region _region = null!;
    private AssetTwin _twin = null!;
    private long _epoch;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        (_region, var asset) = regions.ResolveAsset(this.GetPrimaryKeyString());
        _epoch = await _region.NextEpochAsync(ct);
        _twin = new(asset, [.. _region.Model.PointsOf(asset.Number).Select(number => _region.Model.Points[number])], _epoch);
        foreach (var latest in _region.StoredLatest(asset)) SetLatest(latest);
    }

    public Task<WireFolded> FoldAsync(byte[] readings)
    {
        var outcomes = new FoldOutcome[readings.Length / Reading.Size];
        var folded = TryFold(Packed.Readings(readings), outcomes);
        if (!folded)
        {
            // It starts again from the journal; when it fails again, the readings are set aside.
            Renew();
            folded = TryFold(Packed.Readings(readings), outcomes);
            if (!folded) Renew();
        }
        if (!folded) outcomes.AsSpan().Fill(FoldOutcome.Faulted);
        return Task.FromResult(new WireFolded { Outcomes = outcomes, Deltas = [.. _deltas], Latest = Packed.Of(Latest()), Faulted = !folded });
    }

    private bool TryFold(ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        _deltas.Clear();
        _settled.Clear();
        try
        {
            for (var i = 0; i < readings.Length; i++)
            {
                _region.TryFind(readings[i].Point, out _, out var slot);
                outcomes[i] = _twin.Fold(slot, readings[i], i);
            }
            if (_twin.TrySettle(_region.Readings, _settled, _deltas))
            {
                foreach (var (ticket, outcome) in _settled) outcomes[(int)ticket] = outcome;
                _twin.TakeEmissions(window => _region.Store.Put(window));
                foreach (var delta in _deltas) _region.Store.Put(delta);
                foreach (var latest in Latest()) _region.Store.PutLatest(latest);
                return true;
            }
        }
        catch (Exception)
        {
            // Said by the caller, which counts it.
        }
        _deltas.Clear();
        return false;
    }

    private void Renew()
    {
        var latest = Latest();
        _twin = new(_twin.Asset, [.. Enumerable.Range(0, _twin.PointCount).Select(_twin.PointAt)], _epoch, _twin.Revision);
        foreach (var reading in latest) SetLatest(reading);
    }

    private void SetLatest(in Reading latest)
    {
        if (_region.TryFind(latest.Point, out _, out var slot)) _twin.SetLatest(slot, latest);
    }

    private Reading[] Latest()
    {
        var latest = new List<Reading>(_twin.PointCount);
        for (var slot = 0; slot < _twin.PointCount; slot++)
        {
            if (_twin.TryLatest(slot, out var reading)) latest.Add(reading);
        }
        return [.. latest];
    }
}
