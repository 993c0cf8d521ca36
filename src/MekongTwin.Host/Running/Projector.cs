using System.Diagnostics;
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
    private readonly List<BatchSlice> _slices = [];
    private readonly List<(object Entry, long Block)> _quarantine = [];
    private readonly List<(int Source, Refusal Reason, int Count)> _refusals = [];
    private readonly Dictionary<int, string> _sources;
    private Reading[] _readings = new Reading[BatchReadingsMax];
    private int _count;
    private long _lastCommit = Stopwatch.GetTimestamp();
    private long _lastProgress = Stopwatch.GetTimestamp();
    private bool _dirty;

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

    /// <summary>Who hears of twins that are set aside.</summary>
    public SetAsideLog? SetAside { get; set; }

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
            while (true)
            {
                var isQuiet = !await StepAsync(reader, journal.DurableOffset, ct);
                if (!isQuiet)
                {
                    journal.SetApplied(Applied);
                    if (_count < SmallTurn) await Task.Delay(GatherFor, ct);
                }
                else if (!_dirty && _twins.SetAside == 0) await journal.WaitBeyondAsync(Applied, ct);
                else await WaitOrCommitTimeAsync(journal, ct);
                Volatile.Write(ref _lastProgress, Stopwatch.GetTimestamp());
                if (isQuiet && _twins.SetAside > 0 && Stopwatch.GetElapsedTime(_lastCommit) >= CommitEvery)
                {
                    // Twins that were set aside need turns, not readings.
                    await TurnAsync(Applied, ct);
                    _dirty = true;
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

    /// <summary>Commits; while the database refuses (full disk, a lock held by another program) it says so and tries again.</summary>
    public async Task CommitAsync(CancellationToken ct)
    {
        while (!await TryCommitAsync(ct)) await Task.Delay(RetryDelay, ct);
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
        var from = reader.Offset;
        Gather(reader, to);
        if (reader.Offset == from) return false;
        _dirty = true;
        using var activity = Telemetry.Activities.StartActivity("fold");
        activity?.SetTag("journal.from", from).SetTag("journal.to", reader.Offset).SetTag("readings", _count);
        await TurnAsync(reader.Offset, ct);
        return true;
    }

    /// <summary>One turn of the twins with what was gathered.</summary>
    private async Task TurnAsync(long to, CancellationToken ct)
    {
        var result = await _twins.ApplyAsync(new PartitionBatch(0, Applied, to, _readings.AsMemory(0, _count), _slices), ct);
        _index.Add(_readings.AsSpan(0, _count), to);
        Book(result.Outcomes.Span);
        foreach (var late in result.Late) BookLate(late);
        SetAside?.Look(_twins.Faulted);
        Applied = to;
    }

    private void Gather(JournalReader reader, long to)
    {
        _count = 0;
        _slices.Clear();
        for (var block = reader.Offset; _count < BatchReadingsMax && reader.TryRead(to, out var body); block = reader.Offset)
        {
            while (Frame.TryRead(ref body, out var frame)) Take(frame, block);
        }
    }

    private void Take(in Frame frame, long block)
    {
        switch (frame.Kind)
        {
            case FrameKind.Readings:
                TakeReadings(new ReadingsFrame(frame.Body));
                break;
            case FrameKind.Quarantine:
                _quarantine.Add((QuarantineEntry.Read(frame.Body), block));
                break;
            case FrameKind.Source:
                var (number, name) = SourceFrame.Read(frame.Body);
                lock (_sources) _sources[number] = name;
                _store.PutSource(number, name);
                break;
            case FrameKind.Model:
                // The twins stand for the newest model from the start; only its place is kept.
                _store.PutModelOffset(block);
                break;
            case FrameKind.Release:
                _quarantine.Add((ReleaseEntry.Read(frame.Body), block));
                break;
            case FrameKind.Discard:
                _quarantine.Add((DiscardEntry.Read(frame.Body), block));
                break;
        }
    }

    private void TakeReadings(in ReadingsFrame frame)
    {
        var readings = frame.Readings;
        if (_count + readings.Length > _readings.Length) Array.Resize(ref _readings, Math.Max(_count + readings.Length, _readings.Length * 2));
        readings.CopyTo(_readings.AsSpan(_count));
        _slices.Add(new(frame.Source, frame.ReceivedUs, _count, readings.Length));
        _count += readings.Length;
        for (var i = 0; i < frame.RefusalCount; i++)
        {
            var (reason, count) = frame.RefusalAt(i);
            _refusals.Add((frame.Source, reason, count));
        }
    }

    private void Book(ReadOnlySpan<FoldOutcome> outcomes)
    {
        var now = Instant.From(_clock.GetUtcNow());
        foreach (var slice in _slices)
        {
            int stored = 0, duplicate = 0, faulted = 0;
            foreach (var outcome in outcomes.Slice(slice.Start, slice.Count))
            {
                if (outcome == FoldOutcome.Stored) stored++;
                else if (outcome == FoldOutcome.Duplicate) duplicate++;
                else faulted++;
            }
            _ledger.Book(slice.Source, line =>
            {
                line.Journalled += slice.Count;
                line.Stored += stored;
                line.Duplicate += duplicate;
                line[Refusal.TwinFaulted] += faulted;
                line.LastReceivedUs = Math.Max(line.LastReceivedUs, slice.ReceivedUs);
            });
            lock (_lag) _lag.Add(TimeSpan.FromMicroseconds(Math.Max(0, (now - slice.ReceivedUs) / _speed)));
        }
        foreach (var (source, reason, count) in _refusals) BookRefusal(source, reason, count);
        foreach (var (entry, block) in _quarantine) BookQuarantine(entry, block);
        _refusals.Clear();
        _quarantine.Clear();
    }

    /// <summary>In the journal's order: what leaves quarantine stands behind what it takes out.</summary>
    private void BookQuarantine(object change, long block)
    {
        switch (change)
        {
            case QuarantineEntry entry:
                BookRefusal(entry.Source, entry.Reason, 1);
                _ledger.Book(entry.Source, line => line.LastReceivedUs = Math.Max(line.LastReceivedUs, entry.ReceivedUs));
                _store.AddQuarantine(entry, block);
                break;
            case ReleaseEntry release:
                // Its readings were journalled again right after it.
                BookRefusal(release.Source, release.Reason, -release.Count);
                _store.ReleaseQuarantine(release);
                break;
            case DiscardEntry discard:
                var count = _store.DiscardQuarantine(discard);
                _ledger.Book(discard.Source, line =>
                {
                    line[discard.Reason] -= count;
                    line[Refusal.Discarded] += count;
                });
                break;
        }
    }

    /// <summary>Readings that were set aside are folded now.</summary>
    private void BookLate(LateOutcome late) => _ledger.Book(late.Source, line =>
    {
        line[Refusal.TwinFaulted] -= late.Count;
        if (late.Outcome == FoldOutcome.Stored) line.Stored += late.Count;
        else line.Duplicate += late.Count;
    });

    private void BookRefusal(int source, Refusal reason, long count) => _ledger.Book(source, line =>
    {
        line.Journalled += count;
        line[reason] += count;
    });
}
