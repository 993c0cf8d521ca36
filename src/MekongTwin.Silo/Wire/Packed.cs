using System.Runtime.InteropServices;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Silo.Wire;

/// <summary>Readings as bytes: the 24-byte little-endian form that the journal keeps on disk, so it cannot change unnoticed.</summary>
internal static class Packed
{
    public static byte[] Of(ReadOnlySpan<Reading> readings) => MemoryMarshal.AsBytes(readings).ToArray();

    public static ReadOnlySpan<Reading> Readings(byte[] packed) => MemoryMarshal.Cast<byte, Reading>(packed);
}
