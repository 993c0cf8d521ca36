using System.Runtime.InteropServices;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// One point's readings in event-time order, one per instant, packed: each as the change of its step in time and of its value against the
/// one before, so that a meter that sends on the minute takes 4 to 6 bytes a reading. Appending is cheap; whatever else is done with
/// them is done unpacked. Times are within ±2^60 microseconds.
/// </summary>
internal struct ReadingBuffer
{
    /// <summary>Longest packed reading: two numbers of 64 bits, and what is not a number.</summary>
    private const int PackedMax = 10 + 10 + RestBytes;

    /// <summary>Revision, quality and flags, where they differ from those of the reading before.</summary>
    private const int RestBytes = 4;

    private byte[]? _bytes;
    private int _length;
    private Reading _last;
    private long _stepUs;

    public int Count { get; private set; }

    /// <summary>Puts a reading behind all others.</summary>
    public void Append(in Reading reading)
    {
        MakeRoom(PackedMax);
        var at = _bytes.AsSpan(_length);
        var step = reading.TimeUs - _last.TimeUs;
        var isLike = RestOf(reading) == RestOf(_last);
        var length = Write(at, (Fold(step - _stepUs) << 1) | (isLike ? 0UL : 1));
        if (!isLike)
        {
            var rest = RestOf(reading);
            MemoryMarshal.Write(at[length..], in rest);
            length += RestBytes;
        }
        length += Write(at[length..], Fold(reading.Value - _last.Value));
        (_last, _stepUs) = (reading, step);
        _length += length;
        Count++;
    }

    /// <summary>Adds all readings, unpacked, in order.</summary>
    public readonly void CopyTo(List<Reading> into)
    {
        var bytes = _bytes.AsSpan(0, _length);
        var (reading, step) = (default(Reading), 0L);
        for (var i = 0; i < Count; i++)
        {
            var head = Read(ref bytes);
            step += Unfold(head >> 1);
            var rest = RestOf(reading);
            if ((head & 1) != 0)
            {
                rest = MemoryMarshal.Read<uint>(bytes);
                bytes = bytes[RestBytes..];
            }
            reading = new(reading.TimeUs + step, reading.Value + Unfold(Read(ref bytes)), _last.Point, (ushort)rest, (Quality)(byte)(rest >> 16), (ReadingFlags)(rest >> 24));
            into.Add(reading);
        }
    }

    /// <summary>Has these readings instead, which are in order; memory that they leave unused by far is let go.</summary>
    public void Fill(ReadOnlySpan<Reading> readings)
    {
        (_length, Count, _last, _stepUs) = (0, 0, default, 0);
        foreach (ref readonly var reading in readings) Append(reading);
        if (_bytes is not null && _bytes.Length > 4 * (_length + PackedMax)) Array.Resize(ref _bytes, _length + PackedMax);
    }

    /// <summary>Puts a reading in its place among others in order, replacing the one of the same instant.</summary>
    public static void Put(List<Reading> readings, in Reading reading)
    {
        var index = LowerBound(CollectionsMarshal.AsSpan(readings), reading.TimeUs);
        if (index < readings.Count && readings[index].TimeUs == reading.TimeUs) readings[index] = reading;
        else readings.Insert(index, reading);
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

    private void MakeRoom(int count)
    {
        if (_bytes is not null && _length + count <= _bytes.Length) return;
        Array.Resize(ref _bytes, _length + count + _length / 4);
    }

    private static uint RestOf(in Reading reading) => reading.Revision | ((uint)reading.Quality << 16) | ((uint)reading.Flags << 24);

    /// <summary>Small numbers of either sign become small ones without.</summary>
    private static ulong Fold(long value) => ((ulong)value << 1) ^ (ulong)(value >> 63);

    private static long Unfold(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    /// <summary>Seven bits a byte, the lowest first. Gives how many bytes.</summary>
    private static int Write(Span<byte> into, ulong value)
    {
        var length = 0;
        for (; value >= 0x80; value >>= 7) into[length++] = (byte)(value | 0x80);
        into[length] = (byte)value;
        return length + 1;
    }

    private static ulong Read(ref Span<byte> from)
    {
        var (value, length) = (0UL, 0);
        while (from[length] >= 0x80) value |= (ulong)(from[length] & 0x7F) << (7 * length++);
        value |= (ulong)from[length] << (7 * length);
        from = from[(length + 1)..];
        return value;
    }
}
