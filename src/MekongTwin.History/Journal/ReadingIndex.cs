using System.Collections.Immutable;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Journal;

/// <summary>
/// Finds the applied readings of a point. The newest stretch of the journal is in memory; when it is full it becomes a
/// sorted run on disk. <see cref="Add"/> is called by the one tailer between batches; reads may come from any thread.
/// </summary>
public sealed class ReadingIndex : IReadingArchive, IDisposable
{
    /// <summary>Readings in one run, and at most twice as many in memory at 28 bytes each; 24 more each while a run is sorted.</summary>
    public const int RunReadingsMax = 512 << 10;

    private readonly IJournalFiles _files;
    private readonly int _runReadings;
    private readonly ReaderWriterLockSlim _gate = new();
    private ImmutableArray<SortedRun> _runs = [];
    private ImmutableArray<RecentReadings> _recent = [];
    private Task _sorting = Task.CompletedTask;

    /// <summary>A stretch whose run is written: its memory serves the next one.</summary>
    private RecentReadings? _spare;

    /// <summary>Where the one stretch under way is sorted.</summary>
    private Reading[] _sorted = [];

    private ReadingIndex(IJournalFiles files, int runReadings)
    {
        _files = files;
        _runReadings = runReadings;
    }

    /// <summary>Opens the index of everything before <paramref name="applied"/>, making again what is missing.</summary>
    public static ReadingIndex Open(IJournalFiles files, long applied, int runReadings = RunReadingsMax)
    {
        var index = new ReadingIndex(files, runReadings);
        var names = files.List(SortedRun.Extension).ToHashSet(StringComparer.Ordinal);
        var segments = Segment.List(files);
        var at = segments.Count > 0 ? segments[0].BaseOffset : 0;
        while (names.Contains(SortedRun.NameFor(at)) && SortedRun.TryOpen(files, at) is { } run)
        {
            if (run.EndOffset > applied)
            {
                run.Dispose();
                break;
            }
            index._runs = index._runs.Add(run);
            at = run.EndOffset;
        }
        index._recent = [new RecentReadings(at)];
        index.Load(at, applied);
        return index;
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
            if (_recent[^1].Count < _runReadings) return;
            var full = _recent[^1];
            _recent = _recent.Add(TakeSpare(toOffset));
            _sorting = _sorting.ContinueWith(_ => Sort(full, toOffset), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
    {
        ImmutableArray<SortedRun> runs;
        _gate.EnterReadLock();
        try
        {
            runs = _runs;
            foreach (var recent in _recent) recent.Read(point, fromUs, toUs, into);
        }
        finally
        {
            _gate.ExitReadLock();
        }
        // Files are read outside the lock: a long question does not hold up the fold.
        foreach (var run in runs)
        {
            if (!run.TryRead(point, fromUs, toUs, into)) ReadJournal(run, point, fromUs, toUs, into);
        }
        return true;
    }

    public long CountAtMost(int point, long fromUs, long toUs)
    {
        _gate.EnterReadLock();
        try
        {
            return _runs.Sum(run => run.CountAtMost(point, fromUs, toUs)) + _recent.Sum(recent => (long)recent.Count);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>Waits until no run is being sorted.</summary>
    public void Dispose()
    {
        _sorting.Wait();
        foreach (var run in _runs) run.Dispose();
        _gate.Dispose();
    }

    /// <summary>What a damaged run should hold is still in the journal. Slow; the next opening makes the run again.</summary>
    private void ReadJournal(SortedRun run, int point, long fromUs, long toUs, List<Reading> into)
    {
        TryDelete(SortedRun.NameFor(run.BaseOffset));
        using var reader = new JournalReader(_files, run.BaseOffset);
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

    private void Load(long from, long to)
    {
        using var reader = new JournalReader(_files, from);
        while (reader.TryRead(to, out var body))
        {
            while (Frame.TryRead(ref body, out var frame))
            {
                if (frame.Kind == FrameKind.Readings) Add(new ReadingsFrame(frame.Body).Readings, reader.Offset);
            }
        }
    }

    private RecentReadings TakeSpare(long baseOffset)
    {
        var taken = _spare ?? new RecentReadings(baseOffset);
        _spare = null;
        taken.Restart(baseOffset);
        return taken;
    }

    private void Sort(RecentReadings full, long endOffset)
    {
        SortedRun run;
        try
        {
            if (_sorted.Length < full.Count) _sorted = new Reading[full.Count];
            full.CopySorted(_sorted);
            run = SortedRun.Write(_files, full.BaseOffset, endOffset, _sorted.AsSpan(0, full.Count));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The readings stay in memory and in the journal; the run is made at the next start.
            return;
        }
        _gate.EnterWriteLock();
        try
        {
            _runs = _runs.Add(run);
            _recent = _recent.Remove(full);
            _spare = full;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }
}
