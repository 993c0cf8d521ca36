using System.Buffers;

namespace MekongTwin.History.Journal;

/// <summary>Numbers in as few bytes as they need: seven bits a byte, the lowest first; a set highest bit says that more follow.</summary>
internal static class Varint
{
    private const int LengthMax = 10;

    public static void Put(IBufferWriter<byte> into, ulong value)
    {
        var span = into.GetSpan(LengthMax);
        var length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        into.Advance(length);
    }

    /// <summary>Takes a number off the bytes. Throws <see cref="InvalidDataException"/> where there is none.</summary>
    public static ulong Take(ref ReadOnlySpan<byte> from)
    {
        var value = 0ul;
        for (var i = 0; i < LengthMax && i < from.Length; i++)
        {
            value |= (ulong)(from[i] & 0x7F) << 7 * i;
            if (from[i] >= 0x80) continue;
            from = from[(i + 1)..];
            return value;
        }
        throw new InvalidDataException("No number stands here.");
    }

    /// <summary>Takes a number that counts something: at most <paramref name="max"/>.</summary>
    public static int TakeCount(ref ReadOnlySpan<byte> from, int max) =>
        Take(ref from) is var count && count <= (ulong)max ? (int)count : throw new InvalidDataException($"{count} of at most {max} stand here.");
}
