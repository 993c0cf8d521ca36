namespace MekongTwin.Ingest.Mqtt;

/// <summary>SUBACK (3.9): one reason per requested filter, below 0x80 when granted.</summary>
internal readonly ref struct SubAckPacket(ushort packetId, ReadOnlySpan<byte> reasons)
{
    public ushort PacketId { get; } = packetId;

    public ReadOnlySpan<byte> Reasons { get; } = reasons;

    public static SubAckPacket Read(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        PacketReader reader = new(body);
        ushort packetId = reader.ReadPacketId();
        if (version == ProtocolVersion.V5)
        {
            PropertyReader.Skip(ref reader, PropertySet.Acknowledgement);
        }

        return new SubAckPacket(packetId, reader.Rest);
    }
}
