using System.Diagnostics;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Twins;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Running;

/// <summary>
/// The journal's tailer: folds what is durable into the twins, books the ledger, feeds the index, commits the projection.
/// It is the one fold: live, after a restart and when everything is made again.
/// </summary>
internal sealed class Projector
{
    /// <summary>Most readings in one turn of the twins: bounds how long a view waits.</summary>
    public const int BatchReadingsMax = 32 << 10;

    /// <summary>Most bytes of the journal in one turn, give or take a block: what is no reading is held as well.</summary>
    private const long BatchBytesMax = 16 << 20;

    /// <summary>Turns without readings that twins which were set aside get when everything else is folded.</summary>
    private const int CatchUpTurnsMax = 256;

    /// <summary>Rows that wait at most before they are committed.</summary>
    private const int PendingRowsMax = 200_000;

    /// <summary>A turn with fewer readings than this is followed by a short wait for more: a turn has its own cost, whatever it holds.</summary>
    private const int SmallTurn = 4096;

    /// <summary>How long that wait is; it adds to what a reading needs until it is visible.</summary>
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan CommitEvery = TimeSpan.FromSeconds(1);

    /// <summary>Between tries while the database refuses.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly LocalTwins _twins;
    private readonly TwinStore _store;
    private readonly ReadingIndex _index;
    private readonly Ledger _ledger;
    private readonly TimeProvider _clock;
    private readonly double _speed;
    private readonly LatencyWindow _lag = new();
    private readonly JournalBatch _batch = new();
    private readonly Dictionary<int, string> _sources;

    /// <summary>Held while a stretch is read and folded.</summary>
    private readonly SemaphoreSlim _step = new(1, 1);
    private long _lastCommit = Stopwatch.GetTimestamp();
    private long _lastProgress = Stopwatch.GetTimestamp();
    private volatile bool _dirty;
    private long _commits;

    public Projector(LocalTwins twins, TwinStore store, ReadingIndex index, Ledger ledger, TimeProvider clock)
    {
        _twins = twins;
        _store = store;
        _index = index;
        _ledger = ledger;
        _clock = clock;
        _speed = clock is ScaledClock scaled ? scaled.Speed : 1;
        _sources = new(store.ReadSources());
        Applied = store.Applied;
        Committed = new(store.Applied);
    }

    /// <summary>Journal offset up to which the twins are folded.</summary>
    public long Applied { get; private set; }

    /// <summary>Journal offset up to which readers see it.</summary>
    public Progress Committed { get; }

    /// <summary>How many commits there were: rows may be committed for an offset that is committed already.</summary>
    public Progress Commits { get; } = new(0);

    /// <summary>Who hears of twins that are set aside.</summary>
    public SetAsideLog? SetAside { get; set; }

    /// <summary>Where it is recorded how readings came in.</summary>
    public Arrivals? Arrivals { get; init; }

    /// <summary>Looks at the readings of every turn before they are folded.</summary>
    public Action<ReadOnlyMemory<Reading>>? Watch { get; set; }

    /// <summary>Why it stopped, or null while it runs.</summary>
    public string? Fault { get; private set; }

    public string SourceName(int number)
    {
        lock (_sources) return _sources.GetValueOrDefault(number, "?");
    }

    /// <summary>From receiving a reading to its being visible, 99th percentile of the last batches.</summary>
    public double LagP99Ms
    {
        get
        {
            lock (_lag) return _lag.PercentileMs(0.99);
        }
    }

    /// <summary>Time since it last made progress.</summary>
    public TimeSpan Idle => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastProgress));

    /// <summary>Folds everything up to an offset, without waiting for more.</summary>
    public async Task CatchUpAsync(JournalReader reader, long to, CancellationToken ct)
    {
        while (await StepAsync(reader, to, ct))
        {
            if (_store.PendingRows > PendingRowsMax) await CommitAsync(ct);
        }
        // Twins that were set aside need turns, not readings.
        for (var turn = 0; turn < CatchUpTurnsMax && _twins.SetAside > 0; turn++) await TurnAsync(Applied, ct);
    }

    /// <summary>Follows the journal until cancelled, then commits.</summary>
    public async Task RunAsync(JournalLog journal, CancellationToken ct)
    {
        using var reader = journal.Read(Applied);
        try
        {
            if (Arrivals is not null) RecalledArrivals.Book(Arrivals, journal, Applied, _twins.Model.Points.Length, ct);
            while (true)
            {
                var isQuiet = !await StepAsync(reader, journal.DurableOffset, ct);
                if (!isQuiet)
                {
                    journal.SetApplied(Applied);
                    if (_batch.Count < SmallTurn) await Task.Delay(GatherFor, ct);
                }
                else if (!_dirty && _twins.SetAside == 0) await journal.WaitBeyondAsync(Applied, ct);
                else await WaitOrCommitTimeAsync(journal, ct);
                Volatile.Write(ref _lastProgress, Stopwatch.GetTimestamp());
                if (isQuiet && _twins.SetAside > 0 && Stopwatch.GetElapsedTime(_lastCommit) >= CommitEvery)
                {
                    // Twins that were set aside need turns, not readings.
                    await _step.WaitAsync(ct);
                    try
                    {
                        await TurnAsync(Applied, ct);
                        _dirty = true;
                    }
                    finally
                    {
                        _step.Release();
                    }
                }
                if (_dirty && (Stopwatch.GetElapsedTime(_lastCommit) >= CommitEvery || _store.PendingRows > PendingRowsMax)) await CommitAsync(ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What cannot be committed now is folded again from the journal at the next start.
            await TryCommitAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            Fault = $"The journal cannot be folded any further at offset {Applied}: {e.Message}";
            throw;
        }
    }

    /// <summary>The commit with which everything is committed that is folded now; between steps.</summary>
    public long NextCommit => _dirty ? Volatile.Read(ref _commits) + 1 : 0;

    /// <summary>Commits; while the database refuses (full disk, a lock held by another program) it says so and tries again.</summary>
    public async Task CommitAsync(CancellationToken ct)
    {
        while (!await TryCommitAsync(ct)) await Task.Delay(RetryDelay, ct);
    }

    /// <summary>Runs, with the offset up to which all is folded, while nothing is read from the journal and nothing is folded.</summary>
    public async Task BetweenStepsAsync(Action<long> action, CancellationToken ct)
    {
        await _step.WaitAsync(ct);
        try
        {
            action(Applied);
        }
        finally
        {
            _step.Release();
        }
    }

    private async Task<bool> TryCommitAsync(CancellationToken ct)
    {
        using var activity = Telemetry.Activities.StartActivity("commit");
        activity?.SetTag("rows", _store.PendingRows);
        try
        {
            await _twins.BetweenTurnsAsync(() => _store.Commit(Applied, _ledger), ct);
        }
        catch (SqliteException e)
        {
            Fault = $"twin.db cannot be written: {e.Message} Nothing is lost: it waits in the journal, and the doors slow down when that grows. Free space, or end the program that holds twin.db; it resumes by itself.";
            return false;
        }
        Fault = null;
        _lastCommit = Stopwatch.GetTimestamp();
        _dirty = false;
        Committed.Advance(_store.Applied);
        Commits.Advance(++_commits);
        return true;
    }

    private async Task WaitOrCommitTimeAsync(JournalLog journal, CancellationToken ct)
    {
        var left = CommitEvery - Stopwatch.GetElapsedTime(_lastCommit);
        if (left <= TimeSpan.Zero) return;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(left);
        try
        {
            await journal.WaitBeyondAsync(Applied, timeout.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Time to commit.
        }
    }

    /// <summary>Takes whole blocks up to the batch size and folds them. False when there are none.</summary>
    private async Task<bool> StepAsync(JournalReader reader, long to, CancellationToken ct)
    {
        // No room means a disk that refuses: what is not folded grows, until the doors wait.
        await _index.WaitRoomAsync(ct);
        await _step.WaitAsync(ct);
        try
        {
            var from = reader.Offset;
            if (!TryGather(reader, to)) return false;
            _dirty = true;
            using var activity = Telemetry.Activities.StartActivity("fold");
            activity?.SetTag("journal.from", from).SetTag("journal.to", reader.Offset).SetTag("readings", _batch.Count);
            Watch?.Invoke(_batch.Readings);
            await TurnAsync(reader.Offset, ct, reader.IsSealed);
            return true;
        }
        finally
        {
            _step.Release();
        }
    }

    /// <summary>One turn of the twins with what was gathered.</summary>
    private async Task TurnAsync(long to, CancellationToken ct, bool isSealed = false)
    {
        var result = await _twins.ApplyAsync(new PartitionBatch(0, Applied, to, _batch.Readings, _batch.Slices), ct);
        if (isSealed) _index.Pass(to);
        else _index.Add(_batch.Readings.Span, to);
        _batch.Book(_ledger, _store, result.Outcomes.Span);
        // A sealed stretch no longer knows when its readings came.
        if (!isSealed) Arrivals?.Book(_batch.Readings.Span, _batch.Slices, result.Outcomes.Span);
        foreach (var late in result.Late) _ledger.Book(late);
        Measure();
        SetAside?.Look(_twins.Faulted);
        Applied = to;
    }

    /// <summary>
    /// A sealed stretch is one turn, however large: its readings come point by point, and a twin's past is only there when all of it is
    /// folded.
    /// </summary>
    private bool TryGather(JournalReader reader, long to)
    {
        _batch.Clear();
        var from = reader.Offset;
        while (reader.TryRead(to, out var body))
        {
            while (Frame.TryRead(ref body, out var frame)) Take(frame, reader.Block);
            if (reader.Offset > from && (reader.IsSealed || _batch.Count >= BatchReadingsMax || reader.Offset - from >= BatchBytesMax)) break;
        }
        return reader.Offset > from;
    }

    private void Take(in Frame frame, long block)
    {
        if (_batch.Take(frame, block)) return;
        switch (frame.Kind)
        {
            case FrameKind.Source:
                var (number, name) = SourceFrame.Read(frame.Body);
                lock (_sources) _sources[number] = name;
                _store.PutSource(number, name);
                break;
            case FrameKind.Model:
                // The twins stand for the newest model from the start; only its place is kept.
                _store.PutModelOffset(block);
                break;
        }
    }

    private void Measure()
    {
        var now = Instant.From(_clock.GetUtcNow());
        lock (_lag)
        {
            foreach (var slice in _batch.Slices) _lag.Add(TimeSpan.FromMicroseconds(Math.Max(0, (now - slice.ReceivedUs) / _speed)));
        }
    }
}
