using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>
/// The applied readings of a stretch of the journal that is not sorted yet: in journal order, each linked to the one before
/// it of the same point. 28 bytes a reading. Not thread-safe.
/// </summary>
internal sealed class RecentReadings(long baseOffset)
{
    private Reading[] _readings = new Reading[1024];
    private int[] _previous = new int[1024];
    private int[] _last = [];
    private int _count;

    public long BaseOffset { get; } = baseOffset;

    public Span<Reading> All => _readings.AsSpan(0, _count);

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

    private void MakeRoom(int count)
    {
        if (count <= _readings.Length) return;
        var size = Math.Max(count, _readings.Length * 2);
        Array.Resize(ref _readings, size);
        Array.Resize(ref _previous, size);
    }
}
