using System.Diagnostics;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>The partition's fold: turn after turn, each a call to every asset that it touches; then, about every second, a commit.</summary>
internal sealed partial class PartitionGrain
{
    /// <summary>Most readings in a turn, about: blocks are taken whole.</summary>
    private const int TurnReadingsMax = 8 << 10;

    /// <summary>Rows that wait for a commit at most.</summary>
    private const int PendingRowsMax = 20_000;

    /// <summary>A turn with fewer readings than this is followed by a short wait for more: an asset's turn has its own cost, whatever it folds.</summary>
    private const int SmallTurn = 512;

    /// <summary>How often an asset that lives elsewhere is asked again: it leaves there as soon as it is idle.</summary>
    private const int MovesMax = 200;

    /// <summary>How often the past is fetched for one turn of an asset.</summary>
    private const int FetchesMax = 64;

    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MoveWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CommitEvery = TimeSpan.FromSeconds(1);

    private readonly Signal _hurry = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly JournalBatch _batch = new();
    private readonly PartitionQuarantine _quarantine = new();
    private readonly Dictionary<int, IAssetGrain> _assets = [];
    private readonly Dictionary<int, byte[]> _views = [];
    private readonly Dictionary<int, string?> _setAside = [];
    private readonly LatencyWindow _lag = new();

    // Of the folds that are not committed.
    private readonly List<ActivityContext> _folds = [];

    /// <summary>Ends the waiting for a database that is away.</summary>
    private readonly CancellationTokenSource _database = new();

    // Partitions do not commit in step.
    private readonly TimeSpan _commitEvery = CommitEvery * (0.75 + Random.Shared.NextDouble() / 2);
    private Progress _appliedMoved = new(0);
    private Task _committing = Task.CompletedTask;
    private long _lastCommit = Now();
    private long _applied;
    private long _backlogTo;
    private long _revision;
    private long _turns;
    private bool _isDirty;
    private bool _isForeign;

    /// <summary>In the middle of a turn; one that failed stays there, and nothing of it is committed.</summary>
    private bool _isTurning;

    public async Task<WireApplied> ApplyAsync(WireBatch batch, IChangesObserver? caller)
    {
        await _turn.WaitAsync();
        try
        {
            if (batch.From != _applied) throw new ArgumentException($"A batch from {batch.From}, where {_applied} is applied: batches follow each other without gap or repeat.", nameof(batch));
            _isForeign = true;
            var applied = await TurnAsync(batch.To, Packed.Readings(batch.Readings).ToArray(), batch.Sources, caller);
            _isTurning = false;
            return applied;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task SettleAsync()
    {
        var to = _partition.Journal.End;
        _hurry.Set();
        if (_applied < to) await _appliedMoved.WaitAsync(to, _stop.Token);
        await _turn.WaitAsync(_stop.Token);
        try
        {
            if (_isDirty) await CommitAsync();
            await _committing;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task FoldLoopAsync()
    {
        // The loop is no part of the call that made the activation.
        Activity.Current = null;
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                if (!await StepAsync()) await _partition.Journal.Appended.WaitAsync(_isDirty || _setAside.Count > 0 ? CommitEvery / 4 : Timeout.InfiniteTimeSpan);
                else if (_batch.Count < SmallTurn && _partition.Journal.End - _applied < SmallTurn * Reading.Size) await _hurry.WaitAsync(GatherFor);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Whoever ends it commits.
        }
        catch (Exception e)
        {
            End(e);
        }
    }

    /// <summary>A turn when there is something to fold, a commit when it is time. False when there was nothing to fold.</summary>
    private async Task<bool> StepAsync()
    {
        await _turn.WaitAsync(_stop.Token);
        try
        {
            // An earlier commit that failed for good ends the activation.
            if (_committing.IsFaulted) await _committing;
            var to = await GatherAsync();
            var isTime = Stopwatch.GetElapsedTime(_lastCommit) >= _commitEvery;
            // Twins that are set aside need turns, not readings.
            if (to > _applied || (isTime && _setAside.Count > 0)) await FoldAsync(to);
            if (_isDirty && (isTime || Pending > PendingRowsMax) && (_committing.IsCompleted || Pending > PendingRowsMax)) await CommitAsync();
            return _batch.Count > 0;
        }
        finally
        {
            _turn.Release();
        }
    }

    private int Pending => _partition.Facts.Changes + _quarantine.Changes;

    /// <summary>Takes blocks that follow what is applied, from memory or, where these are behind, from the journal.</summary>
    private async Task<long> GatherAsync()
    {
        _batch.Clear();
        var to = _applied;
        while (to < _backlogTo && _batch.Count < TurnReadingsMax)
        {
            foreach (var block in await WithDatabaseAsync(ct => _partition.Journal.ReadAsync(to, ct)))
            {
                if (block.Start >= _backlogTo) break;
                Take(_batch, block);
                to = block.End;
                if (_batch.Count >= TurnReadingsMax) break;
            }
        }
        while (to >= _backlogTo && _batch.Count < TurnReadingsMax && _partition.Journal.TryTake(out var block))
        {
            Take(_batch, block);
            to = block.End;
        }
        return to;
    }

    private static void Take(JournalBatch batch, in StoredBlock block)
    {
        ReadOnlySpan<byte> body = block.Frames;
        while (Frame.TryRead(ref body, out var frame))
        {
            StoredFormat.Check(frame.Kind);
            batch.Take(frame, block.Start);
        }
    }

    private async Task FoldAsync(long to)
    {
        var sources = new int[_batch.Count];
        foreach (var slice in _batch.Slices) sources.AsSpan(slice.Start, slice.Count).Fill(slice.Source);
        using var activity = Spans.Start("fold", ActivityKind.Internal, _partition.Journal.TakeOrigins(to));
        if (activity is not null && _folds.Count <= Spans.LinksMax) _folds.Add(activity.Context);
        activity?.SetTag("partition", _number).SetTag("journal.from", _applied).SetTag("journal.to", to).SetTag("readings", _batch.Count);
        var applied = await TurnAsync(to, _batch.Readings, sources, caller: null);
        _batch.Book(_ledger, _quarantine, applied.Outcomes);
        foreach (var late in applied.Late) _ledger.Book(late);
        _isTurning = false;
        var now = Instant.From(_region.Clock.GetUtcNow());
        foreach (var slice in _batch.Slices) _lag.Add(TimeSpan.FromMicroseconds(Math.Max(0, now - slice.ReceivedUs)));
    }

    /// <summary>One turn. The caller holds it, and says when it is booked too.</summary>
    private async Task<WireApplied> TurnAsync(long to, ReadOnlyMemory<Reading> readings, int[] sources, IChangesObserver? caller)
    {
        _partition.Turn = new(++_turns);
        _isTurning = true;
        if (!KnowsAll(readings.Span)) await WithDatabaseAsync(async ct =>
        {
            await _region.RefreshModelAsync(ct);
            return true;
        });
        var outcomes = new FoldOutcome[readings.Length];
        var shares = Share(readings.Span, outcomes);
        foreach (var asset in _setAside.Keys) shares.TryAdd(asset, []);
        var folded = await Task.WhenAll(shares.Select(share => FoldAsync(share.Key, ShareOf(readings.Span, sources, share.Value))));
        var (faulted, late) = (new List<int>(), new List<LateOutcome>());
        var changed = new HashSet<int>();
        foreach (var ((asset, places), made) in shares.Zip(folded))
        {
            for (var i = 0; i < places.Count; i++) outcomes[places[i]] = made.Outcomes[i];
            late.AddRange(made.Late);
            _views[asset] = Packed.Of([.. _partition.Facts.StateOf(asset).Latest]);
            if (made.SetAside) _setAside[asset] = made.Failure;
            else _setAside.Remove(asset);
            if (made.SetAside && places.Count > 0) faulted.Add(asset);
            changed.Add(asset);
            changed.UnionWith(_region.Map.Above(asset));
        }
        _partition.Readings.Add(readings.Span, to);
        _partition.Readings.Forget();
        _isDirty = true;
        _applied = to;
        _partition.Journal.Folded(to);
        _appliedMoved.Advance(to);
        int[] all = [.. changed];
        _observers.Notify(observer => observer.Changed(all), observer => !observer.Equals(caller));
        return new() { Outcomes = outcomes, Changed = all, Faulted = [.. faulted], Late = [.. late] };
    }

    /// <summary>An asset's turn, wherever it is and whatever it needs of the past.</summary>
    private async Task<WireFolded> FoldAsync(int asset, WireShare share)
    {
        var grain = GrainOf(asset);
        for (var moves = 0; moves < MovesMax; moves++)
        {
            var made = await AskAsync(grain, share);
            for (var fetches = 0; made.Step == FoldStep.Wanting && fetches < FetchesMax; fetches++)
            {
                await WithDatabaseAsync(async ct =>
                {
                    await _partition.FetchAsync(asset, ct);
                    return true;
                });
                made = await grain.ContinueAsync();
            }
            if (made.Step == FoldStep.Done) return made;
            await Task.Delay(MoveWait, _stop.Token);
        }
        throw new InvalidOperationException($"{_region.Model.Assets[asset].Id} does not come to the silo of its partition.");
    }

    private IAssetGrain GrainOf(int asset)
    {
        if (!_assets.TryGetValue(asset, out var grain)) _assets[asset] = grain = GrainFactory.GetGrain<IAssetGrain>(_region.AssetKey(asset));
        return grain;
    }

    /// <summary>An asset on a silo that dies is elsewhere. If it is not, and only its answer was lost, it gives that again.</summary>
    private static async Task<WireFolded> AskAsync(IAssetGrain grain, WireShare share)
    {
        try
        {
            return await grain.FoldAsync(share);
        }
        catch (Exception e) when (e is SiloUnavailableException or OrleansMessageRejectionException)
        {
            return new() { Step = FoldStep.Elsewhere };
        }
    }

    /// <summary>Begins a commit of whole turns; the turns that follow do not wait for its end.</summary>
    private async Task CommitAsync()
    {
        await _committing;
        if (_partition.Facts.Unloaded() is { Count: > 0 } asked) _partition.Facts.Load(asked, await WithDatabaseAsync(stop => _region.Facts.ReadWindowsAsync(asked, stop)));
        var change = new FactsChange { Partition = _number, Epoch = _partition.Epoch, Revision = _revision, Applied = _applied, Doors = _partition.Journal.Doors };
        _partition.Facts.TakeInto(change);
        _quarantine.TakeInto(change);
        foreach (var (source, line) in _ledger.Changed) change.Ledger.Add((source, FactsCodec.Of(line)));
        _ledger.ForgetChanged();
        // A journal that somebody else keeps is not here to be read again.
        if (_isForeign) _partition.Readings.Close(_applied);
        change.Runs.AddRange(_partition.Readings.Sort());
        _isDirty = false;
        _lastCommit = Now();
        _committing = CommitAsync(change);
    }

    private async Task CommitAsync(FactsChange change)
    {
        using var activity = Spans.Start("commit", ActivityKind.Internal, _folds);
        activity?.SetTag("partition", _number).SetTag("journal.to", change.Applied).SetTag("windows", change.Windows.Count).SetTag("totals", change.Totals.Count);
        _folds.Clear();
        await WithDatabaseAsync(async ct =>
        {
            await _region.Facts.CommitAsync(change, ct);
            return true;
        });
        _revision++;
        _partition.Readings.Drop(change.Runs);
        _partition.Facts.Trim();
    }

    private Task<T> WithDatabaseAsync<T>(Func<CancellationToken, Task<T>> work) => _region.Retry.RunAsync(work, SetFault, _database.Token);

    private bool KnowsAll(ReadOnlySpan<Reading> readings)
    {
        var map = _region.Map;
        foreach (ref readonly var reading in readings)
        {
            if (!map.Knows(reading.Point)) return false;
        }
        return true;
    }

    /// <summary>Which places of the batch belong to which asset; readings of points nobody knows are set aside.</summary>
    private Dictionary<int, List<int>> Share(ReadOnlySpan<Reading> readings, FoldOutcome[] outcomes)
    {
        var map = _region.Map;
        var shares = new Dictionary<int, List<int>>();
        for (var i = 0; i < readings.Length; i++)
        {
            if (!map.Knows(readings[i].Point))
            {
                outcomes[i] = FoldOutcome.Faulted;
                continue;
            }
            var asset = map.AssetOf(readings[i].Point);
            if (!shares.TryGetValue(asset, out var places)) shares[asset] = places = [];
            places.Add(i);
        }
        return shares;
    }

    private WireShare ShareOf(ReadOnlySpan<Reading> readings, int[] sources, List<int> places)
    {
        var own = new Reading[places.Count];
        var from = new int[places.Count];
        for (var i = 0; i < own.Length; i++) (own[i], from[i]) = (readings[places[i]], sources[places[i]]);
        return new() { Partition = _number, Epoch = _partition.Epoch, Home = here.SiloAddress, Turn = _turns, Readings = Packed.Of(own), Sources = from };
    }
}
