using System.Buffers.Binary;

namespace MekongTwin.Simulators.Mqtt;

/// <summary>What the server said in one read.</summary>
internal interface IMqttReplySink
{
    /// <summary>CONNACK: 0 is accepted. <paramref name="receiveMaximum"/> bounds what may be in flight (5.0; 65,535 otherwise).</summary>
    void OnConnected(byte reason, int receiveMaximum);

    /// <summary>PUBACK. A reason of 0x80 or more is a refusal.</summary>
    void OnAcknowledged(ushort id, byte reason);

    void OnPong();

    void OnDisconnected(byte reason);
}

/// <summary>Cuts the server's bytes into packets, however they were fragmented. One owner; holds at most one packet's rest.</summary>
internal sealed class MqttReplies(IMqttReplySink sink)
{
    /// <summary>Longest packet a publisher has reason to accept.</summary>
    public const int PacketBytesMax = 8192;

    private readonly byte[] _rest = new byte[PacketBytesMax];
    private int _restLength;

    /// <summary>Takes the bytes of one read. Throws <see cref="InvalidDataException"/> for what is no MQTT reply.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (_restLength > 0 && bytes.Length > 0)
        {
            _rest[_restLength++] = bytes[0];
            bytes = bytes[1..];
            if (TakePacket(_rest.AsSpan(0, _restLength)) > 0) _restLength = 0;
            else if (_restLength == PacketBytesMax) throw new InvalidDataException("The server's packet is too long.");
        }
        for (int taken; bytes.Length > 0 && (taken = TakePacket(bytes)) > 0;) bytes = bytes[taken..];
        if (bytes.Length >= PacketBytesMax) throw new InvalidDataException("The server's packet is too long.");
        if (bytes.Length == 0) return;
        bytes.CopyTo(_rest);
        _restLength = bytes.Length;
    }

    /// <summary>Bytes of the packet at the start, or 0 while it is not whole.</summary>
    private int TakePacket(ReadOnlySpan<byte> bytes)
    {
        // The common reply first: PUBACK with nothing but its id.
        if (bytes.Length >= 4 && bytes[0] == 0x40 && bytes[1] == 2)
        {
            sink.OnAcknowledged(BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]), 0);
            return 4;
        }
        if (!TryReadLength(bytes, out var header, out var length)) return 0;
        if (bytes.Length < header + length) return 0;
        Dispatch(bytes[0], bytes.Slice(header, length));
        return header + length;
    }

    private void Dispatch(byte type, ReadOnlySpan<byte> body)
    {
        switch (type >> 4)
        {
            case 2 when body.Length >= 2: sink.OnConnected(body[1], ReceiveMaximum(body[2..])); break;
            case 4 when body.Length >= 3: sink.OnAcknowledged(BinaryPrimitives.ReadUInt16BigEndian(body), body[2]); break;
            case 4 when body.Length == 2: sink.OnAcknowledged(BinaryPrimitives.ReadUInt16BigEndian(body), 0); break;
            case 13: sink.OnPong(); break;
            case 14: sink.OnDisconnected(body.Length > 0 ? body[0] : (byte)0); break;
            default: throw new InvalidDataException($"Unexpected reply 0x{type:x2} of {body.Length} bytes.");
        }
    }

    private static bool TryReadLength(ReadOnlySpan<byte> bytes, out int header, out int length)
    {
        length = 0;
        for (header = 1; header < bytes.Length && header <= 4; header++)
        {
            length |= (bytes[header] & 0x7F) << (7 * (header - 1));
            if (bytes[header] >= 0x80) continue;
            header++;
            return true;
        }
        if (header > 4) throw new InvalidDataException("The server's packet has no valid length.");
        return false;
    }

    /// <summary>Property 0x21 of a 5.0 CONNACK (section 3.2.2.3.3), or 65,535.</summary>
    private static int ReceiveMaximum(ReadOnlySpan<byte> properties)
    {
        if (properties.Length == 0 || properties[0] >= 0x80) return ushort.MaxValue;
        properties = properties.Slice(1, Math.Min(properties[0], properties.Length - 1));
        while (properties.Length >= 3)
        {
            if (properties[0] == 0x21) return BinaryPrimitives.ReadUInt16BigEndian(properties[1..]);
            var size = PropertySize(properties);
            if (size > properties.Length) break;
            properties = properties[size..];
        }
        return ushort.MaxValue;
    }

    private static int PropertySize(ReadOnlySpan<byte> property) => property[0] switch
    {
        0x11 or 0x27 => 5,
        0x13 => 3,
        0x24 or 0x25 or 0x28 or 0x29 or 0x2A => 2,
        0x26 when property.Length >= 3 => PairSize(property),
        _ => 3 + BinaryPrimitives.ReadUInt16BigEndian(property[1..]),
    };

    private static int PairSize(ReadOnlySpan<byte> property)
    {
        var first = 3 + BinaryPrimitives.ReadUInt16BigEndian(property[1..]);
        return first + 2 > property.Length ? int.MaxValue : first + 2 + BinaryPrimitives.ReadUInt16BigEndian(property[first..]);
    }
}
