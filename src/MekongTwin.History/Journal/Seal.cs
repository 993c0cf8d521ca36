using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>
/// A sealed stretch of the journal, in the place of its raw blocks: <c>BASE-END.seal</c>, or <c>BASE-END-STEP.seal</c> where a step
/// of retention took readings out. Little-endian:
/// <code>magic:u32 version:i32 base:i64 end:i64 journal:i64 readings:i64 directoryAt:i64 directoryBytes:i32 checksum:u32,
/// pages of frames (<see cref="SealedFrames"/>), pages of readings by point and time (<see cref="SealedReadings"/>), directory</code>
/// The header's checksum (CRC-32C) covers header and directory, the directory holds each page's. In memory there is the
/// directory only, some 50 bytes a page of <see cref="SealWriter.PageBytes"/>; a page is read when it is asked for. Immutable.
/// </summary>
internal sealed class Seal
{
    public const string Extension = ".seal";

    /// <summary>Another one is refused.</summary>
    public const int FormatVersion = 1;

    public const int HeaderSize = 56;

    private const uint Magic = 0x4C45534D; // "MSEL"
    private const int ChecksumAt = 52;

    private readonly IJournalFiles _files;
    private readonly ReadingPage[] _pages;
    private readonly FramePage[] _frames;
    private volatile bool _isReplaced;

    private Seal(IJournalFiles files, string name, long baseOffset, long endOffset, long journal, long readings, SealDirectory directory)
    {
        _files = files;
        Name = name;
        BaseOffset = baseOffset;
        EndOffset = endOffset;
        Journal = journal;
        Readings = readings;
        Tallies = directory.Tallies;
        _pages = directory.Pages;
        _frames = directory.Frames;
        MinTimeUs = _pages.Length == 0 ? long.MaxValue : _pages.Min(static page => page.MinTimeUs);
        MaxTimeUs = _pages.Length == 0 ? long.MinValue : _pages.Max(static page => page.MaxTimeUs);
    }

    public string Name { get; }

    /// <summary>Journal offset where the stretch begins.</summary>
    public long BaseOffset { get; }

    /// <summary>Journal offset where the stretch ends.</summary>
    public long EndOffset { get; }

    /// <summary>Identity of the journal it is of; 0 where it cannot be read.</summary>
    public long Journal { get; }

    /// <summary>Readings in it, copies included.</summary>
    public long Readings { get; }

    public ImmutableArray<SourceTally> Tallies { get; }

    /// <summary>Time of the oldest reading; MaxValue where there is none.</summary>
    public long MinTimeUs { get; }

    /// <summary>Of its newest reading; <see cref="long.MinValue"/> without one.</summary>
    public long MaxTimeUs { get; }

    /// <summary>True when something in quarantine stands in it, or anything else that is no reading.</summary>
    public bool HasFrames => _frames.Length > 0;

    /// <param name="baseOffset">Where the stretch begins.</param>
    /// <param name="endOffset">Where it ends.</param>
    /// <param name="step">The newest step of retention that took readings out; 0 for none.</param>
    public static string NameFor(long baseOffset, long endOffset, int step = 0) =>
        string.Create(CultureInfo.InvariantCulture, $"{baseOffset:D19}-{endOffset:D19}") + (step > 0 ? string.Create(CultureInfo.InvariantCulture, $"-{step:D6}") : "") + Extension;

    /// <summary>The stretch that a seal of this name stands for, and the step of retention that it is of.</summary>
    public static bool TryParse(string name, out long baseOffset, out long endOffset, out int step)
    {
        (baseOffset, endOffset, step) = (0, 0, 0);
        var parts = name[..^Extension.Length].Split('-');
        return parts.Length is 2 or 3
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out baseOffset)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out endOffset) && endOffset > baseOffset
            && (parts.Length == 2 || (int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out step) && step > 0));
    }

    /// <summary>Stands for a stretch whose seal is missing or cannot be read.</summary>
    public static Seal Unreadable(IJournalFiles files, long baseOffset, long endOffset) =>
        new(files, NameFor(baseOffset, endOffset), baseOffset, endOffset, 0, 0, new([], [], []));

    /// <summary>Opens the seal of a stretch, under its name or another; null when it is damaged. Refuses another format version.</summary>
    public static Seal? TryOpen(IJournalFiles files, string name, long baseOffset, long endOffset)
    {
        try
        {
            using var file = files.Open(name);
            Span<byte> header = stackalloc byte[HeaderSize];
            if (file.Read(0, header) < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic) return null;
            var version = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
            var (at, length) = (BinaryPrimitives.ReadInt64LittleEndian(header[40..]), BinaryPrimitives.ReadInt32LittleEndian(header[48..]));
            if (at < HeaderSize || length < 0 || file.Length != at + length || ReadFully(file, at, length) is not { } directory) return null;
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[ChecksumAt..]) != Checksum(header, directory)) return null;
            if (version != FormatVersion) throw new JournalException($"{name}: sealed in format {version}; this program reads format {FormatVersion}. Use the program version that wrote it.");
            if (BinaryPrimitives.ReadInt64LittleEndian(header[8..]) != baseOffset || BinaryPrimitives.ReadInt64LittleEndian(header[16..]) != endOffset) return null;
            return new(files, name, baseOffset, endOffset, BinaryPrimitives.ReadInt64LittleEndian(header[24..]), BinaryPrimitives.ReadInt64LittleEndian(header[32..]), SealDirectory.Read(directory));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static byte[] MakeHeader(long baseOffset, long endOffset, long journal, long readings, long directoryAt, ReadOnlySpan<byte> directory)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), FormatVersion);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), baseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), endOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), journal);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), readings);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(40), directoryAt);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(48), directory.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(ChecksumAt), Checksum(header, directory));
        return header;
    }

    public static uint Checksum(ReadOnlySpan<byte> page) => ~Block.Crc(uint.MaxValue, page);

    /// <summary>Appends the point's readings with fromUs &lt;= time &lt; toUs. What is damaged is told and left out.</summary>
    public void Read(int point, long fromUs, long toUs, List<Reading> into, SealDamage damage)
    {
        if (toUs <= MinTimeUs || fromUs > MaxTimeUs) return;
        IJournalFile? file = null;
        try
        {
            for (var i = FindPage(point); i < _pages.Length && _pages[i].FirstPoint <= point; i++)
            {
                if (toUs <= _pages[i].MinTimeUs || fromUs > _pages[i].MaxTimeUs) continue;
                if (TryReadPage(ref file, _pages[i].At, _pages[i].Length, _pages[i].Checksum) is { } page) Find(page, point, fromUs, toUs, into);
                else damage.Add(Name, _pages[i].Describe());
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>At least as many readings as <see cref="Read"/> goes through for this.</summary>
    public long CountAtMost(int point, long fromUs, long toUs)
    {
        if (toUs <= MinTimeUs || fromUs > MaxTimeUs) return 0;
        var count = 0L;
        for (var i = FindPage(point); i < _pages.Length && _pages[i].FirstPoint <= point; i++)
        {
            if (toUs > _pages[i].MinTimeUs && fromUs <= _pages[i].MaxTimeUs) count += _pages[i].MostOfOnePoint;
        }
        return count;
    }

    /// <summary>The blocks from an offset on that hold other things than readings, without the readings. What is damaged is told and left out.</summary>
    public IEnumerable<KeptBlock> ReadBlocks(long from, SealDamage damage)
    {
        IJournalFile? file = null;
        try
        {
            foreach (var page in _frames)
            {
                if (page.LastBlock < from) continue;
                if (TryReadPage(ref file, page.At, page.Length, page.Checksum) is not { } deflated)
                {
                    damage.Add(Name, page.Describe());
                    continue;
                }
                foreach (var block in SealedFrames.Read(deflated, page.RawLength, page.FirstBlock))
                {
                    if (block.Offset >= from) yield return block;
                }
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>
    /// All readings as frames, sorted by point and time, behind what the frames of each source said beside them. What is damaged is
    /// told and left out.
    /// </summary>
    /// <returns>Bytes of the frames, which begin <paramref name="into"/>.</returns>
    public int ReadFrames(ref byte[] into, SealDamage damage)
    {
        var frames = new ReadingFrames(into, Readings, Tallies);
        IJournalFile? file = null;
        try
        {
            foreach (var page in _pages)
            {
                if (TryReadPage(ref file, page.At, page.Length, page.Checksum) is { } bytes) frames.Add(bytes);
                else damage.Add(Name, page.Describe());
            }
        }
        finally
        {
            file?.Dispose();
        }
        return frames.Finish(out into);
    }

    /// <summary>Says of every page that is damaged what it holds.</summary>
    public void Check(SealDamage damage)
    {
        IJournalFile? file = null;
        try
        {
            foreach (var page in _frames)
            {
                if (TryReadPage(ref file, page.At, page.Length, page.Checksum) is null) damage.Add(Name, page.Describe());
            }
            foreach (var page in _pages)
            {
                if (TryReadPage(ref file, page.At, page.Length, page.Checksum) is null) damage.Add(Name, page.Describe());
            }
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static void Find(ReadOnlySpan<byte> page, int point, long fromUs, long toUs, List<Reading> into)
    {
        var at = 0;
        while (!page.IsEmpty)
        {
            var body = SealedReadings.Take(ref page, ref at, out var count);
            if (at > point) return;
            if (at < point) continue;
            var readings = new Reading[count];
            SealedReadings.Read(body, point, readings);
            foreach (ref readonly var reading in readings.AsSpan())
            {
                if (reading.TimeUs >= toUs) break;
                if (reading.TimeUs >= fromUs) into.Add(reading);
            }
        }
    }

    /// <summary>Another one takes its place, and its file goes: who reads it now reads that one.</summary>
    public void Replace() => _isReplaced = true;

    /// <summary>Null when the page is damaged or cannot be read. Throws <see cref="ObjectDisposedException"/> when another seal took this one's place and its file is gone.</summary>
    private byte[]? TryReadPage(ref IJournalFile? file, long at, int length, uint checksum)
    {
        try
        {
            file ??= _files.Open(Name);
            return ReadFully(file, at, length) is { } page && Checksum(page) == checksum ? page : null;
        }
        catch (FileNotFoundException) when (_isReplaced)
        {
            throw new ObjectDisposedException(Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The first page that may hold the point.</summary>
    private int FindPage(int point)
    {
        var (low, high) = (0, _pages.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_pages[middle].LastPoint < point) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private static byte[]? ReadFully(IJournalFile file, long at, int length)
    {
        var bytes = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var got = file.Read(at + filled, bytes.AsSpan(filled));
            if (got == 0) return null;
            filled += got;
        }
        return bytes;
    }

    private static uint Checksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> directory) => ~Block.Crc(Block.Crc(uint.MaxValue, header[..ChecksumAt]), directory);
}
