using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// Folds one point's readings into its latest value and 15-minute windows. Readings that come in event-time order cost a
/// few additions; anything else is restated from the readings themselves (<see cref="Restatement"/>), hot or from the journal.
/// Which way is taken never shows in the facts.
/// </summary>
internal sealed class PointFold(Point point)
{
    /// <summary>Most readings held in memory for one point; older ones are read from the journal when needed.</summary>
    public const int HotReadingsMax = 4096;

    private ReadingBuffer _hot;

    /// <summary>Restated readings that are not hot, until the journal serves them; null while there are none.</summary>
    private List<Reading>? _unserved;

    /// <summary>Every reading from here on is in <see cref="_hot"/>, and so is the last usable one before. MaxValue: nothing loaded.</summary>
    private long _hotFromUs = long.MaxValue;

    /// <summary>Of the newest hot reading; while there is none, just before the hot part.</summary>
    private long _lastTimeUs = long.MinValue;
    private Reading _lastUsable;
    private bool _hasLastUsable;
    private WindowAggregate _current;
    private bool _touched;
    private bool _isLatestNew;

    public Point Point { get; } = point;

    /// <summary>The newest reading that is not history; <see cref="HasLatest"/> tells whether there is one.</summary>
    public Reading Latest { get; private set; }

    public bool HasLatest { get; private set; }

    public bool IsLoaded => _hotFromUs != long.MaxValue;

    /// <summary>Adopts a latest value that is known.</summary>
    /// <param name="reading">The value.</param>
    /// <param name="isStored">False when it may not be stored yet.</param>
    public void SetLatest(in Reading reading, bool isStored)
    {
        Latest = reading;
        HasLatest = true;
        _isLatestNew = !isStored;
    }

    /// <summary>True when there is a latest value that may differ from the one taken last.</summary>
    public bool TakeLatest(out Reading latest)
    {
        latest = Latest;
        var isNew = _isLatestNew;
        _isLatestNew = false;
        return isNew;
    }

    /// <summary>Folds a reading newer than all before it. False when it has to be restated instead.</summary>
    public bool TryAppend(in Reading reading, List<PointWindow> done)
    {
        if (reading.TimeUs <= _lastTimeUs || !IsLoaded) return false;
        var linked = reading.Usable && _hasLastUsable && reading.TimeUs - _lastUsable.TimeUs <= Point.HoldUs;
        if (linked && _lastUsable.TimeUs < _current.StartUs) return false;
        if (_hot.Count == 0 || reading.TimeUs >= _current.StartUs + Instant.Quarter) Roll(reading, linked, done);
        else if (linked) _current.Credit(_lastUsable, reading, Point.Kind, Point.HoldUs);
        _current.Add(reading);
        _touched = true;
        Remember(reading);
        return true;
    }

    /// <summary>Makes the point ready for readings from this instant on. False when its past is not at hand yet.</summary>
    public bool TryLoad(long timeUs, IReadingSource source, List<Reading> scratch)
    {
        var hotFrom = Instant.QuarterStart(timeUs) - Instant.Quarter;
        scratch.Clear();
        // The open window may be as old as the hold time, and what is held into it as old again.
        if (!source.TryRead(Point.Number, Instant.QuarterStart(hotFrom - Point.HoldUs) - Point.HoldUs, long.MaxValue, scratch)) return false;
        Restatement.SortAndMerge(scratch);
        var loaded = CollectionsMarshal.AsSpan(scratch);
        foreach (ref readonly var reading in loaded[ReadingBuffer.LowerBound(loaded, hotFrom - Point.HoldUs)..]) Remember(reading);
        _hotFromUs = hotFrom;
        if (_hot.Count == 0) _lastTimeUs = hotFrom - 1;
        _current = Restatement.Aggregate(loaded, Instant.QuarterStart(_lastTimeUs), Point);
        return true;
    }

    /// <summary>
    /// Folds readings (sorted, close together) into a past that is already folded: says what became of each, and emits every
    /// window that changes. False when the past is not at hand yet.
    /// </summary>
    public bool TryRestate(ReadOnlySpan<DeferredReading> late, IReadingSource source, List<Reading> scratch, List<PointWindow> done, List<SettledReading> settled)
    {
        scratch.Clear();
        _hot.CopyTo(scratch);
        if (!IsHot(late[0].Reading.TimeUs, CollectionsMarshal.AsSpan(scratch)))
        {
            scratch.Clear();
            var from = Instant.QuarterStart(late[0].Reading.TimeUs - Point.HoldUs) - Point.HoldUs;
            var to = Instant.QuarterStart(late[^1].Reading.TimeUs + Point.HoldUs) + Instant.Quarter + Point.HoldUs;
            if (!source.TryRead(Point.Number, from, to, scratch)) return false;
            AddUnserved(from, to, scratch);
            Restatement.SortAndMerge(scratch);
        }
        var restatement = Restatement.Of(CollectionsMarshal.AsSpan(scratch), late, Point, settled);
        Keep(restatement, scratch);
        Adopt(restatement, done);
        return true;
    }

    /// <summary>The window as folded so far; false when its readings are neither hot nor at hand.</summary>
    public bool TryWindowAt(long startUs, IReadingSource source, List<Reading> scratch, out PointWindow window)
    {
        window = default;
        if (IsLoaded && _hot.Count > 0 && startUs == _current.StartUs)
        {
            window = _current.ToWindow(Point.Number, Point.Kind);
            return true;
        }
        // A past window is closed by a reading after it, so the hot readings are enough only from the hot start on.
        if (IsLoaded && startUs >= _hotFromUs)
        {
            scratch.Clear();
            _hot.CopyTo(scratch);
            window = Restatement.Aggregate(CollectionsMarshal.AsSpan(scratch), startUs, Point).ToWindow(Point.Number, Point.Kind);
            return true;
        }
        scratch.Clear();
        var (from, to) = (startUs - Point.HoldUs, startUs + Instant.Quarter + Point.HoldUs);
        if (!source.TryRead(Point.Number, from, to, scratch)) return false;
        AddUnserved(from, to, scratch);
        Restatement.SortAndMerge(scratch);
        window = Restatement.Aggregate(CollectionsMarshal.AsSpan(scratch), startUs, Point).ToWindow(Point.Number, Point.Kind);
        return true;
    }

    /// <summary>Makes the windows that start from one instant up to another anew, from all applied readings. False when these are not at hand.</summary>
    public bool TryRefold(long fromUs, long toUs, IReadingSource source, List<Reading> scratch, List<PointWindow> windows)
    {
        scratch.Clear();
        if (!source.TryRead(Point.Number, fromUs - Point.HoldUs, toUs + Point.HoldUs, scratch)) return false;
        Restatement.SortAndMerge(scratch);
        var readings = CollectionsMarshal.AsSpan(scratch);
        foreach (ref readonly var reading in readings) Consider(reading);
        for (var start = fromUs; start < toUs; start += Instant.Quarter) windows.Add(Restatement.Aggregate(readings, start, Point).ToWindow(Point.Number, Point.Kind));
        return true;
    }

    /// <summary>Emits the open window if it changed.</summary>
    public void Settle(List<PointWindow> done)
    {
        if (_touched) done.Add(_current.ToWindow(Point.Number, Point.Kind));
        _touched = false;
    }

    /// <summary>Lets go of readings that are no longer hot. From here on they must be at hand in the journal.</summary>
    public void Trim(List<Reading> scratch)
    {
        _unserved = null;
        if (_hot.Count == 0) return;
        var from = Math.Max(_hotFromUs, _current.StartUs - Instant.Quarter);
        if (from == _hotFromUs && _hot.Count <= HotReadingsMax) return;
        scratch.Clear();
        _hot.CopyTo(scratch);
        var hot = CollectionsMarshal.AsSpan(scratch);
        if (hot.Length > HotReadingsMax) from = Math.Max(from, hot[^(HotReadingsMax / 2)].TimeUs);
        var drop = ReadingBuffer.LowerBound(hot, from);
        var usable = drop - 1;
        while (usable >= 0 && !hot[usable].Usable) usable--;
        // The last one that still matters takes the place of those before.
        if (usable >= 0) hot[--drop] = hot[usable];
        _hot.Fill(hot[drop..]);
        _hotFromUs = from;
    }

    /// <summary>True when the hot readings are enough to restate every window that a reading of this instant touches.</summary>
    private bool IsHot(long timeUs, ReadOnlySpan<Reading> hot)
    {
        if (Instant.QuarterStart(timeUs) < _hotFromUs) return false;
        for (var i = ReadingBuffer.LowerBound(hot, timeUs) - 1; i >= 0; i--)
        {
            if (!hot[i].Usable) continue;
            return timeUs - hot[i].TimeUs > Point.HoldUs || Instant.QuarterStart(hot[i].TimeUs) >= _hotFromUs;
        }
        return true;
    }

    /// <summary>Adds readings of a stretch that the journal may not serve yet, in any order, and others that it does.</summary>
    private void AddUnserved(long fromUs, long toUs, List<Reading> readings)
    {
        var served = readings.Count;
        _hot.CopyTo(readings);
        if (_unserved is not null) readings.AddRange(_unserved);
        var kept = served;
        for (var i = served; i < readings.Count; i++)
        {
            if (readings[i].TimeUs >= fromUs && readings[i].TimeUs < toUs) readings[kept++] = readings[i];
        }
        readings.RemoveRange(kept, readings.Count - kept);
    }

    /// <summary>Closes the open window and opens the reading's, crediting the interval to every window it crosses.</summary>
    private void Roll(in Reading reading, bool linked, List<PointWindow> done)
    {
        var start = Instant.QuarterStart(reading.TimeUs);
        var next = WindowAggregate.At(start);
        if (linked)
        {
            _current.Credit(_lastUsable, reading, Point.Kind, Point.HoldUs);
            _touched = true;
        }
        if (_touched) done.Add(_current.ToWindow(Point.Number, Point.Kind));
        if (linked)
        {
            for (var between = _current.StartUs + Instant.Quarter; between < start; between += Instant.Quarter)
            {
                var held = WindowAggregate.At(between);
                held.Credit(_lastUsable, reading, Point.Kind, Point.HoldUs);
                done.Add(held.ToWindow(Point.Number, Point.Kind));
            }
            next.Credit(_lastUsable, reading, Point.Kind, Point.HoldUs);
        }
        _current = next;
    }

    private void Remember(in Reading reading)
    {
        _hot.Append(reading);
        _lastTimeUs = reading.TimeUs;
        if (reading.Usable)
        {
            _lastUsable = reading;
            _hasLastUsable = true;
        }
        Consider(reading);
    }

    /// <summary>What was restated enters the hot part where it belongs there.</summary>
    private void Keep(in Restatement restatement, List<Reading> scratch)
    {
        scratch.Clear();
        _hot.CopyTo(scratch);
        foreach (var reading in restatement.Changed) Put(reading, scratch);
        KeepLastUsableBefore(restatement.Readings, scratch);
        FindLastUsable(CollectionsMarshal.AsSpan(scratch));
        _hot.Fill(CollectionsMarshal.AsSpan(scratch));
    }

    private void Put(in Reading reading, List<Reading> hot)
    {
        Consider(reading);
        if (reading.TimeUs < _hotFromUs && (hot.Count == 0 || reading.TimeUs < hot[0].TimeUs))
        {
            (_unserved ??= []).Add(reading);
            return;
        }
        ReadingBuffer.Put(hot, reading);
        if (reading.TimeUs > _lastTimeUs) _lastTimeUs = reading.TimeUs;
    }

    /// <summary>
    /// A restatement may bring a usable reading to just before the hot part, or take away the one that was there: whichever
    /// is the last one now is among the readings that were restated, because these reach a hold time beyond what changed.
    /// </summary>
    private void KeepLastUsableBefore(ReadOnlySpan<Reading> readings, List<Reading> hot)
    {
        for (var i = ReadingBuffer.LowerBound(readings, _hotFromUs) - 1; i >= 0; i--)
        {
            if (_hotFromUs - readings[i].TimeUs > Point.HoldUs) return;
            if (!readings[i].Usable) continue;
            ReadingBuffer.Put(hot, readings[i]);
            return;
        }
    }

    /// <summary>A revision may have made the last usable reading unusable.</summary>
    private void FindLastUsable(ReadOnlySpan<Reading> hot)
    {
        var last = hot.Length - 1;
        while (last >= 0 && !hot[last].Usable) last--;
        _hasLastUsable = last >= 0;
        if (_hasLastUsable) _lastUsable = hot[last];
    }

    private void Adopt(in Restatement restatement, List<PointWindow> done)
    {
        var open = Instant.QuarterStart(_lastTimeUs);
        if (open != _current.StartUs)
        {
            if (_touched) done.Add(_current.ToWindow(Point.Number, Point.Kind));
            _touched = false;
            _current = Restatement.Aggregate(restatement.Readings, open, Point);
        }
        foreach (var window in restatement.Windows)
        {
            if (window.StartUs != open)
            {
                done.Add(window.ToWindow(Point.Number, Point.Kind));
                continue;
            }
            _current = window;
            _touched = true;
        }
    }

    private void Consider(in Reading reading)
    {
        if (reading.Historical) return;
        if (HasLatest && reading.TimeUs < Latest.TimeUs) return;
        Latest = HasLatest && reading.TimeUs == Latest.TimeUs ? ReadingOrder.Merge(Latest, reading) : reading;
        HasLatest = true;
        _isLatestNew = true;
    }
}
