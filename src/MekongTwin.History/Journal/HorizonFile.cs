using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Journal;

/// <summary>What stays of readings that are gone.</summary>
public interface ISettledFacts
{
    void Add(in GoneReadings gone);

    void Add(in Reading latest);

    void Add(in PointWindow window);

    void Add(in AssetWindow total);
}

/// <summary>
/// A step of retention on disk, <c>STEP-OFFSET.horizon</c>: what each city keeps, and what stays of what goes. Little-endian:
/// <code>magic:u32 version:i32 step:i32 pad:4 journal:i64 bytes:i64 checksum:u32 pad:4,
/// pages of (kind:i32 length:i32 rawLength:i32 checksum:u32, rows[length] deflated); the first one has the horizon</code>
/// Checksums are CRC-32C. With its name the step takes place, and everything it needs is in it: it is never written again.
/// </summary>
internal sealed class HorizonFile
{
    public const string Extension = ".horizon";

    public const int HeaderSize = 40;

    public const int PageHeaderSize = 16;

    private const uint Magic = 0x5A52484D; // "MHRZ"
    private const int FormatVersion = 1;
    private const int ChecksumAt = 32;

    private readonly IJournalFiles _files;
    private readonly long _bytes;

    private HorizonFile(IJournalFiles files, string name, Horizon horizon, long journal, long bytes)
    {
        (_files, Name, Horizon, Journal, _bytes) = (files, name, horizon, journal, bytes);
    }

    public enum PageKind
    {
        Horizon = 1,
        Gone,
        Latest,
        Windows,
        Totals,
    }

    public string Name { get; }

    public Horizon Horizon { get; }

    /// <summary>Identity of the journal that it is of.</summary>
    public long Journal { get; }

    public static string NameFor(int step, long offset) => string.Create(CultureInfo.InvariantCulture, $"{step:D6}-{offset:D19}{Extension}");

    public static bool TryParse(string name, out int step, out long offset)
    {
        offset = 0;
        var dash = name.IndexOf('-', StringComparison.Ordinal);
        return int.TryParse(name.AsSpan(0, Math.Max(dash, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out step)
            && long.TryParse(name.AsSpan(dash + 1, name.Length - dash - 1 - Extension.Length), NumberStyles.None, CultureInfo.InvariantCulture, out offset);
    }

    /// <summary>Opens a step, under its name or another: reads what each city keeps. Null when that is damaged; refuses another format version.</summary>
    public static HorizonFile? TryOpen(IJournalFiles files, string name, int step, long offset)
    {
        try
        {
            using var file = files.Open(name);
            Span<byte> header = stackalloc byte[HeaderSize];
            if (file.Read(0, header) < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic) return null;
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[ChecksumAt..]) != Seal.Checksum(header[..ChecksumAt])) return null;
            var version = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
            if (version != FormatVersion) throw new JournalException($"{name}: written in format {version}; this program reads format {FormatVersion}. Use the program version that wrote it.");
            var bytes = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
            if (BinaryPrimitives.ReadInt32LittleEndian(header[8..]) != step || TryReadPage(file, HeaderSize) is not (PageKind.Horizon, var rows, _)) return null;
            return new(files, name, new(step, offset, ReadCities(rows)), BinaryPrimitives.ReadInt64LittleEndian(header[16..]), bytes);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same under the name that makes the step take place, at a journal offset.</summary>
    public HorizonFile Named(long offset) => new(_files, NameFor(Horizon.Step, offset), Horizon.At(offset), Journal, _bytes);

    public static byte[] MakeHeader(int step, long journal, long bytes)
    {
        var header = new byte[HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), step);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), journal);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(ChecksumAt), Seal.Checksum(header.AsSpan(0, ChecksumAt)));
        return header;
    }

    public static uint PageChecksum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> rows) => ~Block.Crc(Block.Crc(uint.MaxValue, header[..12]), rows);

    /// <summary>Hands out what stays, page by page; null for nothing reads all the same. False when a page is damaged: what lies behind it is left out.</summary>
    public bool TryRead(ISettledFacts? into)
    {
        try
        {
            using var file = _files.Open(Name);
            if (file.Length != _bytes) return false;
            for (long at = HeaderSize; at < _bytes;)
            {
                if (TryReadPage(file, at) is not var (kind, rows, length)) return false;
                if (into is not null) SettledRows.Read(kind, rows, into);
                at += length;
            }
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static void WriteCities(Horizon horizon, ArrayBufferWriter<byte> into)
    {
        Varint.Put(into, (uint)horizon.Cities.Length);
        foreach (var city in horizon.Cities)
        {
            var name = Encoding.UTF8.GetBytes(city.City);
            Varint.Put(into, (uint)name.Length);
            into.Write(name);
            foreach (var bound in (long[])[city.ReadingsFromUs, city.WindowsFromUs, city.AcceptedFromUs]) Varint.Put(into, (ulong)bound);
            foreach (var members in (ImmutableArray<int>[])[city.Points, city.Assets])
            {
                Varint.Put(into, (uint)members.Length);
                for (var i = 0; i < members.Length; i++) Varint.Put(into, (uint)(members[i] - (i > 0 ? members[i - 1] : 0)));
            }
        }
    }

    private static ImmutableArray<CityHorizon> ReadCities(ReadOnlySpan<byte> rows)
    {
        var cities = new CityHorizon[Varint.TakeCount(ref rows, short.MaxValue)];
        for (var i = 0; i < cities.Length; i++)
        {
            var length = Varint.TakeCount(ref rows, rows.Length);
            var name = Encoding.UTF8.GetString(rows[..length]);
            rows = rows[length..];
            var (readings, windows, accepted) = ((long)Varint.Take(ref rows), (long)Varint.Take(ref rows), (long)Varint.Take(ref rows));
            cities[i] = new(name, readings, windows, accepted, ReadMembers(ref rows), ReadMembers(ref rows));
        }
        return [.. cities];
    }

    private static ImmutableArray<int> ReadMembers(ref ReadOnlySpan<byte> rows)
    {
        var members = new int[Varint.TakeCount(ref rows, rows.Length)];
        for (var i = 0; i < members.Length; i++) members[i] = Varint.TakeCount(ref rows, int.MaxValue) + (i > 0 ? members[i - 1] : 0);
        return [.. members];
    }

    /// <summary>Kind, rows and bytes of the page at a place in the file; null when it is damaged.</summary>
    private static (PageKind Kind, byte[] Rows, int Bytes)? TryReadPage(IJournalFile file, long at)
    {
        var header = new byte[PageHeaderSize];
        if (file.Read(at, header) < header.Length) return null;
        var (kind, length, rawLength) = ((PageKind)BinaryPrimitives.ReadInt32LittleEndian(header), BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(4)), BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8)));
        if (length < 0 || rawLength < 0 || at + header.Length + length > file.Length) return null;
        var deflated = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var got = file.Read(at + header.Length + filled, deflated.AsSpan(filled));
            if (got == 0) return null;
            filled += got;
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)) != PageChecksum(header, deflated)) return null;
        var rows = new byte[rawLength];
        using (var inflate = new DeflateStream(new MemoryStream(deflated), CompressionMode.Decompress)) inflate.ReadExactly(rows);
        return (kind, rows, header.Length + length);
    }
}
