namespace MekongTwin.Ingest.Mqtt;

/// <summary>DISCONNECT (3.14).</summary>
internal readonly record struct DisconnectPacket(ReasonCode Reason, uint? SessionExpiry)
{
    public static DisconnectPacket Read(ReadOnlySpan<byte> body, ProtocolVersion version, PropertySet allowed)
    {
        PacketReader reader = new(body);
        ReasonCode reason = ReasonCode.Success;
        uint? expiry = null;
        if (version == ProtocolVersion.V5 && !reader.IsAtEnd)
        {
            reason = (ReasonCode)reader.ReadByte();
            if (!reader.IsAtEnd)
            {
                expiry = ReadExpiry(ref reader, allowed);
            }
        }

        reader.RequireEnd();
        return new DisconnectPacket(reason, expiry);
    }

    private static uint? ReadExpiry(ref PacketReader reader, PropertySet allowed)
    {
        uint? expiry = null;
        PropertyReader properties = new(ref reader, allowed);
        while (properties.TryNext(out PropertyId id))
        {
            expiry = id == PropertyId.SessionExpiryInterval ? properties.Number : expiry;
        }

        return expiry;
    }
}
