using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>One point's readings in event-time order, one per instant. Appending at the end and trimming the front are cheap.</summary>
internal sealed class ReadingBuffer
{
    private Reading[] _items = [];
    private int _start;

    public int Count { get; private set; }

    public ReadOnlySpan<Reading> Span => _items.AsSpan(_start, Count);

    public void Append(in Reading reading)
    {
        if (_start + Count == _items.Length) MakeRoom();
        _items[_start + Count++] = reading;
    }

    /// <summary>Puts a reading in its place, replacing the one of the same instant.</summary>
    public void Put(in Reading reading)
    {
        var index = LowerBound(Span, reading.TimeUs);
        if (index < Count && Span[index].TimeUs == reading.TimeUs)
        {
            _items[_start + index] = reading;
            return;
        }
        if (_start + Count == _items.Length) MakeRoom();
        Array.Copy(_items, _start + index, _items, _start + index + 1, Count - index);
        _items[_start + index] = reading;
        Count++;
    }

    public void TrimFront(int count)
    {
        _start += count;
        Count -= count;
        if (Count == 0) _start = 0;
    }

    /// <summary>Drops the first readings and puts one of them, the last that still matters, in their place.</summary>
    public void TrimFront(int count, in Reading kept)
    {
        var reading = kept;
        TrimFront(count - 1);
        _items[_start] = reading;
    }

    /// <summary>Index of the first reading at or after an instant.</summary>
    public static int LowerBound(ReadOnlySpan<Reading> readings, long timeUs)
    {
        var low = 0;
        var high = readings.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (readings[middle].TimeUs < timeUs) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private void MakeRoom()
    {
        if (_start > Count)
        {
            Array.Copy(_items, _start, _items, 0, Count);
            _start = 0;
            return;
        }
        var larger = new Reading[Math.Max(4, Count * 2)];
        Span.CopyTo(larger);
        _items = larger;
        _start = 0;
    }
}
