namespace MekongTwin.Ingest.Mqtt;

/// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP (3.4 to 3.7): one layout, a packet identifier and in 5.0 perhaps a reason.</summary>
internal readonly record struct AcknowledgementPacket(ushort PacketId, ReasonCode Reason)
{
    public static AcknowledgementPacket Read(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        PacketReader reader = new(body);
        ushort packetId = reader.ReadPacketId();
        ReasonCode reason = ReasonCode.Success;
        if (version == ProtocolVersion.V5 && !reader.IsAtEnd)
        {
            reason = (ReasonCode)reader.ReadByte();
            RequireKnown(reason);
            if (!reader.IsAtEnd)
            {
                PropertyReader.Skip(ref reader, PropertySet.Acknowledgement);
            }
        }

        reader.RequireEnd();
        return new AcknowledgementPacket(packetId, reason);
    }

    private static void RequireKnown(ReasonCode reason)
    {
        const byte noMatchingSubscribers = 0x10;
        if (reason is not (ReasonCode.Success or (ReasonCode)noMatchingSubscribers or ReasonCode.Unspecified
            or ReasonCode.ImplementationSpecific or ReasonCode.NotAuthorized or ReasonCode.TopicNameInvalid
            or ReasonCode.PacketIdentifierInUse or ReasonCode.PacketIdentifierNotFound or ReasonCode.QuotaExceeded
            or ReasonCode.PayloadFormatInvalid))
        {
            MalformedPacketException.ProtocolError($"Reason 0x{(byte)reason:X2} does not belong to an acknowledgement (2.4).");
        }
    }
}
