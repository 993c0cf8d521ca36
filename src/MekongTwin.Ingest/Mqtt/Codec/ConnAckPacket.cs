namespace MekongTwin.Ingest.Mqtt;

/// <summary>CONNACK (3.2) as a client reads it.</summary>
internal readonly record struct ConnAckPacket(bool SessionPresent, ReasonCode Reason, ushort? ServerKeepAlive, uint? MaximumPacketSize)
{
    public static ConnAckPacket Read(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        PacketReader reader = new(body);
        byte flags = reader.ReadByte();
        byte code = reader.ReadByte();
        if (flags > 1)
        {
            MalformedPacketException.Malformed("Reserved CONNACK flags are set [MQTT-3.2.2-1].");
        }

        // A 3.1.1 server refuses a 5.0 client with its own short form.
        ConnAckPacket packet = version == ProtocolVersion.V311 || reader.IsAtEnd
            ? new ConnAckPacket(flags == 1, FromReturnCode(code), null, null)
            : ReadProperties(ref reader, flags == 1, (ReasonCode)code);
        reader.RequireEnd();
        return packet;
    }

    /// <summary>The 3.1.1 return code nearest to a reason (3.2.2.3 of 3.1.1).</summary>
    public static byte ToReturnCode(ReasonCode reason) => reason switch
    {
        ReasonCode.Success => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdentifierNotValid => 2,
        ReasonCode.BadUserNameOrPassword => 4,
        ReasonCode.NotAuthorized => 5,
        _ => 3,
    };

    private static ReasonCode FromReturnCode(byte code) => code switch
    {
        0 => ReasonCode.Success,
        1 => ReasonCode.UnsupportedProtocolVersion,
        2 => ReasonCode.ClientIdentifierNotValid,
        3 => ReasonCode.ServerUnavailable,
        4 => ReasonCode.BadUserNameOrPassword,
        5 => ReasonCode.NotAuthorized,
        _ => (ReasonCode)(code | 0x80),
    };

    private static ConnAckPacket ReadProperties(ref PacketReader reader, bool sessionPresent, ReasonCode reason)
    {
        ushort? keepAlive = null;
        uint? size = null;
        PropertyReader properties = new(ref reader, PropertySet.ConnAck);
        while (properties.TryNext(out PropertyId id))
        {
            keepAlive = id == PropertyId.ServerKeepAlive ? (ushort)properties.Number : keepAlive;
            size = id == PropertyId.MaximumPacketSize ? properties.Number : size;
        }

        return new ConnAckPacket(sessionPresent, reason, keepAlive, size);
    }
}
