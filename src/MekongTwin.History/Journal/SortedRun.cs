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
/// what the journal holds: when it is missing or damaged it is made again. Of the directory only each page's first point and checksum are
/// in memory, 8 bytes for 256 points: a run may have hundreds of thousands.
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

    /// <summary>Entries of the directory that are read together.</summary>
    private const int PageEntries = 256;

    private readonly IJournalFile _file;
    private readonly int _bytes;

    /// <summary>First point of each page of the directory, and the checksum of the page with the first entry of the next one.</summary>
    private readonly int[] _firstPoints;
    private readonly uint[] _pages;
    private readonly long _readingsAt;
    private readonly long _minTimeUs;
    private readonly long _maxTimeUs;

    private SortedRun(IJournalFile file, long baseOffset, long endOffset, ReadOnlySpan<byte> directory, int readings, int bytes, long minTimeUs, long maxTimeUs)
    {
        _file = file;
        BaseOffset = baseOffset;
        EndOffset = endOffset;
        Points = directory.Length / EntrySize;
        Readings = readings;
        _bytes = bytes;
        _firstPoints = new int[(Points + PageEntries - 1) / PageEntries];
        _pages = new uint[_firstPoints.Length];
        for (var page = 0; page < _pages.Length; page++)
        {
            var entries = directory[(page * PageEntries * EntrySize)..][..PageBytes(page)];
            _firstPoints[page] = Entry.Read(entries).Point;
            _pages[page] = Checksum(entries);
        }
        _readingsAt = HeaderSize + directory.Length;
        _minTimeUs = minTimeUs;
        _maxTimeUs = maxTimeUs;
    }

    /// <summary>Journal offset where the stretch begins.</summary>
    public long BaseOffset { get; }

    /// <summary>Journal offset where the stretch ends.</summary>
    public long EndOffset { get; }

    /// <summary>Points that have readings in it.</summary>
    public int Points { get; }

    /// <summary>Readings in it, copies included.</summary>
    public int Readings { get; }

    /// <summary>The offset where the run of this name begins.</summary>
    public static bool TryParse(string name, out long baseOffset) =>
        long.TryParse(name.AsSpan(0, name.Length - Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out baseOffset);

    public static string NameFor(long baseOffset) => Path.ChangeExtension(Segment.At(baseOffset).Name, Extension);

    /// <summary>Writes readings that are sorted by point and time.</summary>
    /// <param name="files">Where to.</param>
    /// <param name="baseOffset">Where the stretch begins.</param>
    /// <param name="endOffset">Where it ends.</param>
    /// <param name="readings">Its readings.</param>
    /// <param name="buffers">What the file is put together in: for one run after the other.</param>
    public static SortedRun Write(IJournalFiles files, long baseOffset, long endOffset, ReadOnlySpan<Reading> readings, Buffers buffers)
    {
        var (directory, packed) = (buffers.Directory, buffers.Packed);
        directory.ResetWrittenCount();
        packed.ResetWrittenCount();
        long min = long.MaxValue, max = long.MinValue;
        for (int from = 0, to; from < readings.Length; from = to)
        {
            for (to = from; to < readings.Length && readings[to].Point == readings[from].Point; to++)
            {
                min = Math.Min(min, readings[to].TimeUs);
                max = Math.Max(max, readings[to].TimeUs);
            }
            var at = packed.WrittenCount;
            PackedReadings.Write(readings[from..to], packed);
            new Entry(readings[from].Point, from, at, Checksum(packed.WrittenSpan[at..])).Write(directory);
        }
        var name = NameFor(baseOffset);
        if (files.List(Extension).Contains(name)) files.Delete(name);
        var file = files.Create(name);
        var run = new SortedRun(file, baseOffset, endOffset, directory.WrittenSpan, readings.Length, packed.WrittenCount, min, max);
        try
        {
            file.Write(HeaderSize, directory.WrittenSpan);
            file.Write(run._readingsAt, packed.WrittenSpan);
            file.Sync();
            // The header goes last: without it the file is no run.
            file.Write(0, run.MakeHeader(directory.WrittenSpan));
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
                return new(file, baseOffset, BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(16)), directory, readings, bytes,
                    BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(24)), BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32)));
        }
        file.Dispose();
        return null;
    }

    /// <summary>Appends the point's readings with fromUs &lt;= time &lt; toUs; false, and nothing appended, when they are damaged.</summary>
    public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
    {
        if (toUs <= _minTimeUs || fromUs > _maxTimeUs) return true;
        if (!TryFind(point, out var entry, out var next)) return false;
        if (next.Start == entry.Start) return true;
        var readings = new Reading[next.Start - entry.Start];
        if (!TryFill(readings, entry, next.At - entry.At)) return false;
        foreach (ref readonly var reading in readings.AsSpan())
        {
            if (reading.TimeUs >= toUs) break;
            if (reading.TimeUs >= fromUs) into.Add(reading);
        }
        return true;
    }

    /// <summary>Readings of the point's stretch when the run reaches into the time asked for; all there are when that is damaged.</summary>
    public long CountAtMost(int point, long fromUs, long toUs)
    {
        if (toUs <= _minTimeUs || fromUs > _maxTimeUs) return 0;
        return TryFind(point, out var entry, out var next) ? next.Start - entry.Start : Readings;
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

    /// <summary>A point's entry and the one behind it, which starts where the same does when the run has nothing of it. False when the directory is damaged.</summary>
    private bool TryFind(int point, out Entry entry, out Entry next)
    {
        (entry, next) = (default, default);
        var page = Array.BinarySearch(_firstPoints, point);
        if (page < 0) page = ~page - 1;
        if (page < 0) return true;
        Span<byte> bytes = stackalloc byte[(PageEntries + 1) * EntrySize];
        bytes = bytes[..PageBytes(page)];
        if (!TryReadFile(HeaderSize + (long)page * PageEntries * EntrySize, bytes) || Checksum(bytes) != _pages[page]) return false;
        var count = Math.Min(PageEntries, Points - page * PageEntries);
        var (low, high) = (0, count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Entry.Read(bytes[(middle * EntrySize)..]).Point < point) low = middle + 1;
            else high = middle;
        }
        if (low == count || Entry.Read(bytes[(low * EntrySize)..]) is var found && found.Point != point) return true;
        entry = found;
        // Behind the last one everything ends.
        next = bytes.Length > (low + 1) * EntrySize ? Entry.Read(bytes[((low + 1) * EntrySize)..]) : new(0, Readings, _bytes, 0);
        return true;
    }

    private int PageBytes(int page) => Math.Min(PageEntries + 1, Points - page * PageEntries) * EntrySize;

    private bool TryFill(Span<Reading> readings, Entry entry, int length)
    {
        var packed = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var bytes = packed.AsSpan(0, length);
            if (!TryReadFile(_readingsAt + entry.At, bytes) || Checksum(bytes) != entry.Checksum) return false;
            PackedReadings.Read(bytes, entry.Point, readings);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    private bool TryReadFile(long at, Span<byte> bytes)
    {
        try
        {
            return _file.Read(at, bytes) == bytes.Length;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private byte[] MakeHeader(ReadOnlySpan<byte> directory)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), Readings);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), Points);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), EndOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), _minTimeUs);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), _maxTimeUs);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(BytesAt), _bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(ChecksumAt), Checksum(header, directory));
        return header;
    }

    private static uint Checksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> directory) => ~Block.Crc(Block.Crc(Block.Crc(uint.MaxValue, header[..ChecksumAt]), header[BytesAt..]), directory);

    private static uint Checksum(ReadOnlySpan<byte> bytes) => ~Block.Crc(uint.MaxValue, bytes);

    /// <summary>Megabytes where points are many: made anew for each run they would be most of what is garbage.</summary>
    public sealed class Buffers
    {
        public ArrayBufferWriter<byte> Directory { get; } = new();

        public ArrayBufferWriter<byte> Packed { get; } = new();
    }

    /// <summary>Where a point's readings begin, counted and in bytes, and the checksum of these bytes.</summary>
    private readonly record struct Entry(int Point, int Start, int At, uint Checksum)
    {
        public static Entry Read(ReadOnlySpan<byte> from) => new(
            BinaryPrimitives.ReadInt32LittleEndian(from), BinaryPrimitives.ReadInt32LittleEndian(from[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[8..]), BinaryPrimitives.ReadUInt32LittleEndian(from[12..]));

        public void Write(ArrayBufferWriter<byte> into)
        {
            var entry = into.GetSpan(EntrySize);
            BinaryPrimitives.WriteInt32LittleEndian(entry, Point);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], Start);
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], At);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], Checksum);
            into.Advance(EntrySize);
        }
    }
}
