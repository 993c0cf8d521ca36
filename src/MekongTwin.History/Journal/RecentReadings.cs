using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>
/// The applied readings of a stretch of the journal that is not sorted yet: in journal order, each linked to the one before
/// it of the same point. 28 bytes a reading. Not thread-safe, but what is full may be read and gathered at once.
/// </summary>
internal sealed class RecentReadings(long baseOffset)
{
    private Reading[] _readings = new Reading[1024];
    private int[] _previous = new int[1024];
    private int[] _last = [];
    private int _count;

    public long BaseOffset { get; private set; } = baseOffset;

    public int Count => _count;

    /// <summary>Starts anew with another stretch, in the memory it has.</summary>
    public void Restart(long baseOffset)
    {
        BaseOffset = baseOffset;
        _count = 0;
        Array.Clear(_last);
    }

    /// <summary>
    /// All readings by point, then by the one comparator. Each point's links lead from its newest reading back, so filling
    /// from the end leaves them in journal order, which is nearly always time's: only a point with late readings is sorted.
    /// </summary>
    public void CopySorted(Span<Reading> into)
    {
        var at = _count;
        for (var point = _last.Length - 1; point >= 0; point--)
        {
            var end = at;
            var inOrder = true;
            for (var link = _last[point]; link > 0; link = _previous[link - 1])
            {
                into[--at] = _readings[link - 1];
                inOrder &= at + 1 == end || ReadingOrder.Compare(into[at], into[at + 1]) <= 0;
            }
            if (!inOrder) into[at..end].Sort(static (a, b) => ReadingOrder.Compare(a, b));
        }
    }

    public void Add(ReadOnlySpan<Reading> readings)
    {
        MakeRoom(_count + readings.Length);
        foreach (ref readonly var reading in readings)
        {
            if (reading.Point >= _last.Length) Array.Resize(ref _last, Math.Max(reading.Point + 1, _last.Length * 2));
            _readings[_count] = reading;
            // Links are one-based: zero ends the chain.
            _previous[_count] = _last[reading.Point];
            _last[reading.Point] = ++_count;
        }
    }

    public void Read(int point, long fromUs, long toUs, List<Reading> into)
    {
        if (point >= _last.Length) return;
        for (var link = _last[point]; link > 0; link = _previous[link - 1])
        {
            ref readonly var reading = ref _readings[link - 1];
            if (reading.TimeUs >= fromUs && reading.TimeUs < toUs) into.Add(reading);
        }
    }

    public int CountOf(int point)
    {
        var count = 0;
        for (var link = point < _last.Length ? _last[point] : 0; link > 0; link = _previous[link - 1]) count++;
        return count;
    }

    private void MakeRoom(int count)
    {
        if (count <= _readings.Length) return;
        var size = Math.Max(count, _readings.Length * 2);
        Array.Resize(ref _readings, size);
        Array.Resize(ref _previous, size);
    }
}
