using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace MekongTwin.History.Journal;

/// <summary>
/// A group commit on disk, little-endian:
/// <code>magic:u32 length:u32 offset:i64 checksum:u32 pad:4 body[length]</code>
/// The offset is the block's own position in the journal; the checksum (CRC-32C) covers length, offset and body. A block
/// counts whole or not at all. No block is written before the one in front of it is durable, so at most the last can be torn.
/// </summary>
internal static class Block
{
    public const int HeaderSize = 24;
    public const uint Magic = 0x4B4C424D; // "MBLK"

    /// <summary>Largest body: the bound of one group commit.</summary>
    public const int BodyMax = 16 << 20;

    public static void WriteHeader(Span<byte> block, long offset)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(block[4..], (uint)(block.Length - HeaderSize));
        BinaryPrimitives.WriteInt64LittleEndian(block[8..], offset);
        BinaryPrimitives.WriteUInt32LittleEndian(block[16..], Checksum(block));
        BinaryPrimitives.WriteUInt32LittleEndian(block[20..], 0);
    }

    /// <summary>Reads a header: the body's length, or -1 when this is not a block of that offset.</summary>
    public static int BodyLength(ReadOnlySpan<byte> header, long offset)
    {
        if (header.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic) return -1;
        if (BinaryPrimitives.ReadInt64LittleEndian(header[8..]) != offset) return -1;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        return length <= BodyMax ? (int)length : -1;
    }

    public static bool IsIntact(ReadOnlySpan<byte> block) => BinaryPrimitives.ReadUInt32LittleEndian(block[16..]) == Checksum(block);

    /// <summary>The journal offset a header claims, for finding intact blocks behind a broken one.</summary>
    public static long ClaimedOffset(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[8..]);

    private static uint Checksum(ReadOnlySpan<byte> block)
    {
        var crc = Crc(uint.MaxValue, block.Slice(4, 12));
        return ~Crc(crc, block[HeaderSize..]);
    }

    /// <summary>Goes on with a CRC-32C; it begins with all ones and ends inverted.</summary>
    internal static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (var value in bytes[(words.Length * 8)..]) crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
