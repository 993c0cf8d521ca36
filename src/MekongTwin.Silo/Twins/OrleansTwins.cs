using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.Host.Twins;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Twins;

/// <summary>
/// The cluster edition of <see cref="ITwins"/>: a batch goes to its partition's grain, a view is one call to each partition.
/// </summary>
public sealed class OrleansTwins : ITwins, IAsyncDisposable
{
    private static readonly TimeSpan ObserveEvery = PartitionGrain.ObserverExpiry / 4;

    private readonly IGrainFactory _grains;
    private readonly Region _region;
    private readonly Watchers _watchers = new();
    private readonly Observer _observer;
    private readonly CancellationTokenSource _stop = new();
    private IChangesObserver? _self;
    private Task _observing = Task.CompletedTask;

    public OrleansTwins(IGrainFactory grains, Region region)
    {
        _grains = grains;
        _region = region;
        _observer = new(_watchers);
    }

    /// <summary>Begins to hear of the changes that other silos make.</summary>
    public async Task StartAsync()
    {
        _self = _grains.CreateObjectReference<IChangesObserver>(_observer);
        await ObserveAsync();
        _observing = KeepObservingAsync();
    }

    public async ValueTask<ApplyResult> ApplyAsync(PartitionBatch batch, CancellationToken ct)
    {
        var sources = new int[batch.Readings.Length];
        foreach (var slice in batch.Slices) sources.AsSpan(slice.Start, slice.Count).Fill(slice.Source);
        var wire = new WireBatch { From = batch.From, To = batch.To, Readings = Packed.Of(batch.Readings.Span), Sources = sources };
        var applied = await Partition(batch.Partition).ApplyAsync(wire, _self).WaitAsync(ct);
        _watchers.Changed(applied.Changed);
        return new(batch.To, applied.Outcomes, [.. applied.Faulted.Select(asset => _region.Model.Assets[asset].Id)], applied.Late);
    }

    public async ValueTask<IReadOnlyList<TwinView>> ViewAsync(IReadOnlyList<AssetId> ids, CancellationToken ct)
    {
        var assets = ids.Select(id => _region.Model.FindAsset(id.Path)).OfType<Asset>().ToList();
        var (views, _) = await ReadAsync(assets, ct);
        return [.. assets.Select(asset => views[asset.Number])];
    }

    public async ValueTask<JournalCut> AppliedAsync(CancellationToken ct) =>
        new(ImmutableCollectionsMarshal.AsImmutableArray(await Task.WhenAll(Enumerable.Range(0, _region.Partitions).Select(partition => Partition(partition).AppliedAsync())).WaitAsync(ct)));

    public IAsyncEnumerable<TwinChanges> WatchAsync(WatchFilter filter, CancellationToken ct) => _watchers.FollowAsync(this, _region.Model, filter, ct);

    public async ValueTask<CitySnapshot> SnapshotAsync(string city, DateTimeOffset asOf, CancellationToken ct)
    {
        var until = Instant.From(asOf);
        var assets = _region.Model.Assets.Where(asset => asset.Id.Path == city || asset.Id.Path.StartsWith(city + "/", StringComparison.Ordinal)).ToList();
        var (views, cut) = await ReadAsync(assets, ct);
        return new(cut, [.. assets.Select(asset => new TwinSnapshot(asset, [.. views[asset.Number].Latest.Select(latest => LatestUntil.Find(latest, until, _region.Readings)).OfType<LatestValue>()]))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _observing;
        _stop.Dispose();
    }

    private IPartitionGrain Partition(int number) => _grains.GetGrain<IPartitionGrain>(_region.PartitionKey(number));

    /// <summary>The assets' views, and where each partition stood when it gave its part.</summary>
    private async Task<(Dictionary<int, TwinView> Views, JournalCut Cut)> ReadAsync(List<Asset> assets, CancellationToken ct)
    {
        var shares = assets.Select(asset => asset.Number).Distinct().ToLookup(_region.PartitionOf);
        var parts = await Task.WhenAll(Enumerable.Range(0, _region.Partitions).Select(partition => Partition(partition).ViewAsync([.. shares[partition]]))).WaitAsync(ct);
        var views = new Dictionary<int, TwinView>();
        for (var partition = 0; partition < parts.Length; partition++)
        {
            var latest = Values(parts[partition].Latest).ToLookup(value => value.Point.Asset);
            var faulted = parts[partition].Faulted.ToHashSet();
            foreach (var asset in shares[partition]) views[asset] = new(_region.Model.Assets[asset], [.. latest[asset]], faulted.Contains(asset));
        }
        return (views, new([.. parts.Select(part => part.Applied)]));
    }

    private List<LatestValue> Values(byte[] packed)
    {
        var values = new List<LatestValue>();
        foreach (var reading in Packed.Readings(packed)) values.Add(new(_region.Model.Points[reading.Point], reading));
        return values;
    }

    private Task ObserveAsync() => Task.WhenAll(Enumerable.Range(0, _region.Partitions).Select(partition => Partition(partition).ObserveAsync(_self!)));

    /// <summary>A partition that moved to another silo has forgotten its observers: they ask again and again.</summary>
    private async Task KeepObservingAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(ObserveEvery, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_stop.IsCancellationRequested) await ObserveAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private sealed class Observer(Watchers watchers) : IChangesObserver
    {
        public void Changed(int[] assets) => watchers.Changed(assets);
    }
}
