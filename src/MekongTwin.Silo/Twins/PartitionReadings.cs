using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Twins;

/// <summary>
/// The applied readings of a partition: the newest stretch of its journal in memory, the rest sorted in the database. What is
/// asked for there is noted as wanted, and fetched before the question is asked again. Thread-safe.
/// </summary>
internal sealed class PartitionReadings(int partition, Func<PartitionMap> map) : IReadingSource
{
    /// <summary>Readings in memory before a stretch is sorted and stored, at 28 bytes each.</summary>
    public const int StretchReadingsMax = 16 << 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, List<(ReadingRange Range, List<Reading> Found)>> _fetched = [];
    private readonly Dictionary<int, List<ReadingRange>> _wanted = [];
    private readonly List<(RecentReadings Readings, long UptoOffset)> _full = [];
    private RecentReadings _recent = new(0);
    private int _drops;
    private long _storedFirstUs = long.MaxValue;
    private long _storedLastUs = long.MinValue;

    /// <summary>Points whose readings cannot be read: for tests of what fails.</summary>
    internal Func<int, bool>? IsBroken { get; set; }

    /// <summary>What the database holds reaches these event times.</summary>
    public void Stored(long firstUs, long lastUs)
    {
        lock (_gate)
        {
            _storedFirstUs = Math.Min(_storedFirstUs, firstUs);
            _storedLastUs = Math.Max(_storedLastUs, lastUs);
        }
    }

    /// <summary>Takes in readings that were just applied, those before the offset.</summary>
    public void Add(ReadOnlySpan<Reading> readings, long uptoOffset)
    {
        var known = map();
        lock (_gate)
        {
            // In memory a point is its ordinal: a table by all points of the region would be as long for every partition.
            foreach (ref readonly var reading in readings)
            {
                if (known.Knows(reading.Point)) _recent.Add([reading with { Point = known.OrdinalOf(reading.Point) }]);
            }
            if (_recent.Count >= StretchReadingsMax) Close(uptoOffset);
        }
    }

    /// <summary>The stretch that fills is to be sorted and stored, however little it is.</summary>
    public void Close(long uptoOffset)
    {
        lock (_gate)
        {
            if (_recent.Count == 0) return;
            _full.Add((_recent, uptoOffset));
            _recent = new(uptoOffset);
        }
    }

    public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
    {
        if (IsBroken?.Invoke(point) == true) throw new IOException($"The readings of point {point} cannot be read.");
        var known = map();
        lock (_gate)
        {
            if (fromUs <= _storedLastUs && toUs > _storedFirstUs && !TryReadFetched(point, fromUs, toUs, into))
            {
                Want(known.AssetOf(point), new(point, fromUs, toUs));
                return false;
            }
            var from = into.Count;
            foreach (var (readings, _) in _full) readings.Read(known.OrdinalOf(point), fromUs, toUs, into);
            _recent.Read(known.OrdinalOf(point), fromUs, toUs, into);
            for (var i = from; i < into.Count; i++) into[i] = into[i] with { Point = point };
            return true;
        }
    }

    public bool Wants(int asset)
    {
        lock (_gate) return _wanted.ContainsKey(asset);
    }

    /// <summary>Takes what was wanted of an asset's points, and since when it is asked for.</summary>
    public (IReadOnlyList<ReadingRange> Ranges, int Drops) TakeWanted(int asset)
    {
        lock (_gate) return (_wanted.Remove(asset, out var wanted) ? wanted : [], _drops);
    }

    public void Fetched(IReadOnlyList<ReadingRange> ranges, List<Reading>[] found, int drops)
    {
        lock (_gate)
        {
            // It may have been read before what was dropped meanwhile was there: it is asked for again.
            if (drops != _drops) return;
            for (var i = 0; i < ranges.Count; i++)
            {
                if (!_fetched.TryGetValue(ranges[i].Point, out var kept)) _fetched[ranges[i].Point] = kept = [];
                kept.Add((ranges[i], found[i]));
            }
        }
    }

    /// <summary>Lets go of what was fetched. At the end of a turn.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _fetched.Clear();
            _wanted.Clear();
        }
    }

    /// <summary>Full stretches, sorted and cut into rows, to be stored. They stay here until <see cref="Drop"/>.</summary>
    public List<RunPart> Sort()
    {
        var points = map().PointsOf(partition);
        lock (_gate)
        {
            var parts = new List<RunPart>();
            foreach (var (readings, upto) in _full)
            {
                var sorted = new Reading[readings.Count];
                readings.CopySorted(sorted);
                for (var i = 0; i < sorted.Length; i++) sorted[i] = sorted[i] with { Point = points[sorted[i].Point] };
                parts.AddRange(RunTable.Cut(upto, sorted));
            }
            return parts;
        }
    }

    /// <summary>These rows are stored now.</summary>
    public void Drop(IReadOnlyCollection<RunPart> stored)
    {
        if (stored.Count == 0) return;
        lock (_gate)
        {
            _full.RemoveAll(full => stored.Any(part => part.UptoOffset == full.UptoOffset));
            _storedFirstUs = Math.Min(_storedFirstUs, stored.Min(part => part.FirstUs));
            _storedLastUs = Math.Max(_storedLastUs, stored.Max(part => part.LastUs));
            // What was fetched before does not hold what is stored only now.
            _fetched.Clear();
            _drops++;
        }
    }

    /// <summary>Readings of a point that are in memory.</summary>
    public long CountRecent(int point)
    {
        var ordinal = map().OrdinalOf(point);
        lock (_gate) return _recent.CountOf(ordinal) + _full.Sum(full => (long)full.Readings.CountOf(ordinal));
    }

    private bool TryReadFetched(int point, long fromUs, long toUs, List<Reading> into)
    {
        if (!_fetched.TryGetValue(point, out var kept)) return false;
        foreach (var (range, found) in kept)
        {
            if (range.FromUs > fromUs || range.ToUs < toUs) continue;
            foreach (var reading in found)
            {
                if (reading.TimeUs >= fromUs && reading.TimeUs < toUs) into.Add(reading);
            }
            return true;
        }
        return false;
    }

    private void Want(int asset, in ReadingRange range)
    {
        if (!_wanted.TryGetValue(asset, out var wanted)) _wanted[asset] = wanted = [];
        wanted.Add(range);
    }
}
