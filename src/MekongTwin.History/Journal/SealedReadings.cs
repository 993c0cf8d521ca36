using System.Buffers;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>A reading and the number of the source that sent it.</summary>
internal readonly record struct SourcedReading(Reading Reading, int Source)
{
    /// <summary>By point, then by the one comparator; copies that differ only in their source by that.</summary>
    public static int Compare(in SourcedReading a, in SourcedReading b)
    {
        var order = a.Reading.Point.CompareTo(b.Reading.Point);
        if (order == 0) order = ReadingOrder.Compare(a.Reading, b.Reading);
        if (order == 0) order = a.Reading.Flags.CompareTo(b.Reading.Flags);
        return order != 0 ? order : a.Source.CompareTo(b.Source);
    }
}

/// <summary>
/// Brings readings together by point, in one array of just their size: they are counted first, then put in their places. So they are in
/// the journal's order, which is nearly always time's: only a point with late readings is sorted.
/// </summary>
internal sealed class ReadingsByPoint
{
    /// <summary>How many readings each point has; then where its next one goes.</summary>
    private int[] _at = [];
    private SourcedReading[] _readings = [];

    /// <summary>Readings in all, once they are counted; -1 until then.</summary>
    private int _total = -1;

    /// <summary>Begins anew, in the memory it has.</summary>
    public void Clear()
    {
        Array.Clear(_at);
        _total = -1;
    }

    public void Count(ReadOnlySpan<Reading> readings)
    {
        foreach (ref readonly var reading in readings)
        {
            if (reading.Point >= _at.Length) Array.Resize(ref _at, Math.Max(reading.Point + 1, _at.Length * 2));
            _at[reading.Point]++;
        }
    }

    /// <summary>Puts readings in their places, each of which was counted.</summary>
    public void Put(ReadOnlySpan<Reading> readings, int source)
    {
        if (_total < 0) MakePlaces();
        foreach (ref readonly var reading in readings) _readings[_at[reading.Point]++] = new(reading, source);
    }

    /// <summary>All of them by <see cref="SourcedReading.Compare"/>, once every one has its place.</summary>
    public ReadOnlySpan<SourcedReading> Sort()
    {
        var all = _readings.AsSpan(0, Math.Max(0, _total));
        var from = 0;
        foreach (var to in _at)
        {
            SortPoint(all[from..to]);
            from = to;
        }
        return all;
    }

    private void MakePlaces()
    {
        _total = 0;
        foreach (ref var at in _at.AsSpan()) (at, _total) = (_total, _total + at);
        if (_readings.Length < _total) _readings = new SourcedReading[_total];
    }

    private static void SortPoint(Span<SourcedReading> readings)
    {
        for (var i = 1; i < readings.Length; i++)
        {
            if (SourcedReading.Compare(readings[i - 1], readings[i]) <= 0) continue;
            readings.Sort(static (a, b) => SourcedReading.Compare(a, b));
            return;
        }
    }
}

/// <summary>
/// An entry of a page of readings: one point's readings in the order of time, or the next of them.
/// <code>pointStep count bytes (varints), sources, readings (<see cref="PackedReadings"/>)</code>
/// The point counts from the one of the entry before. Sources are runs of (source readings) as varints; a single run says
/// 0 readings, which are all.
/// </summary>
internal static class SealedReadings
{
    /// <summary>Readings of one entry: an hour of a busy point is found without unpacking its day.</summary>
    public const int EntryReadingsMax = 4096;

    public static void Write(ReadOnlySpan<SourcedReading> readings, int pointBefore, Scratch scratch, ArrayBufferWriter<byte> into)
    {
        scratch.Packed.ResetWrittenCount();
        PutSources(readings, scratch.Packed);
        for (var i = 0; i < readings.Length; i++) scratch.Readings[i] = readings[i].Reading;
        PackedReadings.Write(scratch.Readings.AsSpan(0, readings.Length), scratch.Packed);
        Varint.Put(into, (ulong)(readings[0].Reading.Point - pointBefore));
        Varint.Put(into, (ulong)readings.Length);
        Varint.Put(into, (ulong)scratch.Packed.WrittenCount);
        into.Write(scratch.Packed.WrittenSpan);
    }

    /// <summary>Takes the next entry's head and body off a page. Throws <see cref="InvalidDataException"/> where there is none.</summary>
    public static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> page, ref int point, out int count)
    {
        point += Varint.TakeCount(ref page, int.MaxValue - Math.Max(point, 0));
        count = Varint.TakeCount(ref page, EntryReadingsMax);
        var length = Varint.TakeCount(ref page, page.Length);
        if (length > page.Length) throw new InvalidDataException("An entry ends behind its page.");
        var body = page[..length];
        page = page[length..];
        return body;
    }

    /// <summary>Unpacks an entry's readings, as many as it counts.</summary>
    public static void Read(ReadOnlySpan<byte> body, int point, Span<Reading> into)
    {
        for (var left = into.Length; left > 0;) left -= TakeSource(ref body, left, out _);
        PackedReadings.Read(body, point, into);
    }

    /// <summary>Unpacks an entry's readings and says whose each run of them is.</summary>
    public static void Read(ReadOnlySpan<byte> body, int point, Span<Reading> into, List<(int Source, int Count)> sources)
    {
        for (var left = into.Length; left > 0;)
        {
            var count = TakeSource(ref body, left, out var source);
            if (sources.Count > 0 && sources[^1].Source == source) CollectionsMarshal.AsSpan(sources)[^1].Count += count;
            else sources.Add((source, count));
            left -= count;
        }
        PackedReadings.Read(body, point, into);
    }

    private static void PutSources(ReadOnlySpan<SourcedReading> readings, ArrayBufferWriter<byte> into)
    {
        for (int from = 0, i = 1; i <= readings.Length; i++)
        {
            if (i < readings.Length && readings[i].Source == readings[from].Source) continue;
            Varint.Put(into, (uint)readings[from].Source);
            Varint.Put(into, (ulong)(i - from == readings.Length ? 0 : i - from));
            from = i;
        }
    }

    private static int TakeSource(ref ReadOnlySpan<byte> body, int left, out int source)
    {
        source = (int)(uint)Varint.Take(ref body);
        var count = Varint.TakeCount(ref body, left);
        return count == 0 ? left : count;
    }

    /// <summary>Memory to write entries with, used again and again.</summary>
    public sealed class Scratch
    {
        public Reading[] Readings { get; } = new Reading[EntryReadingsMax];

        public ArrayBufferWriter<byte> Packed { get; } = new();
    }
}
