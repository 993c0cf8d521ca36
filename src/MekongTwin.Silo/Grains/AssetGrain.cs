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
    private readonly List<LateOutcome> _late = [];
    private Region _region = null!;
    private AssetTwin _twin = null!;
    private MissedReadings? _missed;
    private long _turn;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        (_region, var asset) = regions.ResolveAsset(this.GetPrimaryKeyString());
        _twin = new(asset, [.. _region.Model.PointsOf(asset.Number).Select(number => _region.Model.Points[number])], await _region.NextEpochAsync(ct));
        foreach (var latest in _region.StoredLatest(asset)) _twin.SetLatest(_twin.SlotOf(latest.Point), latest);
        foreach (var missed in _region.Store.ReadSetAside())
        {
            if (_twin.SlotOf(missed.Point) >= 0) (_missed ??= new()).Add(missed, _twin);
        }
    }

    public Task<WireFolded> FoldAsync(WireShare share)
    {
        _turn++;
        _deltas.Clear();
        _late.Clear();
        // Before the readings: what it missed is among the applied ones, and they are not.
        if (_missed is not null && _missed.RetryAt <= _turn && _missed.CatchUp(_twin = _twin.Renewed(), _region.Readings, _region.Store, _turn, _deltas, _late)) _missed = null;
        var outcomes = new FoldOutcome[share.Readings.Length / Reading.Size];
        if (_missed is null) Fold(share, outcomes);
        else SetAside(share, outcomes);
        // Before they are sent: another partition may make the parent open the window meanwhile.
        foreach (var delta in _deltas) _region.Store.Put(delta);
        var latest = Latest();
        foreach (var reading in latest) _region.Store.PutLatest(reading);
        return Task.FromResult(new WireFolded { Outcomes = outcomes, Deltas = [.. _deltas], Latest = Packed.Of(latest), Late = [.. _late], SetAside = _missed is not null });
    }

    private void Fold(WireShare share, FoldOutcome[] outcomes)
    {
        if (share.Readings.Length == 0 || TryFold(share.Readings, outcomes)) return;
        // It starts again from the journal; when it fails again it is set aside.
        _twin = _twin.Renewed();
        if (TryFold(share.Readings, outcomes)) return;
        _twin = _twin.Renewed();
        _missed = new();
        _missed.Postpone(_turn);
        SetAside(share, outcomes);
    }

    private bool TryFold(byte[] packed, FoldOutcome[] outcomes)
    {
        var before = _deltas.Count;
        _settled.Clear();
        try
        {
            var readings = Packed.Readings(packed);
            for (var i = 0; i < readings.Length; i++) outcomes[i] = _twin.Fold(_twin.SlotOf(readings[i].Point), readings[i], i);
            if (_twin.TrySettle(_region.Readings, _settled, _deltas))
            {
                foreach (var (ticket, outcome) in _settled) outcomes[(int)ticket] = outcome;
                _twin.TakeEmissions(window => _region.Store.Put(window));
                return true;
            }
        }
        catch (Exception)
        {
            // Tried once more, then set aside and counted.
        }
        _deltas.RemoveRange(before, _deltas.Count - before);
        return false;
    }

    private void SetAside(WireShare share, FoldOutcome[] outcomes)
    {
        outcomes.AsSpan().Fill(FoldOutcome.Faulted);
        var readings = Packed.Readings(share.Readings);
        for (var i = 0; i < readings.Length; i++) _missed!.Count(readings[i], share.Sources[i], _twin);
        if (readings.Length > 0) _missed!.Store(_region.Store);
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
