namespace MekongTwin.Ingest.Mqtt;

/// <summary>PUBLISH (3.3), a view over the received bytes. The topic is checked by <see cref="TopicTable"/>, which knows the
/// topics it has already checked.</summary>
internal readonly ref struct PublishPacket
{
    private const byte DuplicateFlag = 0b1000;
    private const byte RetainFlag = 0b0001;

    private PublishPacket(byte flags, ReadOnlySpan<byte> topic, ushort packetId, int? alias, ReadOnlySpan<byte> payload)
    {
        Flags = flags;
        Topic = topic;
        PacketId = packetId;
        Alias = alias;
        Payload = payload;
    }

    public byte Flags { get; }

    /// <summary>0, 1 or 2.</summary>
    public int Qos => (Flags >> 1) & 3;

    public bool IsDuplicate => (Flags & DuplicateFlag) != 0;

    public bool IsRetained => (Flags & RetainFlag) != 0;

    /// <summary>Empty when the alias alone names the topic.</summary>
    public ReadOnlySpan<byte> Topic { get; }

    /// <summary>Zero for QoS 0.</summary>
    public ushort PacketId { get; }

    /// <summary>The topic alias (3.3.2.3.4), null when absent.</summary>
    public int? Alias { get; }

    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>A packet that another codec has read.</summary>
    public static PublishPacket From(int qos, ReadOnlySpan<byte> topic, ushort packetId, int? alias, ReadOnlySpan<byte> payload)
    {
        if (qos > 2 || (qos > 0 && packetId == 0))
        {
            MalformedPacketException.Malformed("Both QoS bits are set, or no packet identifier [MQTT-3.3.1-4] [MQTT-2.2.1-3].");
        }

        return new PublishPacket((byte)(qos << 1), topic, packetId, alias, payload);
    }

    public static PublishPacket Read(byte flags, ReadOnlySpan<byte> body, ProtocolVersion version, PropertySet allowed)
    {
        int qos = (flags >> 1) & 3;
        if (qos == 3)
        {
            MalformedPacketException.Malformed("Both QoS bits are set [MQTT-3.3.1-4].");
        }

        if (qos == 0 && (flags & DuplicateFlag) != 0)
        {
            MalformedPacketException.Malformed("DUP is set on a QoS 0 message [MQTT-3.3.1-2].");
        }

        PacketReader reader = new(body);
        ReadOnlySpan<byte> topic = reader.ReadBinary();
        ushort packetId = qos == 0 ? (ushort)0 : reader.ReadPacketId();
        int? alias = version == ProtocolVersion.V5 ? ReadAlias(ref reader, allowed) : null;
        return new PublishPacket(flags, topic, packetId, alias, reader.Rest);
    }

    private static int? ReadAlias(ref PacketReader reader, PropertySet allowed)
    {
        int? alias = null;
        PropertyReader properties = new(ref reader, allowed);
        while (properties.TryNext(out PropertyId id))
        {
            if (id == PropertyId.TopicAlias)
            {
                alias = (int)properties.Number;
            }
        }

        return alias;
    }
}
