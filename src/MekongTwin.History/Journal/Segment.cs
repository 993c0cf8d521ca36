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
    public const int HeaderSize = 16;

    /// <summary>The on-disk format's version; another one is refused.</summary>
    public const int FormatVersion = 1;

    private const uint Magic = 0x4E524A4D; // "MJRN"

    public static Segment At(long baseOffset) => new(baseOffset.ToString("D19", CultureInfo.InvariantCulture) + Extension, baseOffset);

    public static IReadOnlyList<Segment> List(IJournalFiles files) => [.. files.List(Extension).Select(Parse)];

    /// <summary>Where a journal offset lies in the file.</summary>
    public long Position(long offset) => HeaderSize + offset - BaseOffset;

    public static byte[] MakeHeader(long baseOffset)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), FormatVersion);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), baseOffset);
        return header;
    }

    /// <summary>True when the file starts as a segment of this name; refuses another format version.</summary>
    public bool HasHeader(IJournalFile file)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        if (file.Read(0, header) < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic) return false;
        var version = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        if (version != FormatVersion)
            throw new JournalException($"{Name}: written in format {version}; this program reads format {FormatVersion}. Use the program version that wrote it to export, or a newer one to upgrade.");
        return BinaryPrimitives.ReadInt64LittleEndian(header[8..]) == BaseOffset;
    }

    private static Segment Parse(string name) =>
        long.TryParse(name.AsSpan(0, name.Length - Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? new(name, offset)
            : throw new JournalException($"{name}: not a journal segment's name. Move it out of the journal directory.");
}

/// <summary>The journal on disk is not what it must be; the message says where and what to do.</summary>
public sealed class JournalException(string message) : Exception(message);
