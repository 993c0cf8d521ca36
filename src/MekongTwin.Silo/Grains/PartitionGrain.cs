using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Orleans.Utilities;

namespace MekongTwin.Silo.Grains;

/// <summary>
/// A partition's loop: one batch after another, each a call to every asset it touches, then one to every parent, level by
/// level. It also keeps its assets' latest values, so that a view is one call a partition, not one an asset.
/// </summary>
internal sealed class PartitionGrain(Regions regions, ILogger<PartitionGrain> logger) : Grain, IPartitionGrain
{
    /// <summary>An observer that has not asked again for so long is let go.</summary>
    public static readonly TimeSpan ObserverExpiry = TimeSpan.FromMinutes(2);

    private readonly ObserverManager<IChangesObserver> _observers = new(ObserverExpiry, logger);
    private readonly Dictionary<int, byte[]> _latest = [];
    private readonly HashSet<int> _faulted = [];
    private Region _region = null!;
    private long _applied;

    public override Task OnActivateAsync(CancellationToken ct)
    {
        (_region, var number) = regions.Resolve(this.GetPrimaryKeyString());
        var partition = int.Parse(number, System.Globalization.CultureInfo.InvariantCulture);
        _applied = _region.StoredOffset(partition);
        foreach (var asset in _region.Model.Assets)
        {
            if (_region.PartitionOf(asset.Number) != partition || _region.Model.PointsOf(asset.Number).IsEmpty) continue;
            _latest[asset.Number] = Packed.Of([.. _region.StoredLatest(asset).OrderBy(reading => reading.Point)]);
        }
        return Task.CompletedTask;
    }

    public async Task<WireApplied> ApplyAsync(WireBatch batch, IChangesObserver? caller)
    {
        if (batch.From != _applied) throw new ArgumentException($"A batch from {batch.From}, where {_applied} is applied: batches follow each other without gap or repeat.", nameof(batch));
        var outcomes = new FoldOutcome[batch.Readings.Length / Reading.Size];
        var shares = Share(batch.Readings, outcomes);
        var folded = await Task.WhenAll(shares.Select(share => FoldAsync(share.Key, share.Value, batch.Readings)));
        var changed = new HashSet<int>(shares.Keys);
        var deltas = new List<Delta>();
        foreach (var ((asset, places), made) in shares.Zip(folded))
        {
            for (var i = 0; i < places.Count; i++) outcomes[places[i]] = made.Outcomes[i];
            _latest[asset] = made.Latest;
            deltas.AddRange(made.Deltas);
            if (made.Faulted) _faulted.Add(asset);
            else _faulted.Remove(asset);
        }
        await ClimbAsync(deltas, changed);
        _applied = batch.To;
        var all = changed.ToArray();
        _observers.Notify(observer => observer.Changed(all), observer => !observer.Equals(caller));
        return new() { Outcomes = outcomes, Changed = all, Faulted = [.. shares.Keys.Where(_faulted.Contains)] };
    }

    public Task<WireView> ViewAsync(int[] assets)
    {
        var latest = new MemoryStream();
        foreach (var asset in assets)
        {
            if (_latest.TryGetValue(asset, out var packed)) latest.Write(packed);
        }
        return Task.FromResult(new WireView { Applied = _applied, Latest = latest.ToArray(), Faulted = [.. assets.Where(_faulted.Contains)] });
    }

    public Task<long> AppliedAsync() => Task.FromResult(_applied);

    public Task ObserveAsync(IChangesObserver observer)
    {
        _observers.Subscribe(observer, observer);
        return Task.CompletedTask;
    }

    /// <summary>Which places of the batch belong to which asset; readings of points nobody knows are set aside.</summary>
    private Dictionary<int, List<int>> Share(byte[] packed, FoldOutcome[] outcomes)
    {
        var shares = new Dictionary<int, List<int>>();
        var readings = Packed.Readings(packed);
        for (var i = 0; i < readings.Length; i++)
        {
            if (!_region.TryFind(readings[i].Point, out var asset, out _))
            {
                outcomes[i] = FoldOutcome.Faulted;
                continue;
            }
            if (!shares.TryGetValue(asset, out var places)) shares[asset] = places = [];
            places.Add(i);
        }
        return shares;
    }

    private Task<WireFolded> FoldAsync(int asset, List<int> places, byte[] packed)
    {
        var readings = Packed.Readings(packed);
        var own = new Reading[places.Count];
        for (var i = 0; i < own.Length; i++) own[i] = readings[places[i]];
        return GrainFactory.GetGrain<IAssetGrain>(_region.AssetKey(asset)).FoldAsync(Packed.Of(own));
    }

    /// <summary>One message a parent and level: the lowest first, so that each settles once a batch.</summary>
    private async Task ClimbAsync(List<Delta> deltas, HashSet<int> changed)
    {
        while (deltas.Count > 0)
        {
            var byParent = deltas.SelectMany(delta => Model.ParentsOf(_region.Model.Assets[delta.Child]).Select(parent => (parent, delta)))
                .GroupBy(pair => pair.parent, pair => pair.delta).ToList();
            var up = await Task.WhenAll(byParent.Select(group => GrainFactory.GetGrain<ITotalsGrain>(_region.AssetKey(group.Key)).TakeAsync([.. group])));
            foreach (var group in byParent) changed.Add(group.Key);
            deltas = [.. up.SelectMany(part => part)];
        }
    }
}
