using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>
/// The readings of a stretch of the journal sorted by point and time, for finding those behind a window. Little-endian:
/// <code>magic:u32 version:i32 readings:i32 points:i32 end:i64 minTime:i64 maxTime:i64, directory[points] of (point:i32 start:i32), readings</code>
/// It repeats what the journal holds: when it is missing or damaged it is made again.
/// </summary>
internal sealed class SortedRun : IDisposable
{
    public const string Extension = ".run";

    private const uint Magic = 0x4E55524D; // "MRUN"
    private const int HeaderSize = 40;
    private readonly IJournalFile _file;
    private readonly int[] _points;
    private readonly int[] _starts;
    private readonly long _readingsAt;
    private readonly long _minTimeUs;
    private readonly long _maxTimeUs;

    private SortedRun(IJournalFile file, long endOffset, int[] points, int[] starts, long minTimeUs, long maxTimeUs)
    {
        _file = file;
        EndOffset = endOffset;
        _points = points;
        _starts = starts;
        _readingsAt = HeaderSize + points.Length * 8L;
        _minTimeUs = minTimeUs;
        _maxTimeUs = maxTimeUs;
    }

    /// <summary>Journal offset where the stretch ends.</summary>
    public long EndOffset { get; }

    public static string NameFor(long baseOffset) => Path.ChangeExtension(Segment.At(baseOffset).Name, Extension);

    /// <summary>Writes readings that are sorted by point and time.</summary>
    public static SortedRun Write(IJournalFiles files, long baseOffset, long endOffset, ReadOnlySpan<Reading> readings)
    {
        var points = new List<int>();
        var starts = new List<int>();
        long min = long.MaxValue, max = long.MinValue;
        for (var i = 0; i < readings.Length; i++)
        {
            min = Math.Min(min, readings[i].TimeUs);
            max = Math.Max(max, readings[i].TimeUs);
            if (i > 0 && readings[i].Point == readings[i - 1].Point) continue;
            points.Add(readings[i].Point);
            starts.Add(i);
        }
        starts.Add(readings.Length);
        var name = NameFor(baseOffset);
        if (files.List(Extension).Contains(name)) files.Delete(name);
        var file = files.Create(name);
        var run = new SortedRun(file, endOffset, [.. points], [.. starts], min, max);
        var directory = new byte[points.Count * 8];
        for (var i = 0; i < points.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(directory.AsSpan(i * 8), points[i]);
            BinaryPrimitives.WriteInt32LittleEndian(directory.AsSpan(i * 8 + 4), starts[i]);
        }
        file.Write(HeaderSize, directory);
        file.Write(run._readingsAt, MemoryMarshal.AsBytes(readings));
        file.Sync();
        // The header goes last: without it the file is no run.
        file.Write(0, run.MakeHeader(readings.Length));
        file.Sync();
        return run;
    }

    /// <summary>Opens a run; null when the file is not a whole one.</summary>
    public static SortedRun? TryOpen(IJournalFiles files, string name)
    {
        var file = files.Open(name);
        var header = new byte[HeaderSize];
        if (file.Read(0, header) == header.Length && BinaryPrimitives.ReadUInt32LittleEndian(header) == Magic
            && BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4)) == Segment.FormatVersion)
        {
            var readings = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8));
            var count = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12));
            var directory = new byte[count * 8L];
            if (file.Length == HeaderSize + directory.Length + (long)readings * Reading.Size && file.Read(HeaderSize, directory) == directory.Length)
                return new(file, BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(16)), Column(directory, 0), [.. Column(directory, 4), readings],
                    BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(24)), BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32)));
        }
        file.Dispose();
        return null;
    }

    /// <summary>Appends the point's readings with fromUs &lt;= time &lt; toUs.</summary>
    public void Read(int point, long fromUs, long toUs, List<Reading> into)
    {
        if (toUs <= _minTimeUs || fromUs > _maxTimeUs) return;
        var index = Array.BinarySearch(_points, point);
        if (index < 0) return;
        var readings = new Reading[_starts[index + 1] - _starts[index]];
        var bytes = MemoryMarshal.AsBytes(readings.AsSpan());
        if (_file.Read(_readingsAt + (long)_starts[index] * Reading.Size, bytes) != bytes.Length)
            throw new JournalException($"{NameFor(0)}: shorter than its directory says. Delete the .run files and start again: they are made anew.");
        foreach (ref readonly var reading in readings.AsSpan())
        {
            if (reading.TimeUs >= toUs) break;
            if (reading.TimeUs >= fromUs) into.Add(reading);
        }
    }

    public void Dispose() => _file.Dispose();

    private byte[] MakeHeader(int readings)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), Segment.FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), readings);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), _points.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), EndOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), _minTimeUs);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), _maxTimeUs);
        return header;
    }

    private static int[] Column(byte[] directory, int at)
    {
        var column = new int[directory.Length / 8];
        for (var i = 0; i < column.Length; i++) column[i] = BinaryPrimitives.ReadInt32LittleEndian(directory.AsSpan(i * 8 + at));
        return column;
    }
}
