namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// The two to five bytes every packet starts with (2.1).
/// <code>
/// byte 1   type (4 bits) | flags (4 bits)
/// byte 2…  remaining length, 1 to 4 bytes, 7 bits each, least significant first
/// </code>
/// </summary>
/// <param name="First">Type and flags.</param>
/// <param name="RemainingLength">Bytes after the header; declared by the peer, never allocated from.</param>
/// <param name="Length">Bytes of the header itself.</param>
internal readonly record struct FixedHeader(byte First, int RemainingLength, int Length)
{
    /// <summary>The longest header.</summary>
    public const int MaxLength = 5;

    public PacketType Type => (PacketType)(First >> 4);

    public byte Flags => (byte)(First & 0x0F);

    /// <summary>Bytes of the whole packet, header included.</summary>
    public int Size => Length + RemainingLength;

    /// <summary>False when the length was written with more bytes than needed: refused by 5.0 [MQTT-1.5.5-1], tolerated by 3.1.1.</summary>
    public bool IsMinimal => Length - 1 == VariableByteInteger.Size(RemainingLength);

    /// <summary>False: more bytes are needed.</summary>
    /// <exception cref="MalformedPacketException">The remaining length has a fifth byte (2.1.4).</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out FixedHeader header)
    {
        int value = 0;
        for (int index = 1; index < MaxLength; index++)
        {
            if (index >= bytes.Length)
            {
                header = default;
                return false;
            }

            byte digit = bytes[index];
            value |= (digit & 0x7F) << (7 * (index - 1));
            if ((digit & 0x80) == 0)
            {
                header = new FixedHeader(bytes[0], value, index + 1);
                return true;
            }
        }

        MalformedPacketException.Malformed("The remaining length has more than four bytes.");
        header = default;
        return false;
    }

    /// <summary>Reserved flag bits have one legal value per packet type [MQTT-2.1.3-1]; PUBLISH alone uses them.</summary>
    public void RequireLegalFlags()
    {
        byte legal = Type is PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe ? (byte)0b0010 : (byte)0;
        if (Type == PacketType.Publish || Flags == legal)
        {
            return;
        }

        MalformedPacketException.Malformed($"The reserved flags of {Type} are {Flags:b4}.");
    }
}
