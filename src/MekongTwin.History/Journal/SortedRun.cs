using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>
/// The readings of a stretch of the journal sorted by point and time, for finding those behind a window. Little-endian:
/// <code>magic:u32 version:i32 readings:i32 points:i32 end:i64 minTime:i64 maxTime:i64 checksum:u32 bytes:i32,
/// directory[points] of (point:i32 start:i32 at:i32 checksum:u32), readings of each point, packed (<see cref="PackedReadings"/>)</code>
/// The header's checksum (CRC-32C) covers header and directory, a directory entry's the packed readings of its point. It repeats
/// what the journal holds: when it is missing or damaged it is made again.
/// </summary>
internal sealed class SortedRun : IDisposable
{
    public const string Extension = ".run";

    private const uint Magic = 0x4E55524D; // "MRUN"
    private const int FormatVersion = 4;
    private const int HeaderSize = 48;
    private const int ChecksumAt = 40;
    private const int BytesAt = 44;
    private const int EntrySize = 16;

    private readonly IJournalFile _file;
    private readonly int[] _points;
    private readonly int[] _starts;
    private readonly int[] _places;
    private readonly int[] _checksums;
    private readonly long _readingsAt;
    private readonly long _minTimeUs;
    private readonly long _maxTimeUs;

    private SortedRun(IJournalFile file, long baseOffset, long endOffset, int[] points, int[] starts, int[] places, int[] checksums, long minTimeUs, long maxTimeUs)
    {
        _file = file;
        BaseOffset = baseOffset;
        EndOffset = endOffset;
        _points = points;
        _starts = starts;
        _places = places;
        _checksums = checksums;
        _readingsAt = HeaderSize + (long)points.Length * EntrySize;
        _minTimeUs = minTimeUs;
        _maxTimeUs = maxTimeUs;
    }

    /// <summary>Journal offset where the stretch begins.</summary>
    public long BaseOffset { get; }

    /// <summary>Journal offset where the stretch ends.</summary>
    public long EndOffset { get; }

    /// <summary>Points that have readings in it.</summary>
    public int Points => _points.Length;

    /// <summary>Readings in it, copies included.</summary>
    public int Readings => _starts[^1];

    /// <summary>The offset where the run of this name begins.</summary>
    public static bool TryParse(string name, out long baseOffset) =>
        long.TryParse(name.AsSpan(0, name.Length - Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out baseOffset);

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
        var packed = new ArrayBufferWriter<byte>(Math.Max(1, 4 * readings.Length));
        var (places, checksums) = (new int[points.Count + 1], new int[points.Count]);
        for (var i = 0; i < checksums.Length; i++)
        {
            PackedReadings.Write(readings[starts[i]..starts[i + 1]], packed);
            places[i + 1] = packed.WrittenCount;
            checksums[i] = Checksum(packed.WrittenSpan[places[i]..]);
        }
        var name = NameFor(baseOffset);
        if (files.List(Extension).Contains(name)) files.Delete(name);
        var file = files.Create(name);
        var run = new SortedRun(file, baseOffset, endOffset, [.. points], [.. starts], places, checksums, min, max);
        var directory = new byte[points.Count * EntrySize];
        for (var i = 0; i < points.Count; i++)
        {
            var entry = directory.AsSpan(i * EntrySize);
            BinaryPrimitives.WriteInt32LittleEndian(entry, points[i]);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], starts[i]);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], places[i]);
            BinaryPrimitives.WriteInt32LittleEndian(entry[12..], checksums[i]);
        }
        try
        {
            file.Write(HeaderSize, directory);
            file.Write(run._readingsAt, packed.WrittenSpan);
            file.Sync();
            // The header goes last: without it the file is no run.
            file.Write(0, run.MakeHeader(readings.Length, directory));
            file.Sync();
            return run;
        }
        catch
        {
            // Its space is free only when it is closed as well.
            file.Dispose();
            TryDelete(files, name);
            throw;
        }
    }

    /// <summary>Opens a run; null when the file is not a whole one.</summary>
    public static SortedRun? TryOpen(IJournalFiles files, long baseOffset)
    {
        var file = files.Open(NameFor(baseOffset));
        var header = new byte[HeaderSize];
        if (file.Read(0, header) == header.Length && BinaryPrimitives.ReadUInt32LittleEndian(header) == Magic
            && BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4)) == FormatVersion)
        {
            var readings = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8));
            var count = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(12));
            var bytes = BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(BytesAt));
            var isWhole = count >= 0 && readings >= 0 && bytes >= 0 && file.Length == HeaderSize + (long)count * EntrySize + bytes;
            var directory = new byte[isWhole ? count * EntrySize : 0];
            if (isWhole && file.Read(HeaderSize, directory) == directory.Length && BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(ChecksumAt)) == Checksum(header, directory))
                return new(file, baseOffset, BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(16)), Column(directory, 0), [.. Column(directory, 4), readings],
                    [.. Column(directory, 8), bytes], Column(directory, 12), BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(24)), BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32)));
        }
        file.Dispose();
        return null;
    }

    /// <summary>Appends the point's readings with fromUs &lt;= time &lt; toUs; false, and nothing appended, when they are damaged.</summary>
    public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
    {
        if (toUs <= _minTimeUs || fromUs > _maxTimeUs) return true;
        var index = Array.BinarySearch(_points, point);
        if (index < 0) return true;
        var readings = new Reading[_starts[index + 1] - _starts[index]];
        if (!TryFill(readings, index)) return false;
        foreach (ref readonly var reading in readings.AsSpan())
        {
            if (reading.TimeUs >= toUs) break;
            if (reading.TimeUs >= fromUs) into.Add(reading);
        }
        return true;
    }

    /// <summary>Readings of the point's stretch when the run reaches into the time asked for.</summary>
    public long CountAtMost(int point, long fromUs, long toUs)
    {
        var index = toUs <= _minTimeUs || fromUs > _maxTimeUs ? -1 : Array.BinarySearch(_points, point);
        return index < 0 ? 0 : _starts[index + 1] - _starts[index];
    }

    public void Dispose() => _file.Dispose();

    private static void TryDelete(IJournalFiles files, string name)
    {
        try
        {
            files.Delete(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without its header it is no run, and the next try deletes it.
        }
    }

    private bool TryFill(Span<Reading> readings, int index)
    {
        var packed = ArrayPool<byte>.Shared.Rent(_places[index + 1] - _places[index]);
        try
        {
            var bytes = packed.AsSpan(0, _places[index + 1] - _places[index]);
            if (_file.Read(_readingsAt + _places[index], bytes) != bytes.Length || Checksum(bytes) != _checksums[index]) return false;
            PackedReadings.Read(bytes, _points[index], readings);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    private byte[] MakeHeader(int readings, ReadOnlySpan<byte> directory)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), readings);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), _points.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), EndOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), _minTimeUs);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), _maxTimeUs);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(BytesAt), _places[^1]);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(ChecksumAt), Checksum(header, directory));
        return header;
    }

    private static uint Checksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> directory) => ~Block.Crc(Block.Crc(Block.Crc(uint.MaxValue, header[..ChecksumAt]), header[BytesAt..]), directory);

    private static int Checksum(ReadOnlySpan<byte> packed) => (int)~Block.Crc(uint.MaxValue, packed);

    private static int[] Column(byte[] directory, int at)
    {
        var column = new int[directory.Length / EntrySize];
        for (var i = 0; i < column.Length; i++) column[i] = BinaryPrimitives.ReadInt32LittleEndian(directory.AsSpan(i * EntrySize + at));
        return column;
    }
}
