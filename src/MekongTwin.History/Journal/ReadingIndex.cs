using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Journal;

/// <summary>
/// Finds the applied readings of a point. The newest stretch of the journal is in memory; when it is full it becomes a
/// sorted run on disk, and when it is old it is sealed. <see cref="Add"/> and <see cref="Pass"/> are called by the one tailer between
/// batches, when there is room; reads may come from any thread.
/// </summary>
public sealed class ReadingIndex : IReadingArchive, IDisposable
{
    /// <summary>Readings in one run, at 28 bytes each while they are in memory; 24 more each while a run is sorted.</summary>
    public const int RunReadingsMax = 512 << 10;

    /// <summary>Full stretches in memory whose runs are not written yet: with as many there is no room, and the fold waits.</summary>
    public const int FullStretchesMax = 3;

    /// <summary>Journal bytes in one run: what is no reading counts as well, for it is sealed with the readings.</summary>
    public const long RunBytesMax = 64 << 20;

    /// <summary>Runs that are sealed together at most, while a point has fewer readings in them than pay for what each point costs.</summary>
    public const int SealedRunsMax = 4;

    private const int ReadingsOfPointMin = 8;

    private static readonly TimeSpan RetryDelayDefault = TimeSpan.FromMilliseconds(500);

    private readonly IJournalFiles _files;
    private readonly SealedHistory _history;
    private readonly int _runReadings;
    private readonly TimeSpan _retryDelay;
    private readonly ReaderWriterLockSlim _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private ImmutableArray<SortedRun> _runs = [];

    /// <summary>What is sealed counts up to here: what lies behind is not applied yet.</summary>
    private long _sealedTo;

    private ImmutableArray<RecentReadings> _recent = [];
    private Task _sorting = Task.CompletedTask;

    /// <summary>There while there is no room.</summary>
    private TaskCompletionSource? _full;

    /// <summary>A stretch whose run is written: its memory serves the next one.</summary>
    private RecentReadings? _spare;

    /// <summary>Where the one stretch under way is sorted.</summary>
    private Reading[] _sorted = [];
    private readonly SortedRun.Buffers _buffers = new();

    private string? _fault;

    private ReadingIndex(IJournalFiles files, SealedHistory history, int runReadings, TimeSpan retryDelay)
    {
        _files = files;
        _history = history;
        _runReadings = runReadings;
        _retryDelay = retryDelay;
    }

    /// <summary>Why runs cannot be written, or null.</summary>
    public string? Fault => Volatile.Read(ref _fault);

    /// <summary>Opens the index of everything before <paramref name="applied"/>, making again what is missing, and only that.</summary>
    public static ReadingIndex Open(IJournalFiles files, long applied, int runReadings = RunReadingsMax, TimeSpan? retryDelay = null, SealedHistory? history = null)
    {
        var index = new ReadingIndex(files, history ?? SealedHistory.Open(files), runReadings, retryDelay ?? RetryDelayDefault);
        try
        {
            index.Open(applied);
            return index;
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>Deletes what is sorted; the next opening makes it again.</summary>
    public static void Forget(IJournalFiles files)
    {
        foreach (var run in files.List(SortedRun.Extension)) files.Delete(run);
    }

    /// <summary>Takes in readings that were just applied, those before the journal offset.</summary>
    public void Add(ReadOnlySpan<Reading> readings, long toOffset)
    {
        _gate.EnterWriteLock();
        try
        {
            _recent[^1].Add(readings);
            if (_recent[^1].Count >= _runReadings || toOffset - _recent[^1].BaseOffset >= RunBytesMax) Close(toOffset);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    /// <summary>Completes when there is room for another turn's readings: at once, unless the disk is slow or refuses.</summary>
    public ValueTask WaitRoomAsync(CancellationToken ct) =>
        Volatile.Read(ref _full) is { } full ? new(full.Task.WaitAsync(ct)) : ValueTask.CompletedTask;

    /// <summary>A sealed stretch was just applied, up to this journal offset: its readings are found from now on.</summary>
    public void Pass(long toOffset)
    {
        _gate.EnterWriteLock();
        try
        {
            _sealedTo = toOffset;
            _recent[^1].Restart(toOffset);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
    {
        var before = into.Count;
        while (!TryReadOnce(point, fromUs, toUs, into)) into.RemoveRange(before, into.Count - before);
        return true;
    }

    public long CountAtMost(int point, long fromUs, long toUs)
    {
        while (true)
        {
            long count;
            ImmutableArray<SortedRun> runs;
            _gate.EnterReadLock();
            try
            {
                runs = _runs;
                count = SealedStretches().Sum(seal => seal.CountAtMost(point, fromUs, toUs)) + _recent.Sum(recent => (long)recent.CountOf(point));
            }
            finally
            {
                _gate.ExitReadLock();
            }
            try
            {
                // Each reads a page of its file.
                return count + runs.Sum(run => run.CountAtMost(point, fromUs, toUs));
            }
            catch (ObjectDisposedException)
            {
                // Replaced meanwhile.
            }
        }
    }

    public long ReadingsFrom(int point) => _history.Horizon?.OfPoint(point)?.ReadingsFromUs ?? long.MinValue;

    /// <summary>
    /// Where the oldest stretch ends that is sealed next: that of one run, or of several where it has very many points. False while
    /// these are not written, or end behind the limit.
    /// </summary>
    internal bool TryFindSealable(long limit, out long endOffset)
    {
        endOffset = 0;
        _gate.EnterReadLock();
        try
        {
            if (_sealedTo != _history.End) return false;
            var (runs, readings, points) = (0, 0L, 0);
            foreach (var run in _runs.OrderBy(static run => run.BaseOffset))
            {
                // What lies before may still have to be written.
                if (run.EndOffset > limit || _recent.Any(recent => recent.BaseOffset < run.EndOffset)) return false;
                endOffset = run.EndOffset;
                (readings, points) = (readings + run.Readings, Math.Max(points, run.Points));
                if (++runs == SealedRunsMax || readings >= (long)ReadingsOfPointMin * points) return true;
            }
            return false;
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>From now on the oldest stretch is read from its seal.</summary>
    internal void Seal(Seal seal)
    {
        ImmutableArray<SortedRun> replaced;
        _gate.EnterWriteLock();
        try
        {
            replaced = _runs.RemoveAll(run => run.BaseOffset >= seal.EndOffset);
            _history.Add(seal);
            _sealedTo = seal.EndOffset;
            _runs = _runs.RemoveRange(replaced);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
        foreach (var run in replaced) run.Dispose();
    }

    /// <summary>Waits until every full stretch was tried once more.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _sorting.Wait();
        foreach (var run in _runs) run.Dispose();
        _gate.Dispose();
        _stop.Dispose();
    }

    /// <summary>False when a stretch was sealed meanwhile, or readings went from one.</summary>
    private bool TryReadOnce(int point, long fromUs, long toUs, List<Reading> into)
    {
        ImmutableArray<SortedRun> runs;
        IReadOnlyList<Seal> seals;
        int changes;
        _gate.EnterReadLock();
        try
        {
            // Before the seals: what changes after it is asked again.
            changes = _history.Changes;
            (seals, runs) = (SealedStretches(), _runs);
            foreach (var recent in _recent) recent.Read(point, fromUs, toUs, into);
        }
        finally
        {
            _gate.ExitReadLock();
        }
        // Files are read outside the lock: a long question does not hold up the fold.
        try
        {
            foreach (var seal in seals) seal.Read(point, fromUs, toUs, into, _history.Damage);
            foreach (var run in runs)
            {
                if (!run.TryRead(point, fromUs, toUs, into)) ReadJournal(run, point, fromUs, toUs, into);
            }
            return true;
        }
        catch (Exception e) when (e is ObjectDisposedException or JournalException && changes != _history.Changes)
        {
            return false;
        }
    }

    /// <summary>What is sealed and applied. Under the lock.</summary>
    private IReadOnlyList<Seal> SealedStretches()
    {
        var seals = _history.Seals;
        return _sealedTo == _history.End ? seals : [.. seals.Where(seal => seal.EndOffset <= _sealedTo)];
    }

    /// <summary>What a damaged run should hold is still in the journal. Slow; the next opening makes the run again.</summary>
    private void ReadJournal(SortedRun run, int point, long fromUs, long toUs, List<Reading> into)
    {
        TryDelete(SortedRun.NameFor(run.BaseOffset));
        using var reader = Reader(run.BaseOffset);
        while (reader.TryRead(run.EndOffset, out var body))
        {
            while (Frame.TryRead(ref body, out var frame))
            {
                if (frame.Kind != FrameKind.Readings) continue;
                foreach (ref readonly var reading in new ReadingsFrame(frame.Body).Readings)
                {
                    if (reading.Point == point && reading.TimeUs >= fromUs && reading.TimeUs < toUs) into.Add(reading);
                }
            }
        }
    }

    private JournalReader Reader(long from) => new(_files, _history, from, SealedAs.Everything, () => _history.Changes);

    private void TryDelete(string name)
    {
        try
        {
            _files.Delete(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays damaged, and every reading of it is checked.
        }
    }

    /// <summary>
    /// Follows the runs from where the sealed part ends. A stretch between two of them is read from the journal and becomes a run of
    /// its own; what lies behind the last one stays in memory. A run that reaches beyond what is applied is none yet.
    /// </summary>
    private void Open(long applied)
    {
        var segments = Segment.List(_files);
        var at = Math.Max(_history.End, segments.Count > 0 ? segments[0].BaseOffset : 0);
        _sealedTo = Math.Min(applied, _history.End);
        _recent = [new RecentReadings(at)];
        foreach (var name in _files.List(SortedRun.Extension))
        {
            // Runs of an earlier life may overlap with those that were followed.
            if (!SortedRun.TryParse(name, out var start) || start < at || SortedRun.TryOpen(_files, start) is not { } run) continue;
            if (run.EndOffset <= applied) at = Load(at, start);
            if (run.EndOffset > applied || at != start)
            {
                run.Dispose();
                continue;
            }
            _gate.EnterWriteLock();
            if (_recent[^1].Count > 0) Close(start);
            _runs = _runs.Add(run);
            at = run.EndOffset;
            _recent[^1].Restart(at);
            _gate.ExitWriteLock();
        }
        Load(at, applied);
    }

    /// <summary>Adds what the journal holds between two offsets. Gives where it ended.</summary>
    private long Load(long from, long to)
    {
        using var reader = Reader(from);
        var readings = new List<Reading>();
        while (reader.TryRead(to, out var body))
        {
            readings.Clear();
            while (Frame.TryRead(ref body, out var frame))
            {
                if (frame.Kind == FrameKind.Readings) readings.AddRange(new ReadingsFrame(frame.Body).Readings);
            }
            // A whole block: a stretch ends between blocks.
            Add(CollectionsMarshal.AsSpan(readings), reader.Offset);
            while (Volatile.Read(ref _full) is { } full && !full.Task.Wait(4 * _retryDelay))
            {
                if (Fault is { } fault) throw new IOException(fault);
            }
        }
        return reader.Offset;
    }

    /// <summary>The stretch that fills is full: it becomes a run. Under the lock.</summary>
    private void Close(long toOffset)
    {
        var (full, before) = (_recent[^1], _sorting);
        _recent = _recent.Add(TakeSpare(toOffset));
        if (_recent.Length > FullStretchesMax) _full ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
        _sorting = Task.Run(() => SortAsync(before, full, toOffset));
    }

    private RecentReadings TakeSpare(long baseOffset)
    {
        var taken = _spare ?? new RecentReadings(baseOffset);
        _spare = null;
        taken.Restart(baseOffset);
        return taken;
    }

    /// <summary>One stretch after the other. While the disk refuses, the readings stay in memory and it is tried again.</summary>
    private async Task SortAsync(Task before, RecentReadings full, long endOffset)
    {
        await before;
        while (!TrySort(full, endOffset) && !_stop.IsCancellationRequested)
            await Task.Delay(_retryDelay, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private bool TrySort(RecentReadings full, long endOffset)
    {
        SortedRun run;
        try
        {
            if (_sorted.Length < full.Count) _sorted = new Reading[full.Count];
            full.CopySorted(_sorted);
            run = SortedRun.Write(_files, full.BaseOffset, endOffset, _sorted.AsSpan(0, full.Count), _buffers);
        }
        catch (Exception e)
        {
            // Whatever it is: the stretches behind this one wait for it.
            Volatile.Write(ref _fault, $"The index of readings cannot be written: {e.Message} Nothing is lost; it is tried again, and when memory is full the doors wait. Free space or mend the disk.");
            return false;
        }
        Volatile.Write(ref _fault, null);
        TaskCompletionSource? room = null;
        _gate.EnterWriteLock();
        try
        {
            _runs = _runs.Add(run);
            _recent = _recent.Remove(full);
            _spare = full;
            if (_recent.Length <= FullStretchesMax) (room, _full) = (_full, null);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
        room?.SetResult();
        return true;
    }
}
