namespace MekongTwin.Ingest.Mqtt;

/// <summary>Variable byte integers: 7 bits a byte, least significant first, at most four bytes (1.5.5).</summary>
internal static class VariableByteInteger
{
    public const int MaxValue = 268_435_455;

    /// <summary>The least number of bytes that hold <paramref name="value"/>.</summary>
    public static int Size(int value) => value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;

    /// <summary>Writes and returns the number of bytes written.</summary>
    public static int Write(Span<byte> destination, int value)
    {
        int length = 0;
        do
        {
            byte digit = (byte)(value & 0x7F);
            value >>= 7;
            destination[length++] = value > 0 ? (byte)(digit | 0x80) : digit;
        }
        while (value > 0);
        return length;
    }
}
