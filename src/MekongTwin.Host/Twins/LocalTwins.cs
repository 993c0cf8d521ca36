using System.Runtime.CompilerServices;
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
    private readonly long _epoch;
    private readonly Watchers _watchers = new();
    private readonly Shard[] _shards;
    private readonly HashSet<int> _faulted = [];
    private Model _model = Model.Empty;
    private AssetTwin?[] _assets = [];
    private TotalsTwin?[] _totals = [];
    private int[] _levels = [];
    private (int Asset, int Slot)[] _slots = [];
    private FoldOutcome[] _outcomes = [];
    private long _applied;

    /// <param name="model">The cities.</param>
    /// <param name="source">Applied readings that are no longer hot.</param>
    /// <param name="store">Where facts go.</param>
    /// <param name="epoch">Durable, rising with every start.</param>
    /// <param name="applied">Journal offset that the stored facts stand for.</param>
    /// <param name="latest">Stored latest values.</param>
    /// <param name="workers">Loops that own twins.</param>
    public LocalTwins(Model model, IReadingSource source, ITwinStore store, long epoch, long applied, IEnumerable<Reading> latest, int workers)
    {
        _source = source;
        _store = store;
        _epoch = epoch;
        _applied = applied;
        _workers = new WorkerPool(workers);
        _shards = [.. Enumerable.Range(0, _workers.Count).Select(_ => new Shard())];
        Adopt(model);
        foreach (var reading in latest)
        {
            if (reading.Point >= _slots.Length) continue;
            var (asset, slot) = _slots[reading.Point];
            _assets[asset]?.SetLatest(slot, reading);
        }
    }

    /// <summary>The model the twins stand for.</summary>
    public Model Model => Volatile.Read(ref _model);

    /// <summary>Twins that failed and were set aside since the start.</summary>
    public long Faults { get; private set; }

    public async ValueTask<ApplyResult> ApplyAsync(PartitionBatch batch, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (_outcomes.Length < batch.Readings.Length) _outcomes = new FoldOutcome[Math.Max(batch.Readings.Length, _outcomes.Length * 2)];
            var outcomes = _outcomes.AsMemory(0, batch.Readings.Length);
            outcomes.Span.Clear();
            if (_workers.Count == 1 || batch.Readings.Length < ParallelFrom) FoldAll(batch.Readings.Span, outcomes.Span);
            else await _workers.RunAsync(worker => FoldShare(worker, batch.Readings.Span, outcomes.Span));
            var faulted = Collect();
            _applied = batch.To;
            return new(batch.To, outcomes, faulted);
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
                if (_model.FindAsset(id.Path) is { } asset) views.Add(View(asset));
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

    public async IAsyncEnumerable<TwinChanges> WatchAsync(WatchFilter filter, [EnumeratorCancellation] CancellationToken ct)
    {
        var model = Model;
        using var watcher = _watchers.Open([.. model.Assets.Select(asset => filter.Matches(asset.Id))]);
        yield return new(await ViewAsync([.. model.Assets.Where(asset => filter.Matches(asset.Id)).Select(asset => asset.Id)], ct), 0);
        while (true)
        {
            var (changed, skipped) = await watcher.NextAsync(ct);
            yield return new(await ViewAsync([.. changed.Select(number => model.Assets[number].Id)], ct), skipped);
            await Task.Delay(filter.Interval, ct);
        }
    }

    public async ValueTask<CitySnapshot> SnapshotAsync(string city, DateTimeOffset asOf, CancellationToken ct)
    {
        var until = Instant.From(asOf);
        await _turn.WaitAsync(ct);
        try
        {
            var twins = _model.Assets
                .Where(asset => asset.Id.Path == city || asset.Id.Path.StartsWith(city + "/", StringComparison.Ordinal))
                .Select(asset => new TwinSnapshot(asset, [.. View(asset).Latest.Select(latest => LatestUntil(latest, until)).OfType<LatestValue>()]));
            return new(new([_applied]), [.. twins]);
        }
        finally
        {
            _turn.Release();
        }
    }

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

    private LatestValue? LatestUntil(LatestValue latest, long untilUs)
    {
        if (latest.Reading.TimeUs <= untilUs) return latest;
        var readings = new List<Reading>();
        foreach (var back in (long[])[latest.Point.HoldUs, Instant.Day, 31 * Instant.Day, untilUs])
        {
            if (!_source.TryRead(latest.Point.Number, untilUs - back, untilUs + 1, readings)) return null;
            var merged = PointSeries.Merge(readings).Where(reading => !reading.Historical).ToList();
            if (merged.Count > 0) return latest with { Reading = merged[^1] };
        }
        return null;
    }

    private void FoldAll(ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        var shard = _shards[^1];
        for (var i = 0; i < readings.Length; i++) Fold(shard, readings[i], i, outcomes);
        Settle(shard, readings, outcomes);
    }

    private void FoldShare(int worker, ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        var shard = _shards[worker];
        for (var i = 0; i < readings.Length; i++)
        {
            if (readings[i].Point < _slots.Length && _slots[readings[i].Point].Asset % _workers.Count != worker) continue;
            if (readings[i].Point >= _slots.Length && worker != 0) continue;
            Fold(shard, readings[i], i, outcomes);
        }
        Settle(shard, readings, outcomes);
    }

    private void Fold(Shard shard, in Reading reading, int index, Span<FoldOutcome> outcomes)
    {
        if (reading.Point >= _slots.Length)
        {
            outcomes[index] = FoldOutcome.Faulted;
            return;
        }
        var (asset, slot) = _slots[reading.Point];
        shard.Touch(asset);
        try
        {
            outcomes[index] = _assets[asset]!.Fold(slot, reading, index);
        }
        catch (Exception)
        {
            shard.Failed.Add(asset);
        }
    }

    private void Settle(Shard shard, ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        foreach (var asset in shard.Touched)
        {
            try
            {
                _assets[asset]!.TrySettle(_source, outcomes, shard.Deltas);
                _assets[asset]!.TakeEmissions(shard.Windows.Add);
            }
            catch (Exception)
            {
                shard.Failed.Add(asset);
            }
        }
        foreach (var asset in shard.Failed) Refold(shard, asset, readings, outcomes);
    }

    /// <summary>A twin that failed starts again from the journal; when it fails again its readings of this batch are set aside.</summary>
    private void Refold(Shard shard, int asset, ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        var twin = _assets[asset] = MakeTwin(_model.Assets[asset]);
        try
        {
            for (var i = 0; i < readings.Length; i++)
            {
                if (readings[i].Point < _slots.Length && _slots[readings[i].Point].Asset == asset) outcomes[i] = twin.Fold(_slots[readings[i].Point].Slot, readings[i], i);
            }
            twin.TrySettle(_source, outcomes, shard.Deltas);
            twin.TakeEmissions(shard.Windows.Add);
        }
        catch (Exception)
        {
            shard.Faulted.Add(asset);
            _assets[asset] = MakeTwin(_model.Assets[asset]);
            for (var i = 0; i < readings.Length; i++)
            {
                if (readings[i].Point < _slots.Length && _slots[readings[i].Point].Asset == asset) outcomes[i] = FoldOutcome.Faulted;
            }
        }
    }

    /// <summary>Puts what the workers emitted into the store and lets the deltas climb.</summary>
    private List<AssetId> Collect()
    {
        var faulted = new List<AssetId>();
        var deltas = new List<Delta>();
        foreach (var shard in _shards)
        {
            foreach (var window in shard.Windows) _store.Put(window);
            foreach (var delta in shard.Deltas) _store.Put(new AssetWindow(delta.Child, delta.StartUs, delta.Contribution));
            foreach (var asset in shard.Touched) PutLatest(asset);
            _faulted.ExceptWith(shard.Touched);
            _faulted.UnionWith(shard.Faulted);
            foreach (var asset in shard.Faulted) faulted.Add(_model.Assets[asset].Id);
            deltas.AddRange(shard.Deltas);
            _watchers.Changed(shard.Touched);
            shard.Clear();
        }
        Faults += faulted.Count;
        Climb(deltas);
        return faulted;
    }

    private void PutLatest(int asset)
    {
        var twin = _assets[asset]!;
        for (var slot = 0; slot < twin.PointCount; slot++)
        {
            if (twin.TryLatest(slot, out var latest)) _store.PutLatest(latest);
        }
    }

    /// <summary>Parents take deltas lowest level first, so that each settles once a batch.</summary>
    private void Climb(List<Delta> deltas)
    {
        var windows = new List<AssetWindow>();
        var touched = new SortedSet<(int Level, int Asset)>();
        Give(deltas, touched);
        while (touched.Count > 0)
        {
            var next = touched.Min;
            touched.Remove(next);
            var up = new List<Delta>();
            _totals[next.Asset]!.Settle(windows, up);
            Give(up, touched);
        }
        foreach (var window in windows) _store.Put(window);
        _watchers.Changed(windows.Select(window => window.Asset));
    }

    private void Give(List<Delta> deltas, SortedSet<(int Level, int Asset)> touched)
    {
        foreach (var delta in deltas)
        {
            foreach (var parent in Model.ParentsOf(_model.Assets[delta.Child]))
            {
                if (_totals[parent]!.Take(delta, _store)) touched.Add((_levels[parent], parent));
            }
        }
    }

    private TwinView View(Asset asset)
    {
        var latest = new List<LatestValue>();
        if (_assets[asset.Number] is { } twin)
        {
            for (var slot = 0; slot < twin.PointCount; slot++)
            {
                if (twin.TryLatest(slot, out var reading)) latest.Add(new(twin.PointAt(slot), reading));
            }
        }
        return new(asset, latest, _faulted.Contains(asset.Number));
    }

    private AssetTwin MakeTwin(Asset asset)
    {
        var old = _assets.Length > asset.Number ? _assets[asset.Number] : null;
        var twin = new AssetTwin(asset, [.. _model.PointsOf(asset.Number).Select(number => _model.Points[number])], _epoch, old?.Revision ?? 0);
        for (var slot = 0; old is not null && slot < old.PointCount; slot++)
        {
            if (old.TryLatest(slot, out var latest)) twin.SetLatest(_slots[latest.Point].Slot, latest);
        }
        return twin;
    }

    private void Adopt(Model model)
    {
        Volatile.Write(ref _model, model);
        _slots = new (int, int)[model.Points.Length];
        foreach (var asset in model.Assets)
        {
            var points = model.PointsOf(asset.Number);
            for (var slot = 0; slot < points.Length; slot++) _slots[points[slot]] = (asset.Number, slot);
        }
        var children = model.ChildrenByParent();
        _assets = [.. model.Assets.Select(asset => model.PointsOf(asset.Number).IsEmpty ? null : MakeTwin(asset))];
        _totals = [.. model.Assets.Select(asset => children.Contains(asset.Number) ? new TotalsTwin(asset.Number, children[asset.Number].Select(child => child.Number), _epoch) : null)];
        _levels = [.. model.Assets.Select(asset => Height(asset.Number, children))];
        foreach (var shard in _shards) shard.Resize(model.Assets.Length);
    }

    private static int Height(int asset, ILookup<int, Asset> children) =>
        children.Contains(asset) ? 1 + children[asset].Max(child => Height(child.Number, children)) : 0;

    /// <summary>What one worker touched and emitted in a turn.</summary>
    private sealed class Shard
    {
        private bool[] _isTouched = [];

        public List<int> Touched { get; } = [];

        public HashSet<int> Failed { get; } = [];

        public List<int> Faulted { get; } = [];

        public List<PointWindow> Windows { get; } = [];

        public List<Delta> Deltas { get; } = [];

        public void Resize(int assets) => _isTouched = new bool[assets];

        public void Touch(int asset)
        {
            if (_isTouched[asset]) return;
            _isTouched[asset] = true;
            Touched.Add(asset);
        }

        public void Clear()
        {
            foreach (var asset in Touched) _isTouched[asset] = false;
            Touched.Clear();
            Failed.Clear();
            Faulted.Clear();
            Windows.Clear();
            Deltas.Clear();
        }
    }
}
