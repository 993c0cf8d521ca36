using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>What became of one reading in the fold.</summary>
public enum FoldOutcome : byte
{
    /// <summary>Not folded yet: its past is not at hand.</summary>
    Pending = 0,
    Stored,

    /// <summary>Another copy of a reading that is there already; the copies were merged.</summary>
    Duplicate,

    /// <summary>Its twin failed and was set aside; the reading stays in the journal.</summary>
    Faulted,
}

/// <summary>A reading that waits for its past. The ticket is its caller's name for it: it may wait longer than its batch.</summary>
internal readonly record struct DeferredReading(Reading Reading, int Slot, long Ticket);

/// <summary>What became of a reading that had to wait, by the ticket it was folded with.</summary>
public readonly record struct SettledReading(long Ticket, FoldOutcome Outcome);

/// <summary>
/// Folds late readings into a known past and recomputes every window they touch: the windows of the neighbours within the
/// hold time on either side, and those between.
/// </summary>
internal readonly ref struct Restatement
{
    private Restatement(List<Reading> readings, List<Reading> changed, List<WindowAggregate> windows)
    {
        Readings = CollectionsMarshal.AsSpan(readings);
        Changed = changed;
        Windows = windows;
    }

    /// <summary>Past and late readings together, merged, in order.</summary>
    public ReadOnlySpan<Reading> Readings { get; }

    /// <summary>Readings that are new or differ from before.</summary>
    public List<Reading> Changed { get; }

    /// <summary>Every window that may have changed, recomputed, ascending.</summary>
    public List<WindowAggregate> Windows { get; }

    public static Restatement Of(ReadOnlySpan<Reading> past, ReadOnlySpan<DeferredReading> late, Point point, List<SettledReading> settled)
    {
        var merged = new List<Reading>(past.Length + late.Length);
        var changed = new List<Reading>(late.Length);
        var i = 0;
        foreach (var deferred in late)
        {
            var reading = deferred.Reading;
            while (i < past.Length && past[i].TimeUs < reading.TimeUs) merged.Add(past[i++]);
            if (i < past.Length && past[i].TimeUs == reading.TimeUs) merged.Add(past[i++]);
            settled.Add(new(deferred.Ticket, Fold(merged, changed, reading)));
        }
        while (i < past.Length) merged.Add(past[i++]);
        return new(merged, changed, RecomputeWindows(CollectionsMarshal.AsSpan(merged), changed, point));
    }

    /// <summary>Sorts by time and merges copies of the same instant.</summary>
    public static void SortAndMerge(List<Reading> readings)
    {
        var span = CollectionsMarshal.AsSpan(readings);
        span.Sort(static (a, b) => ReadingOrder.Compare(a, b));
        var kept = 0;
        for (var i = 0; i < span.Length; i++)
        {
            if (kept > 0 && span[kept - 1].TimeUs == span[i].TimeUs) span[kept - 1] = ReadingOrder.Merge(span[kept - 1], span[i]);
            else span[kept++] = span[i];
        }
        readings.RemoveRange(kept, readings.Count - kept);
    }

    /// <summary>One window from a point's ordered readings, which must reach from the hold time before it to the reading that closes it.</summary>
    public static WindowAggregate Aggregate(ReadOnlySpan<Reading> readings, long startUs, Point point, long lengthUs = Instant.Quarter)
    {
        var window = WindowAggregate.At(startUs, lengthUs);
        var end = window.EndUs;
        var first = ReadingBuffer.LowerBound(readings, startUs);
        var before = PreviousUsable(readings, first - 1);
        for (var i = first; i < readings.Length; i++)
        {
            var reading = readings[i];
            if (reading.TimeUs < end) window.Add(reading);
            if (!reading.Usable) continue;
            if (before >= 0) window.Credit(readings[before], reading, point.Kind, point.HoldUs);
            before = i;
            if (reading.TimeUs >= end) break;
        }
        return window;
    }

    private static FoldOutcome Fold(List<Reading> merged, List<Reading> changed, in Reading reading)
    {
        if (merged.Count == 0 || merged[^1].TimeUs != reading.TimeUs)
        {
            merged.Add(reading);
            changed.Add(reading);
            return FoldOutcome.Stored;
        }
        var merge = ReadingOrder.Merge(merged[^1], reading);
        if (merge != merged[^1])
        {
            merged[^1] = merge;
            if (changed.Count > 0 && changed[^1].TimeUs == merge.TimeUs) changed[^1] = merge;
            else changed.Add(merge);
        }
        return FoldOutcome.Duplicate;
    }

    private static List<WindowAggregate> RecomputeWindows(ReadOnlySpan<Reading> readings, List<Reading> changed, Point point)
    {
        var windows = new List<WindowAggregate>();
        var doneUpTo = long.MinValue;
        for (var i = 0; i < changed.Count; i++)
        {
            var time = changed[i].TimeUs;
            var index = ReadingBuffer.LowerBound(readings, time);
            var before = PreviousUsable(readings, index - 1);
            var after = NextUsable(readings, index + 1);
            // A changed neighbour counts even if it is not usable: it may have been, and held the time between.
            var beforeUs = Math.Max(before >= 0 ? readings[before].TimeUs : long.MinValue, i > 0 ? changed[i - 1].TimeUs : long.MinValue);
            var afterUs = Math.Min(after >= 0 ? readings[after].TimeUs : long.MaxValue, i + 1 < changed.Count ? changed[i + 1].TimeUs : long.MaxValue);
            var from = beforeUs >= time - point.HoldUs ? beforeUs : time;
            var to = afterUs <= time + point.HoldUs ? afterUs : time;
            for (var start = Math.Max(Instant.QuarterStart(from), doneUpTo); start <= Instant.QuarterStart(to); start += Instant.Quarter)
            {
                windows.Add(Aggregate(readings, start, point));
                doneUpTo = start + Instant.Quarter;
            }
        }
        return windows;
    }

    private static int PreviousUsable(ReadOnlySpan<Reading> readings, int index)
    {
        while (index >= 0 && !readings[index].Usable) index--;
        return index;
    }

    private static int NextUsable(ReadOnlySpan<Reading> readings, int index)
    {
        while (index < readings.Length && !readings[index].Usable) index++;
        return index < readings.Length ? index : -1;
    }
}
