using System.Buffers.Binary;
using System.Globalization;

namespace MekongTwin.History.Journal;

/// <summary>
/// One file of the journal, named by the journal offset of its first block. A segment counts up to the next one's first
/// offset: what lies behind that was never acknowledged.
/// </summary>
internal sealed record Segment(string Name, long BaseOffset)
{
    public const string Extension = ".journal";
    public const int HeaderSize = 32;

    private const int ChecksumAt = 24;

    private const uint Magic = 0x4E524A4D; // "MJRN"

    public static Segment At(long baseOffset) => new(baseOffset.ToString("D19", CultureInfo.InvariantCulture) + Extension, baseOffset);

    public static IReadOnlyList<Segment> List(IJournalFiles files) => [.. files.List(Extension).Select(Parse)];

    /// <summary>Where a journal offset lies in the file.</summary>
    public long Position(long offset) => HeaderSize + offset - BaseOffset;

    public static byte[] MakeHeader(long baseOffset, long journal)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), JournalFormat.Version);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), baseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), journal);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(ChecksumAt), Block.Crc(uint.MaxValue, header.AsSpan(0, ChecksumAt)));
        return header;
    }

    /// <summary>The journal that the file belongs to; null when it does not start as a segment of this name. Refuses another format version.</summary>
    public long? ReadJournal(IJournalFile file)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        var got = file.Read(0, header);
        if (got < 8 || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic) return null;
        var version = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (!JournalFormat.IsRead(version))
            throw new JournalException($"{Name}: written in format {version}; this program reads format {JournalFormat.Version}. Use the program version that wrote it, or begin a new data directory.");
        if (got < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(header[ChecksumAt..]) != Block.Crc(uint.MaxValue, header[..ChecksumAt])) return null;
        return BinaryPrimitives.ReadInt64LittleEndian(header[8..]) == BaseOffset ? BinaryPrimitives.ReadInt64LittleEndian(header[16..]) : null;
    }

    /// <summary>The format version that its header says.</summary>
    public static int ReadVersion(IJournalFile file)
    {
        Span<byte> header = stackalloc byte[8];
        return file.Read(0, header) == header.Length ? BinaryPrimitives.ReadInt32LittleEndian(header[4..]) : 0;
    }

    private static Segment Parse(string name) =>
        long.TryParse(name.AsSpan(0, name.Length - Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? new(name, offset)
            : throw new JournalException($"{name}: not a journal segment's name. Move it out of the journal directory.");
}

/// <summary>The journal's format on disk.</summary>
public static class JournalFormat
{
    /// <summary>
    /// What is written. 2: a segment carries its journal's identity. 3: stretches before it may be sealed, which a program that does not
    /// know of it would miss. 2 is read: the blocks are the same.
    /// </summary>
    public const int Version = 3;

    private const int OldestVersion = 2;

    /// <summary>True for a format that this program reads; another one is refused.</summary>
    public static bool IsRead(int version) => version is >= OldestVersion and <= Version;
}

/// <summary>
/// What somebody knows of a journal: which one it is (a random number, 0 where that is not known) and how far it was durable
/// once.
/// </summary>
public readonly record struct JournalMark(long Journal, long End);

/// <summary>The journal on disk is not what it must be; the message says where and what to do.</summary>
public sealed class JournalException(string message) : Exception(message);
