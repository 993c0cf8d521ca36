using System.Buffers.Binary;
using System.Text.Unicode;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Reads the body of one complete packet from front to back. Everything is bounds-checked against the body; a field that
/// reaches beyond it is malformed.
/// </summary>
internal ref struct PacketReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    /// <summary>What has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte ReadByte()
    {
        byte value = Take(1)[0];
        return value;
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    /// <summary>A variable byte integer in its minimal form [MQTT-1.5.5-1].</summary>
    public int ReadVariable()
    {
        int value = 0;
        for (int index = 0; index < 4; index++)
        {
            byte digit = ReadByte();
            value |= (digit & 0x7F) << (7 * index);
            if ((digit & 0x80) == 0)
            {
                if (VariableByteInteger.Size(value) != index + 1)
                {
                    MalformedPacketException.Malformed("A variable byte integer is longer than needed [MQTT-1.5.5-1].");
                }

                return value;
            }
        }

        MalformedPacketException.Malformed("A variable byte integer has more than four bytes (1.5.5).");
        return 0;
    }

    /// <summary>Two bytes of length, then that many bytes (1.5.6).</summary>
    public ReadOnlySpan<byte> ReadBinary() => Take(ReadUInt16());

    /// <summary>A UTF-8 string: well formed, no surrogates [MQTT-1.5.4-1], no U+0000 [MQTT-1.5.4-2].</summary>
    public ReadOnlySpan<byte> ReadText()
    {
        ReadOnlySpan<byte> text = ReadBinary();
        if (!Utf8.IsValid(text) || text.Contains((byte)0))
        {
            MalformedPacketException.Malformed("A string is not well-formed UTF-8 or contains U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2].");
        }

        return text;
    }

    /// <summary>A packet identifier, never zero [MQTT-2.2.1-3].</summary>
    public ushort ReadPacketId()
    {
        ushort id = ReadUInt16();
        if (id == 0)
        {
            MalformedPacketException.Malformed("The packet identifier is zero [MQTT-2.2.1-3].");
        }

        return id;
    }

    public ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_rest.Length)
        {
            MalformedPacketException.Malformed("A field reaches beyond the end of its packet.");
        }

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    /// <summary>Refuses bytes after the last field.</summary>
    public readonly void RequireEnd()
    {
        if (!_rest.IsEmpty)
        {
            MalformedPacketException.Malformed("Bytes follow the last field of the packet.");
        }
    }
}
