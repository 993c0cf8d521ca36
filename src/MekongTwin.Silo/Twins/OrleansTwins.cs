using System.Diagnostics;
using System.Runtime.InteropServices;
using MekongTwin.Api;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Host.Twins;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Twins;

/// <summary>
/// The cluster edition of <see cref="ITwins"/>: a batch goes to its partition's grain, a view is one call to each partition.
/// Every second it asks all of them how they are, which also wakes those that nobody has asked since a silo died.
/// </summary>
internal sealed class OrleansTwins : ITwins, IAsyncDisposable
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(1);

    /// <summary>A partition that does not answer for so long is not waited for.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan AskAgainFrom = TimeSpan.FromMilliseconds(50);

    private readonly IGrainFactory _grains;
    private readonly Region _region;
    private readonly Watchers _watchers = new();
    private readonly Observer _observer;
    private readonly CancellationTokenSource _stop = new();
    private readonly WireStatus?[] _statuses;
    private readonly Exception?[] _failures;
    private IChangesObserver? _self;
    private Task _beating = Task.CompletedTask;

    public OrleansTwins(IGrainFactory grains, Region region)
    {
        _grains = grains;
        _region = region;
        _observer = new(_watchers);
        _statuses = new WireStatus[region.Partitions];
        _failures = new Exception[region.Partitions];
    }

    /// <summary>How each partition was when it last answered.</summary>
    public IReadOnlyList<WireStatus?> Statuses => _statuses;

    /// <summary>Partitions that did not answer the last time, with the reason.</summary>
    public IReadOnlyList<(int Partition, string Why)> Silent =>
        [.. _failures.Index().Where(pair => pair.Item is not null).Select(pair => (pair.Index, CallFault.Reason(pair.Item!)))];

    /// <summary>Begins to hear of the changes that other silos make.</summary>
    public async Task StartAsync()
    {
        _self = _grains.CreateObjectReference<IChangesObserver>(_observer);
        await BeatAsync();
        _beating = KeepBeatingAsync();
    }

    /// <summary>Asks no more.</summary>
    public void StopBeating() => _stop.Cancel();

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
        var (views, _) = await ReadAsync(assets, (partition, own) => partition.ViewAsync(own), ct);
        return [.. assets.Select(asset => views[asset.Number])];
    }

    public async ValueTask<JournalCut> AppliedAsync(CancellationToken ct)
    {
        var statuses = await Task.WhenAll(Enumerable.Range(0, _region.Partitions).Select(partition => AskAsync(partition, grain => grain.BeatAsync(null), ct)));
        return new(ImmutableCollectionsMarshal.AsImmutableArray(statuses.Select(status => status.Applied).ToArray()));
    }

    public IAsyncEnumerable<TwinChanges> WatchAsync(WatchFilter filter, CancellationToken ct) => _watchers.FollowAsync(this, () => _region.Model, filter, ct);

    public async ValueTask<CitySnapshot> SnapshotAsync(string city, DateTimeOffset asOf, CancellationToken ct)
    {
        var until = Instant.From(asOf);
        var assets = _region.Model.Assets.Where(asset => asset.Id.IsIn(city)).ToList();
        var (views, cut) = await ReadAsync(assets, (partition, own) => partition.SnapshotAsync(own, until), ct);
        return new(cut, [.. assets.Select(asset => new TwinSnapshot(asset, views[asset.Number].Latest))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beating;
        _stop.Dispose();
    }

    /// <summary>A question that may be asked twice: asked again while the partition is on its way from a silo that died.</summary>
    public async Task<T> AskAsync<T>(int partition, Func<IPartitionGrain, Task<T>> ask, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        for (var delay = AskAgainFrom; ; delay *= 2)
        {
            try
            {
                return await ask(Partition(partition)).WaitAsync(ct);
            }
            catch (Exception e) when (e is OrleansException or TimeoutException or NotTheWriterException || (e is OperationCanceledException or ObjectDisposedException && !ct.IsCancellationRequested))
            {
                if (Stopwatch.GetElapsedTime(began) + delay > AnswerWithin)
                    throw new UnavailableException($"A part of the region does not answer: {CallFault.Reason(e)} It is brought back by itself; ask again in a few seconds.", e);
            }
            await Task.Delay(delay, ct);
        }
    }

    public IPartitionGrain Partition(int number) => _grains.GetGrain<IPartitionGrain>(_region.PartitionKey(number));

    /// <summary>The assets' views, and where each partition stood when it gave its part.</summary>
    private async Task<(Dictionary<int, TwinView> Views, JournalCut Cut)> ReadAsync(List<Asset> assets, Func<IPartitionGrain, int[], Task<WireView>> read, CancellationToken ct)
    {
        var map = _region.Map;
        var shares = assets.Select(asset => asset.Number).Distinct().ToLookup(map.PartitionOf);
        // Those that have nothing to say are not asked: their place in the cut is what they last said.
        var parts = await Task.WhenAll(Enumerable.Range(0, _region.Partitions).Select(async partition => shares.Contains(partition)
            ? await AskAsync(partition, grain => read(grain, [.. shares[partition]]), ct)
            : new WireView { Applied = _statuses[partition]?.Applied ?? 0, Latest = [], Faulted = [] }));
        var views = new Dictionary<int, TwinView>();
        for (var partition = 0; partition < parts.Length; partition++)
        {
            var latest = Values(map.Model, parts[partition].Latest).ToLookup(value => value.Point.Asset);
            var faulted = parts[partition].Faulted.ToHashSet();
            foreach (var asset in shares[partition]) views[asset] = new(map.Model.Assets[asset], [.. latest[asset]], faulted.Contains(asset));
        }
        return (views, new([.. parts.Select(part => part.Applied)]));
    }

    private static List<LatestValue> Values(Model model, byte[] packed)
    {
        var values = new List<LatestValue>();
        foreach (var reading in Packed.Readings(packed))
        {
            // A point that another silo knows already comes with the next model.
            if (reading.Point < model.Points.Length) values.Add(new(model.Points[reading.Point], reading));
        }
        return values;
    }

    private Task BeatAsync() => Task.WhenAll(Enumerable.Range(0, _region.Partitions).Select(BeatAsync));

    private async Task BeatAsync(int partition)
    {
        try
        {
            var before = _statuses[partition];
            var status = await Partition(partition).BeatAsync(_self).WaitAsync(AnswerWithin, _stop.Token);
            (_statuses[partition], _failures[partition]) = (status, null);
            // One that moved told nobody what changed meanwhile.
            if (before is not null && before.Epoch != status.Epoch) _watchers.Changed(_region.Map.AssetsOf(partition).Select(asset => asset.Number));
        }
        catch (Exception e)
        {
            _failures[partition] = e;
        }
    }

    private async Task KeepBeatingAsync()
    {
        using var timer = new PeriodicTimer(BeatEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token)) await BeatAsync();
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private sealed class Observer(Watchers watchers) : IChangesObserver
    {
        public void Changed(int[] assets) => watchers.Changed(assets);
    }
}
