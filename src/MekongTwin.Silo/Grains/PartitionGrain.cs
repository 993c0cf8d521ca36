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
    private readonly HashSet<int> _setAside = [];
    private Region _region = null!;
    private long _applied;

    public override Task OnActivateAsync(CancellationToken ct)
    {
        (_region, var number) = regions.Resolve(this.GetPrimaryKeyString());
        var partition = int.Parse(number, System.Globalization.CultureInfo.InvariantCulture);
        _applied = _region.StoredOffset(partition);
        var setAside = _region.Store.ReadSetAside().Select(missed => missed.Point).ToHashSet();
        foreach (var asset in _region.Model.Assets)
        {
            if (_region.PartitionOf(asset.Number) != partition || _region.Model.PointsOf(asset.Number).IsEmpty) continue;
            if (_region.Model.PointsOf(asset.Number).Any(setAside.Contains)) _setAside.Add(asset.Number);
            _latest[asset.Number] = Packed.Of([.. _region.StoredLatest(asset).OrderBy(reading => reading.Point)]);
        }
        return Task.CompletedTask;
    }

    public async Task<WireApplied> ApplyAsync(WireBatch batch, IChangesObserver? caller)
    {
        if (batch.From != _applied) throw new ArgumentException($"A batch from {batch.From}, where {_applied} is applied: batches follow each other without gap or repeat.", nameof(batch));
        var outcomes = new FoldOutcome[batch.Readings.Length / Reading.Size];
        var shares = Share(batch, outcomes);
        // Twins that are set aside count turns until they are tried again.
        foreach (var asset in _setAside) shares.TryAdd(asset, []);
        var folded = await Task.WhenAll(shares.Select(share => GrainFactory.GetGrain<IAssetGrain>(_region.AssetKey(share.Key)).FoldAsync(Take(batch, share.Value))));
        var changed = new HashSet<int>(shares.Keys);
        var (deltas, late) = (new List<Delta>(), new List<LateOutcome>());
        foreach (var ((asset, places), made) in shares.Zip(folded))
        {
            for (var i = 0; i < places.Count; i++) outcomes[places[i]] = made.Outcomes[i];
            _latest[asset] = made.Latest;
            deltas.AddRange(made.Deltas);
            late.AddRange(made.Late);
            if (made.SetAside) _setAside.Add(asset);
            else _setAside.Remove(asset);
        }
        await ClimbAsync(deltas, changed);
        _applied = batch.To;
        var all = changed.ToArray();
        _observers.Notify(observer => observer.Changed(all), observer => !observer.Equals(caller));
        var faulted = shares.Where(share => share.Value.Count > 0 && _setAside.Contains(share.Key)).Select(share => share.Key);
        return new() { Outcomes = outcomes, Changed = all, Faulted = [.. faulted], Late = [.. late] };
    }

    public Task<WireView> ViewAsync(int[] assets)
    {
        var latest = new MemoryStream();
        foreach (var asset in assets)
        {
            if (_latest.TryGetValue(asset, out var packed)) latest.Write(packed);
        }
        return Task.FromResult(new WireView { Applied = _applied, Latest = latest.ToArray(), Faulted = [.. assets.Where(_setAside.Contains)] });
    }

    public Task<long> AppliedAsync() => Task.FromResult(_applied);

    public Task ObserveAsync(IChangesObserver observer)
    {
        _observers.Subscribe(observer, observer);
        return Task.CompletedTask;
    }

    /// <summary>Which places of the batch belong to which asset; readings of points nobody knows are set aside.</summary>
    private Dictionary<int, List<int>> Share(WireBatch batch, FoldOutcome[] outcomes)
    {
        var shares = new Dictionary<int, List<int>>();
        var readings = Packed.Readings(batch.Readings);
        for (var i = 0; i < readings.Length; i++)
        {
            if (!_region.TryFind(readings[i].Point, out var asset))
            {
                outcomes[i] = FoldOutcome.Faulted;
                continue;
            }
            if (!shares.TryGetValue(asset, out var places)) shares[asset] = places = [];
            places.Add(i);
        }
        return shares;
    }

    private static WireShare Take(WireBatch batch, List<int> places)
    {
        if (places.Count == 0) return WireShare.None;
        var readings = Packed.Readings(batch.Readings);
        var own = new Reading[places.Count];
        for (var i = 0; i < own.Length; i++) own[i] = readings[places[i]];
        return new() { Readings = Packed.Of(own), Sources = [.. places.Select(place => batch.Sources[place])] };
    }

    /// <summary>One message a parent: the lowest level first, so that each settles once a batch.</summary>
    private async Task ClimbAsync(List<Delta> deltas, HashSet<int> changed)
    {
        var waiting = new Dictionary<int, List<Delta>>();
        Give(deltas);
        while (waiting.Count > 0)
        {
            var level = waiting.Keys.Min(_region.LevelOf);
            var parents = waiting.Where(pair => _region.LevelOf(pair.Key) == level).ToList();
            var up = await Task.WhenAll(parents.Select(pair => GrainFactory.GetGrain<ITotalsGrain>(_region.AssetKey(pair.Key)).TakeAsync([.. pair.Value])));
            foreach (var (parent, _) in parents) waiting.Remove(parent);
            changed.UnionWith(parents.Select(pair => pair.Key));
            foreach (var part in up) Give(part);
        }

        void Give(IReadOnlyCollection<Delta> given)
        {
            foreach (var delta in given)
            {
                foreach (var parent in Model.ParentsOf(_region.Model.Assets[delta.Child]))
                {
                    if (!waiting.TryGetValue(parent, out var held)) waiting[parent] = held = [];
                    held.Add(delta);
                }
            }
        }
    }
}
