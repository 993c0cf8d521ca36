using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Twins;

/// <summary>
/// The embedded edition of <see cref="ITwins"/>. A batch is one turn: every worker folds the readings of the twins it owns,
/// then the deltas climb the trees level by level. Between turns nothing moves, so views and commits see whole batches.
/// </summary>
public sealed class LocalTwins : ITwins, IAsyncDisposable
{
    /// <summary>Batches smaller than this are folded on one loop: handing them out costs more.</summary>
    private const int ParallelFrom = 4096;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly WorkerPool _workers;
    private readonly IReadingSource _source;
    private readonly ITwinStore _store;
    private readonly Action<Reading> _putLatest;
    private readonly Watchers _watchers = new();
    private readonly TwinTable _twins;
    private readonly Totals _totals;
    private readonly Shard[] _shards;
    private readonly SetAsideTwins _setAside;
    private FoldOutcome[] _outcomes = [];
    private long _applied;

    /// <param name="model">The cities.</param>
    /// <param name="source">Applied readings that are no longer hot.</param>
    /// <param name="store">Where facts go.</param>
    /// <param name="applied">Journal offset that the stored facts stand for.</param>
    /// <param name="latest">Stored latest values.</param>
    /// <param name="workers">Loops that own twins.</param>
    public LocalTwins(Model model, IReadingSource source, ITwinStore store, long applied, IEnumerable<Reading> latest, int workers)
    {
        _source = source;
        _store = store;
        _putLatest = latest => store.PutLatest(latest);
        _applied = applied;
        _workers = new WorkerPool(workers);
        _twins = new TwinTable(model, latest, _workers.Count);
        _totals = new Totals(model);
        _shards = [.. Enumerable.Range(0, _workers.Count).Select(worker => new Shard(_twins, source, worker))];
        _setAside = new SetAsideTwins(_twins, source, store);
        foreach (var asset in _setAside.Assets) Exclude(asset);
        Faulted = _setAside.Describe();
    }

    /// <summary>The model the twins stand for.</summary>
    public Model Model => _twins.Model;

    /// <summary>How often a twin failed and was set aside since the start.</summary>
    public long Faults { get; private set; }

    /// <summary>Twins that are set aside now.</summary>
    public int SetAside => _setAside.Assets.Count;

    /// <summary>The same, each with its reason, as of the last turn. Thread-safe.</summary>
    public IReadOnlyList<TwinFault> Faulted { get; private set; }

    public async ValueTask<ApplyResult> ApplyAsync(PartitionBatch batch, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (batch.From != _applied) throw new ArgumentException($"A batch from {batch.From}, where {_applied} is applied: batches follow each other without gap or repeat.", nameof(batch));
            if (_outcomes.Length < batch.Readings.Length) _outcomes = new FoldOutcome[Math.Max(batch.Readings.Length, _outcomes.Length * 2)];
            var outcomes = _outcomes.AsMemory(0, batch.Readings.Length);
            outcomes.Span.Clear();
            var (deltas, late) = (new List<AssetWindow>(), new List<LateOutcome>());
            Retry(deltas, late);
            if (_workers.Count == 1 || batch.Readings.Length < ParallelFrom) _shards[^1].FoldAll(batch.Readings.Span, outcomes.Span);
            else await _workers.RunAsync(worker => _shards[worker].FoldShare(batch.Readings.Span, outcomes.Span));
            Collect(deltas);
            var faulted = _setAside.Count(batch, outcomes.Span);
            Faulted = _setAside.Describe();
            _applied = batch.To;
            return new(batch.To, outcomes, [.. faulted.Select(asset => Model.Assets[asset].Id)], late);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<IReadOnlyList<TwinView>> ViewAsync(IReadOnlyList<AssetId> ids, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var views = new List<TwinView>(ids.Count);
            foreach (var id in ids)
            {
                if (Model.FindAsset(id.Path) is { } asset) views.Add(View(asset));
            }
            return views;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<JournalCut> AppliedAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        var applied = _applied;
        _turn.Release();
        return new([applied]);
    }

    public IAsyncEnumerable<TwinChanges> WatchAsync(WatchFilter filter, CancellationToken ct) => _watchers.FollowAsync(this, () => Model, filter, ct);

    public async ValueTask<CitySnapshot> SnapshotAsync(string city, DateTimeOffset asOf, CancellationToken ct)
    {
        var until = Instant.From(asOf);
        await _turn.WaitAsync(ct);
        try
        {
            var twins = Model.Assets
                .Where(asset => asset.Id.IsIn(city))
                .Select(asset => new TwinSnapshot(asset, [.. View(asset).Latest.Select(latest => LatestUntil.Find(latest, until, _source)).OfType<LatestValue>()]));
            return new(new([_applied]), [.. twins]);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Goes on under a model with more in it, under which everything that is folded holds.</summary>
    public Task ExtendAsync(Model model, CancellationToken ct) => BetweenTurnsAsync(() =>
    {
        _twins.Extend(model);
        _totals.Extend(model);
        foreach (var shard in _shards) shard.Extend();
    }, ct);

    /// <summary>Runs between two batches, when no twin moves: the moment to commit what they put into the store.</summary>
    public async Task BetweenTurnsAsync(Action action, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            action();
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _workers.DisposeAsync();
        _turn.Dispose();
    }

    /// <summary>Twins that were set aside get their chance before the batch: what they missed is in the index, and it is not.</summary>
    private void Retry(List<AssetWindow> deltas, List<LateOutcome> late)
    {
        var tried = _setAside.Retry(deltas, late);
        foreach (var asset in tried)
        {
            if (!_setAside.Contains(asset)) Include(asset);
            PutLatest(asset);
        }
        _watchers.Changed(tried);
    }

    private void Exclude(int asset)
    {
        foreach (var shard in _shards) shard.Exclude(asset);
    }

    private void Include(int asset)
    {
        foreach (var shard in _shards) shard.Include(asset);
    }

    /// <summary>Puts what the workers emitted into the store and lets the deltas climb.</summary>
    private void Collect(List<AssetWindow> deltas)
    {
        foreach (var shard in _shards)
        {
            foreach (var window in shard.Windows) _store.Put(window);
            foreach (var asset in shard.Touched) PutLatest(asset);
            foreach (var (asset, reason) in shard.Faulted) _setAside.Fail(asset, reason);
            Faults += shard.Faulted.Count;
            deltas.AddRange(shard.Deltas);
            _watchers.Changed(shard.Touched);
            shard.Clear();
        }
        foreach (var asset in _setAside.Assets) Exclude(asset);
        var totals = _totals.Climb(deltas, _store);
        // Behind the climb, which finds stored what there was before.
        foreach (var delta in deltas) _store.Put(delta);
        foreach (var total in totals) _store.Put(total);
        _watchers.Changed(totals.Select(total => total.Asset));
    }

    private void PutLatest(int asset) => _twins[asset]!.TakeLatest(_putLatest);

    private TwinView View(Asset asset)
    {
        var latest = new List<LatestValue>();
        if (_twins[asset.Number] is { } twin)
        {
            for (var slot = 0; slot < twin.PointCount; slot++)
            {
                if (twin.TryLatest(slot, out var reading)) latest.Add(new(twin.PointAt(slot), reading));
            }
        }
        return new(asset, latest, _setAside.Contains(asset.Number));
    }
}
