using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// What a twin that failed has missed, and how far it has caught up. It is tried again after 1, 2, 4 ... turns: a new twin makes
/// its windows anew from the applied readings, a stretch a turn, from the first reading that was missed to the last. What is
/// missed during such a pass is left to the next one. When nothing was, it is as if nothing had happened.
/// </summary>
public sealed class MissedReadings
{
    /// <summary>Turns between two tries at most.</summary>
    public const int RetryTurnsMax = 1024;

    /// <summary>Event time that a twin catches up with in one turn of its first pass; in each pass it is twice that of the one before.</summary>
    public const long StretchUs = 2 * Instant.Day;

    private const int DoublingsMax = 8;

    private readonly Dictionary<(int Point, int Source), SetAsideReadings> _rows = [];
    private readonly List<SettledReading> _none = [];
    private int _fails;

    // Missed since the pass began.
    private long _fromUs = long.MaxValue;
    private long _toUs = long.MinValue;

    // Left of the pass. However late readings go on to come, a later pass takes them in one turn, and misses nothing.
    private long _nextUs;
    private long _endUs;
    private int _passes;

    /// <summary>The turn of the next try.</summary>
    public long RetryAt { get; private set; }

    /// <summary>What the twin failed with last, where that is known.</summary>
    public string? Failure { get; set; }

    /// <summary>False before the first reading was missed.</summary>
    public bool Any => _rows.Count > 0;

    /// <summary>Goes on with what was stored.</summary>
    public void Add(in SetAsideReadings stored, AssetTwin twin)
    {
        _rows[(stored.Point, stored.Source)] = stored;
        Widen(twin, stored.FromUs, stored.ToUs);
    }

    /// <summary>Counts a reading that was set aside. <see cref="Store"/> keeps the counts.</summary>
    public void Count(in Reading reading, int source, AssetTwin twin)
    {
        var key = (reading.Point, source);
        _rows[key] = _rows.GetValueOrDefault(key, new(reading.Point, source, 0, reading.TimeUs, reading.TimeUs)).With(reading.TimeUs);
        Widen(twin, reading.TimeUs, reading.TimeUs);
    }

    /// <summary>The twin failed in this turn: the next try is later than the last one was.</summary>
    public void Postpone(long turn)
    {
        RetryAt = turn + Math.Min(1L << Math.Min(_fails, 30), RetryTurnsMax);
        _fails++;
    }

    public void Store(ITwinStore store)
    {
        foreach (var row in _rows.Values) store.Put(row);
    }

    /// <summary>
    /// Catches up one stretch with a new twin. True when nothing is missed any more. Says, as late outcomes, what is accounted
    /// for now; a twin that fails again is tried later.
    /// </summary>
    public bool CatchUp(AssetTwin twin, IReadingSource source, ITwinStore store, long turn, List<AssetWindow> deltas, List<LateOutcome> late)
    {
        if (_nextUs == _endUs) BeginPass();
        var to = Math.Min(_nextUs + (StretchUs << Math.Min(_passes, DoublingsMax)), _endUs);
        if (!TryRefold(twin, to, source, store, deltas, out var added))
        {
            Postpone(turn);
            return false;
        }
        _fails = 0;
        _nextUs = to;
        // Where several sources sent one point, the first ones' readings count as those that were new.
        foreach (var key in _rows.Keys.Order().ToList())
        {
            var slot = twin.SlotOf(key.Point);
            var stored = Math.Clamp(added[slot], 0, _rows[key].Count);
            Account(key, FoldOutcome.Stored, stored, late);
            added[slot] -= stored;
        }
        if (to == _endUs) _passes++;
        if (to < _endUs || _fromUs < _toUs)
        {
            Store(store);
            return false;
        }
        // Whatever is left brought no instant that was not there: copies.
        foreach (var key in _rows.Keys.Order().ToList())
        {
            Account(key, FoldOutcome.Duplicate, _rows[key].Count, late);
            store.ForgetSetAside(key.Point);
        }
        return true;
    }

    private bool TryRefold(AssetTwin twin, long toUs, IReadingSource source, ITwinStore store, List<AssetWindow> deltas, out long[] added)
    {
        var before = deltas.Count;
        try
        {
            if (twin.TryRefold(_nextUs, toUs, source, store, out added) && twin.TrySettle(source, _none, deltas))
            {
                twin.TakeEmissions(window => store.Put(window));
                return true;
            }
        }
        catch (Exception e)
        {
            Failure = e.Message;
            // It stays set aside until another try succeeds.
        }
        added = [];
        deltas.RemoveRange(before, deltas.Count - before);
        return false;
    }

    private void Widen(AssetTwin twin, long fromUs, long toUs)
    {
        var (from, to) = twin.Reach(fromUs, toUs);
        // The pass comes to it.
        if (from >= _nextUs && to <= _endUs) return;
        _fromUs = Math.Min(_fromUs, from);
        _toUs = Math.Max(_toUs, to);
    }

    private void BeginPass()
    {
        (_nextUs, _endUs) = (_fromUs, _toUs);
        (_fromUs, _toUs) = (long.MaxValue, long.MinValue);
    }

    private void Account((int Point, int Source) key, FoldOutcome outcome, long count, List<LateOutcome> late)
    {
        if (count == 0) return;
        late.Add(new(key.Source, outcome, count));
        _rows[key] = _rows[key] with { Count = _rows[key].Count - count };
    }
}
