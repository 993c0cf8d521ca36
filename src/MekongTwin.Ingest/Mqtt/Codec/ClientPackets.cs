using System.Buffers;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>What a client says in CONNECT (3.1).</summary>
internal sealed record ClientTerms(
    string ClientId, ushort KeepAlive, uint SessionExpiry, ushort ReceiveMaximum, int MaximumPacketSize,
    string? UserName, string? Password)
{
    /// <summary>The topic aliases the server may use.</summary>
    public ushort TopicAliasMaximum { get; init; }
}

/// <summary>Packets a client sends.</summary>
internal static class ClientPackets
{
    /// <summary>CONNECT without a will, resuming the session when the server has one.</summary>
    public static void Connect(IBufferWriter<byte> output, ProtocolVersion version, ClientTerms terms)
    {
        const byte userName = 0x80;
        const byte password = 0x40;
        int flags = (terms.UserName is null ? 0 : userName) | (terms.Password is null ? 0 : password);
        PacketBuilder packet = new();
        packet.Text("MQTT").Byte((byte)version).Byte((byte)flags).UInt16(terms.KeepAlive);
        if (version == ProtocolVersion.V5)
        {
            packet.Properties(new PacketBuilder()
                .Property(PropertyId.SessionExpiryInterval).UInt32(terms.SessionExpiry)
                .Property(PropertyId.ReceiveMaximum).UInt16(terms.ReceiveMaximum)
                .Property(PropertyId.MaximumPacketSize).UInt32((uint)terms.MaximumPacketSize)
                .Property(PropertyId.TopicAliasMaximum).UInt16(terms.TopicAliasMaximum));
        }

        packet.Text(terms.ClientId);
        if (terms.UserName is not null)
        {
            packet.Text(terms.UserName);
        }

        if (terms.Password is not null)
        {
            packet.Text(terms.Password);
        }

        packet.WriteTo(output, PacketType.Connect);
    }

    /// <summary>SUBSCRIBE (3.8); the options are those of 3.8.3.1, for 3.1.1 the QoS alone.</summary>
    public static void Subscribe(
        IBufferWriter<byte> output, ProtocolVersion version, ushort packetId, params ReadOnlySpan<(string Filter, byte Options)> filters)
    {
        PacketBuilder packet = new();
        packet.UInt16(packetId);
        if (version == ProtocolVersion.V5)
        {
            packet.Byte(0);
        }

        foreach ((string filter, byte options) in filters)
        {
            packet.Text(filter).Byte(options);
        }

        packet.WriteTo(output, PacketType.Subscribe, flags: 0b0010);
    }

    /// <summary>PINGREQ (3.12).</summary>
    public static void PingReq(IBufferWriter<byte> output) => output.Write<byte>([(byte)PacketType.PingReq << 4, 0]);

    /// <summary>DISCONNECT (3.14).</summary>
    public static void Disconnect(IBufferWriter<byte> output, ProtocolVersion version, ReasonCode reason)
    {
        if (version == ProtocolVersion.V5)
        {
            ServerPackets.Disconnect(output, reason);
        }
        else
        {
            output.Write<byte>([(byte)PacketType.Disconnect << 4, 0]);
        }
    }
}
