using System.Runtime.InteropServices;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Silo.Wire;

/// <summary>Readings as bytes: the 24-byte little-endian form that the journal keeps on disk, so it cannot change unnoticed.</summary>
internal static class Packed
{
    public static byte[] Of(ReadOnlySpan<Reading> readings) => MemoryMarshal.AsBytes(readings).ToArray();

    public static ReadOnlySpan<Reading> Readings(byte[] packed) => MemoryMarshal.Cast<byte, Reading>(packed);

    /// <summary>One after the other.</summary>
    public static byte[] Join(IReadOnlyList<byte[]> parts)
    {
        if (parts.Count == 1) return parts[0];
        var joined = new byte[parts.Sum(part => part.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(joined, at);
            at += part.Length;
        }
        return joined;
    }
}
