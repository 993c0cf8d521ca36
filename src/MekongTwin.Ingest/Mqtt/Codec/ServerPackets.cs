using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>What a server tells a 5.0 client in CONNACK (3.2.2.3).</summary>
internal sealed record ServerTerms(
    int ReceiveMaximum, int MaximumPacketSize, int TopicAliasMaximum, string? AssignedClientId, uint? SessionExpiry);

/// <summary>Packets a server sends.</summary>
internal static class ServerPackets
{
    /// <summary>CONNACK (3.2). <paramref name="terms"/> is null for refusals and for 3.1.1.</summary>
    public static void ConnAck(
        IBufferWriter<byte> output, ProtocolVersion version, ReasonCode reason, bool sessionPresent, ServerTerms? terms)
    {
        PacketBuilder packet = new();
        packet.Byte(sessionPresent ? (byte)1 : (byte)0);
        if (version == ProtocolVersion.V5)
        {
            packet.Byte((byte)reason).Properties(terms is null ? new PacketBuilder() : TermsOf(terms));
        }
        else
        {
            packet.Byte(ConnAckPacket.ToReturnCode(reason));
        }

        packet.WriteTo(output, PacketType.ConnAck);
    }

    /// <summary>SUBACK (3.9).</summary>
    public static void SubAck(IBufferWriter<byte> output, ProtocolVersion version, ushort packetId, ReadOnlySpan<byte> reasons) =>
        Reasons(output, PacketType.SubAck, version, packetId, reasons);

    /// <summary>UNSUBACK (3.11): without reasons in 3.1.1.</summary>
    public static void UnsubAck(IBufferWriter<byte> output, ProtocolVersion version, ushort packetId, ReadOnlySpan<byte> reasons) =>
        Reasons(output, PacketType.UnsubAck, version, packetId, version == ProtocolVersion.V5 ? reasons : []);

    /// <summary>PINGRESP (3.13).</summary>
    public static void PingResp(IBufferWriter<byte> output) => output.Write<byte>([(byte)PacketType.PingResp << 4, 0]);

    /// <summary>DISCONNECT (3.14); servers send it in 5.0 only.</summary>
    public static void Disconnect(IBufferWriter<byte> output, ReasonCode reason) =>
        output.Write<byte>([(byte)PacketType.Disconnect << 4, 2, (byte)reason, 0]);

    /// <summary>A QoS 0 PUBLISH (3.3). Returns the packet's size without writing when it exceeds <paramref name="maximumSize"/>.</summary>
    public static int Publish(
        IBufferWriter<byte> output, ProtocolVersion version, OutputMessage message, int identifier, long maximumSize)
    {
        int topic = Encoding.UTF8.GetByteCount(message.Topic);
        int properties = identifier == 0 ? 0 : 1 + VariableByteInteger.Size(identifier);
        int body = 2 + topic + (version == ProtocolVersion.V5 ? 1 + properties : 0) + message.Payload.Length;
        int size = 1 + VariableByteInteger.Size(body) + body;
        if (size > maximumSize || topic > ushort.MaxValue || body > VariableByteInteger.MaxValue)
        {
            return 0;
        }

        Span<byte> span = output.GetSpan(size);
        span[0] = (byte)PacketType.Publish << 4;
        int at = 1 + VariableByteInteger.Write(span[1..], body);
        BinaryPrimitives.WriteUInt16BigEndian(span[at..], (ushort)topic);
        at += 2;
        at += Encoding.UTF8.GetBytes(message.Topic, span[at..]);
        if (version == ProtocolVersion.V5)
        {
            span[at++] = (byte)properties;
            if (identifier != 0)
            {
                span[at++] = (byte)PropertyId.SubscriptionIdentifier;
                at += VariableByteInteger.Write(span[at..], identifier);
            }
        }

        message.Payload.Span.CopyTo(span[at..]);
        output.Advance(size);
        return size;
    }

    private static void Reasons(
        IBufferWriter<byte> output, PacketType type, ProtocolVersion version, ushort packetId, ReadOnlySpan<byte> reasons)
    {
        PacketBuilder packet = new();
        packet.UInt16(packetId);
        if (version == ProtocolVersion.V5)
        {
            packet.Byte(0);
        }

        packet.Raw(reasons).WriteTo(output, type);
    }

    private static PacketBuilder TermsOf(ServerTerms terms)
    {
        PacketBuilder properties = new();
        properties.Property(PropertyId.ReceiveMaximum).UInt16(terms.ReceiveMaximum);
        properties.Property(PropertyId.MaximumPacketSize).UInt32((uint)terms.MaximumPacketSize);
        properties.Property(PropertyId.TopicAliasMaximum).UInt16(terms.TopicAliasMaximum);
        properties.Property(PropertyId.SharedSubscriptionAvailable).Byte(0);
        if (terms.AssignedClientId is { } id)
        {
            properties.Property(PropertyId.AssignedClientIdentifier).Text(id);
        }

        if (terms.SessionExpiry is { } seconds)
        {
            properties.Property(PropertyId.SessionExpiryInterval).UInt32(seconds);
        }

        return properties;
    }
}
