using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Twins;

/// <summary>
/// Twins that failed, and failed again from the journal. What comes for them is counted and skipped. They are tried again after
/// 1, 2, 4 ... turns: their windows are made anew from the index, a stretch a turn, and when these have reached the last reading
/// that was missed they are as if nothing had happened. Kept in the store, so that a restart goes on with it.
/// </summary>
internal sealed class SetAsideTwins
{
    /// <summary>Turns between two tries at most.</summary>
    public const int RetryTurnsMax = 1024;

    /// <summary>Twins that are tried in one turn; with <see cref="StretchUs"/> it bounds what they add to a turn.</summary>
    public const int TriesMax = 4;

    /// <summary>Event time that a twin catches up with in one turn.</summary>
    public const long StretchUs = 2 * Instant.Day;

    private readonly TwinTable _twins;
    private readonly IReadingSource _source;
    private readonly ITwinStore _store;
    private readonly SortedDictionary<int, Entry> _entries = [];
    private readonly List<SettledReading> _none = [];
    private long _turn;

    public SetAsideTwins(TwinTable twins, IReadingSource source, ITwinStore store)
    {
        _twins = twins;
        _source = source;
        _store = store;
        foreach (var readings in store.ReadSetAside())
        {
            if (!twins.TryFind(readings.Point, out var asset, out _)) continue;
            var entry = Add(asset);
            entry.Missed[(readings.Point, readings.Source)] = readings;
            Widen(entry, asset, readings.FromUs, readings.ToUs);
        }
    }

    /// <summary>Assets whose twins are set aside.</summary>
    public IReadOnlyCollection<int> Assets => _entries.Keys;

    public bool Contains(int asset) => _entries.ContainsKey(asset);

    /// <summary>A twin failed in this turn.</summary>
    public void Fail(int asset) => Postpone(Add(asset));

    /// <summary>Counts the readings of a batch that were set aside. Gives the assets they are of.</summary>
    public IReadOnlyCollection<int> Count(PartitionBatch batch, ReadOnlySpan<FoldOutcome> outcomes)
    {
        if (_entries.Count == 0) return [];
        var assets = new HashSet<int>();
        var readings = batch.Readings.Span;
        foreach (var slice in batch.Slices)
        {
            for (var i = slice.Start; i < slice.Start + slice.Count; i++)
            {
                if (outcomes[i] != FoldOutcome.Faulted || !_twins.TryFind(readings[i].Point, out var asset, out _)) continue;
                var entry = _entries[asset];
                var (key, time) = ((readings[i].Point, slice.Source), readings[i].TimeUs);
                entry.Missed[key] = entry.Missed.GetValueOrDefault(key, new(readings[i].Point, slice.Source, 0, time, time)).With(time);
                Widen(entry, asset, time, time);
                assets.Add(asset);
            }
        }
        foreach (var asset in assets) Store(_entries[asset]);
        return assets;
    }

    /// <summary>Begins a turn: tries those whose time has come. Gives the assets that changed and, as late outcomes, what is accounted for now.</summary>
    public IReadOnlyCollection<int> Retry(List<Delta> deltas, List<LateOutcome> late)
    {
        _turn++;
        if (_entries.Count == 0) return [];
        var due = _entries.Where(pair => pair.Value.RetryAt <= _turn && pair.Value.Missed.Count > 0).OrderBy(pair => pair.Value.RetryAt).Take(TriesMax).ToList();
        foreach (var (asset, entry) in due)
        {
            var to = Math.Min(entry.NextUs + StretchUs, entry.EndUs);
            if (TryCatchUp(asset, entry.NextUs, to, deltas, out var added)) Advance(asset, entry, to, added, late);
            else Postpone(entry);
        }
        return [.. due.Select(pair => pair.Key)];
    }

    private Entry Add(int asset) => _entries.TryGetValue(asset, out var entry) ? entry : _entries[asset] = new();

    private void Postpone(Entry entry)
    {
        entry.RetryAt = _turn + Math.Min(1L << Math.Min(entry.Fails, 30), RetryTurnsMax);
        entry.Fails++;
    }

    private void Widen(Entry entry, int asset, long fromUs, long toUs)
    {
        var (from, to) = _twins[asset]!.Reach(fromUs, toUs);
        entry.NextUs = Math.Min(entry.NextUs, from);
        entry.EndUs = Math.Max(entry.EndUs, to);
    }

    private bool TryCatchUp(int asset, long fromUs, long toUs, List<Delta> deltas, out long[] added)
    {
        var twin = _twins.Renew(asset);
        var before = deltas.Count;
        try
        {
            if (twin.TryRefold(fromUs, toUs, _source, _store, out added) && twin.TrySettle(_source, _none, deltas))
            {
                twin.TakeEmissions(window => _store.Put(window));
                return true;
            }
        }
        catch (Exception)
        {
            // It stays set aside until another try succeeds.
        }
        added = [];
        deltas.RemoveRange(before, deltas.Count - before);
        return false;
    }

    private void Advance(int asset, Entry entry, long toUs, long[] added, List<LateOutcome> late)
    {
        entry.Fails = 0;
        entry.NextUs = toUs;
        // Where several sources sent one point, the first ones' readings count as those that were new.
        foreach (var key in entry.Missed.Keys.Order().ToList())
        {
            _twins.TryFind(key.Point, out _, out var slot);
            var stored = Math.Clamp(added[slot], 0, entry.Missed[key].Count);
            Account(entry, key, FoldOutcome.Stored, stored, late);
            added[slot] -= stored;
        }
        if (toUs < entry.EndUs)
        {
            Store(entry);
            return;
        }
        // Whatever is left brought no instant that was not there: copies.
        foreach (var key in entry.Missed.Keys.Order().ToList())
        {
            Account(entry, key, FoldOutcome.Duplicate, entry.Missed[key].Count, late);
            _store.ForgetSetAside(key.Point);
        }
        _entries.Remove(asset);
    }

    private static void Account(Entry entry, (int Point, int Source) key, FoldOutcome outcome, long count, List<LateOutcome> late)
    {
        if (count == 0) return;
        late.Add(new(key.Source, outcome, count));
        entry.Missed[key] = entry.Missed[key] with { Count = entry.Missed[key].Count - count };
    }

    private void Store(Entry entry)
    {
        foreach (var readings in entry.Missed.Values) _store.Put(readings);
    }

    private sealed class Entry
    {
        public Dictionary<(int Point, int Source), SetAsideReadings> Missed { get; } = [];

        public int Fails { get; set; }

        public long RetryAt { get; set; }

        /// <summary>Windows before this one are caught up with.</summary>
        public long NextUs { get; set; } = long.MaxValue;

        public long EndUs { get; set; } = long.MinValue;
    }
}
