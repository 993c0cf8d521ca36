using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// The twin of an asset that has points of its own: a pure state machine. Fold the readings of a batch, then settle: it
/// emits the windows that changed and what it adds to its parents. Not thread-safe; one loop owns it.
/// </summary>
public sealed class AssetTwin
{
    private readonly PointFold[] _points;
    private readonly ContributionRule _rule;
    private readonly TwinBench _bench;
    private bool _isSettled = true;

    /// <summary>Null between batches.</summary>
    private TwinBatch? _batch;

    /// <param name="asset">The asset.</param>
    /// <param name="points">Its points; a slot is an index into them.</param>
    /// <param name="bench">Shared by the twins of one loop; null for one of its own.</param>
    public AssetTwin(Asset asset, ImmutableArray<Point> points, TwinBench? bench = null)
    {
        _bench = bench ?? new();
        Asset = asset;
        _points = [.. points.Select(point => new PointFold(point))];
        _rule = ContributionRule.For(asset, points);
    }

    public Asset Asset { get; }

    public int PointCount => _points.Length;

    public Point PointAt(int slot) => _points[slot].Point;

    /// <summary>Slot of one of its points, or -1.</summary>
    public int SlotOf(int point)
    {
        for (var slot = 0; slot < _points.Length; slot++) if (_points[slot].Point.Number == point) return slot;
        return -1;
    }

    public bool TryLatest(int slot, out Reading latest)
    {
        latest = _points[slot].Latest;
        return _points[slot].HasLatest;
    }

    /// <summary>Adopts a stored latest value at start-up.</summary>
    public void SetLatest(int slot, in Reading latest) => _points[slot].SetLatest(latest, isStored: true);

    /// <summary>Hands over the latest values that may differ from those handed over before.</summary>
    public void TakeLatest(Action<Reading> take)
    {
        foreach (var point in _points)
        {
            if (point.TakeLatest(out var latest)) take(latest);
        }
    }

    /// <summary>A new twin to take this one's place: it keeps the latest values, and starts again from the journal.</summary>
    public AssetTwin Renewed() => Renewed(Asset, [.. _points.Select(fold => fold.Point)]);

    /// <summary>The same with points beside those it has: what it knows of those it keeps.</summary>
    public AssetTwin Renewed(Asset asset, ImmutableArray<Point> points)
    {
        var twin = new AssetTwin(asset, points, _bench);
        for (var slot = 0; slot < _points.Length; slot++)
        {
            if (TryLatest(slot, out var latest)) twin._points[twin.SlotOf(latest.Point)].SetLatest(latest, isStored: false);
        }
        return twin;
    }

    /// <summary>True when these are its points, as they are described here.</summary>
    public bool Has(ImmutableArray<Point> points) => points.SequenceEqual(_points.Select(fold => fold.Point));

    /// <summary>Folds one reading. What does not come in order waits for <see cref="TrySettle"/>.</summary>
    /// <param name="slot">Of the reading's point.</param>
    /// <param name="reading">The reading.</param>
    /// <param name="ticket">The caller's name for it, under which it hears what became of a reading that had to wait.</param>
    public FoldOutcome Fold(int slot, in Reading reading, long ticket)
    {
        var batch = _batch ??= _bench.Lend();
        if (_points[slot].TryAppend(reading, batch.Windows)) return FoldOutcome.Stored;
        batch.Deferred.Add(new(reading, slot, ticket));
        return FoldOutcome.Pending;
    }

    /// <summary>
    /// Ends a batch: restates what came late, then emits windows and deltas. False when some past is not at hand yet: what
    /// waits for it stays, and the next call goes on with it, in this batch or a later one.
    /// </summary>
    public bool TrySettle(IReadingSource source, List<SettledReading> settled, List<AssetWindow> deltas)
    {
        if (_batch is not { } batch) return true;
        _isSettled = batch.Deferred.Count == 0 || TryRestate(batch, source, settled);
        foreach (var point in _points) point.Settle(batch.Windows);
        _isSettled &= TryContribute(batch, source, deltas);
        // The journal serves a batch's readings only once it is settled: until then they stay in memory.
        if (_isSettled) foreach (var point in _points) point.Trim(_bench.Scratch);
        return _isSettled;
    }

    /// <summary>The windows that readings between these instants may change, as far as the first start behind them.</summary>
    public (long FromUs, long ToUs) Reach(long fromUs, long toUs)
    {
        var hold = _points.Max(point => point.Point.HoldUs);
        return (Instant.QuarterStart(fromUs - hold), Instant.QuarterStart(toUs + hold) + Instant.Quarter);
    }

    /// <summary>
    /// Catches up with applied readings that the twin never folded: makes the windows that start from one instant up to another
    /// anew, for the next settling to emit where they differ from what is stored. Says for each slot how many readings these windows
    /// count more than before. False when the readings are not at hand. The twin must be new.
    /// </summary>
    public bool TryRefold(long fromUs, long toUs, IReadingSource source, IWindowSource stored, out long[] added)
    {
        added = new long[_points.Length];
        var slots = new List<PointWindow>[_points.Length];
        for (var slot = 0; slot < slots.Length; slot++)
        {
            if (!_points[slot].TryRefold(fromUs, toUs, source, _bench.Scratch, slots[slot] = [])) return false;
        }
        for (var i = 0; i < slots[0].Count; i++)
        {
            var differs = false;
            for (var slot = 0; slot < slots.Length; slot++)
            {
                var now = slots[slot][i];
                var found = stored.TryReadWindow(now.Point, now.StartUs, out var before);
                differs |= found ? now != before : !now.IsEmpty;
                added[slot] += now.Count + now.Bad - before.Count - before.Bad;
            }
            // All of them, so that the contribution needs no look into the journal.
            if (differs) foreach (var windows in slots) (_batch ??= _bench.Lend()).Windows.Add(windows[i]);
        }
        return true;
    }

    /// <summary>Hands over the windows that changed. While the twin is not settled it keeps them to go on with.</summary>
    public void TakeEmissions(Action<PointWindow> take)
    {
        if (_batch is not { } batch) return;
        foreach (ref readonly var window in CollectionsMarshal.AsSpan(batch.Windows)[batch.Taken..]) take(window);
        batch.Taken = batch.Windows.Count;
        if (!_isSettled) return;
        _batch = null;
        _bench.TakeBack(batch);
    }

    private bool TryRestate(TwinBatch batch, IReadingSource source, List<SettledReading> settled)
    {
        var deferred = batch.Deferred.ToArray();
        batch.Deferred.Clear();
        Array.Sort(deferred, static (a, b) => a.Slot != b.Slot ? a.Slot.CompareTo(b.Slot) : ReadingOrder.Compare(a.Reading, b.Reading));
        for (var from = 0; from < deferred.Length;)
        {
            var to = from + 1;
            while (to < deferred.Length && deferred[to].Slot == deferred[from].Slot) to++;
            RestatePoint(batch, deferred.AsSpan(from, to - from), source, settled);
            from = to;
        }
        return batch.Deferred.Count == 0;
    }

    private void RestatePoint(TwinBatch batch, ReadOnlySpan<DeferredReading> deferred, IReadingSource source, List<SettledReading> settled)
    {
        var point = _points[deferred[0].Slot];
        if (!point.IsLoaded && !point.TryLoad(deferred[0].Reading.TimeUs, source, _bench.Scratch))
        {
            batch.Deferred.AddRange(deferred);
            return;
        }
        var late = new List<DeferredReading>(deferred.Length);
        foreach (var reading in deferred)
        {
            if (point.TryAppend(reading.Reading, batch.Windows)) settled.Add(new(reading.Ticket, FoldOutcome.Stored));
            else late.Add(reading);
        }
        foreach (var cluster in Clusters(late, point.Point))
        {
            var span = CollectionsMarshal.AsSpan(late)[cluster];
            if (!point.TryRestate(span, source, _bench.Scratch, batch.Windows, settled)) batch.Deferred.AddRange(span);
        }
    }

    /// <summary>Readings far enough apart are restated apart: only the readings around each are needed.</summary>
    private static List<Range> Clusters(List<DeferredReading> late, Point point)
    {
        var clusters = new List<Range>();
        var gap = 4 * point.HoldUs + 2 * Instant.Quarter;
        for (int from = 0, i = 1; i <= late.Count; i++)
        {
            if (i < late.Count && late[i].Reading.TimeUs - late[i - 1].Reading.TimeUs <= gap) continue;
            clusters.Add(from..i);
            from = i;
        }
        return clusters;
    }

    private bool TryContribute(TwinBatch batch, IReadingSource source, List<AssetWindow> deltas)
    {
        if (_rule.IsNone) return true;
        IndexWindows(batch);
        if (batch.OwedStarts.Count > 0 && !TryLoadRoles(batch, source)) return false;
        foreach (var start in batch.OwedStarts)
        {
            if (TryContribution(batch, start, source, out var contribution)) deltas.Add(new(Asset.Number, start, contribution));
            else batch.BlockedStarts.Add(start);
        }
        batch.OwedStarts.Clear();
        foreach (var start in batch.BlockedStarts) batch.OwedStarts.Add(start);
        batch.BlockedStarts.Clear();
        return batch.OwedStarts.Count == 0;
    }

    private void IndexWindows(TwinBatch batch)
    {
        for (; batch.Indexed < batch.Windows.Count; batch.Indexed++)
        {
            var (point, start) = (batch.Windows[batch.Indexed].Point, batch.Windows[batch.Indexed].StartUs);
            if (!_rule.Uses(SlotOf(point))) continue;
            batch.OwedStarts.Add(start);
            batch.WindowIndex[(point, start)] = batch.Indexed;
        }
    }

    /// <summary>
    /// A point that has sent nothing yet would be looked for in the journal for every contribution. False when its past is not
    /// at hand.
    /// </summary>
    private bool TryLoadRoles(TwinBatch batch, IReadingSource source)
    {
        var areLoaded = true;
        foreach (var (_, slot) in _rule.Slots) areLoaded &= _points[slot].IsLoaded || _points[slot].TryLoad(batch.OwedStarts.Max(), source, _bench.Scratch);
        return areLoaded;
    }

    private bool TryContribution(TwinBatch batch, long startUs, IReadingSource source, out Contribution contribution)
    {
        contribution = default;
        var windows = new WindowSet();
        foreach (var (role, slot) in _rule.Slots)
        {
            if (!TryWindow(batch, slot, startUs, source, out var window)) return false;
            windows[role] = window;
        }
        contribution = ContributionRule.Contribute(Asset, windows);
        return true;
    }

    private bool TryWindow(TwinBatch batch, int slot, long startUs, IReadingSource source, out PointWindow window)
    {
        if (!batch.WindowIndex.TryGetValue((_points[slot].Point.Number, startUs), out var index)) return _points[slot].TryWindowAt(startUs, source, _bench.Scratch, out window);
        window = batch.Windows[index];
        return true;
    }
}
