using System.Text;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>CONNECT (3.1).</summary>
internal sealed class ConnectPacket
{
    private const byte UserNameFlag = 0x80;
    private const byte PasswordFlag = 0x40;
    private const byte WillRetainFlag = 0x20;
    private const byte WillQosMask = 0x18;
    private const byte WillFlag = 0x04;
    private const byte CleanFlag = 0x02;
    private const byte ReservedFlag = 0x01;

    /// <summary>The protocol level as sent; the rest is read only when <see cref="IsSupported"/>.</summary>
    public required byte Level { get; init; }

    public bool IsSupported => Level is (byte)ProtocolVersion.V311 or (byte)ProtocolVersion.V5;

    public ProtocolVersion Version => (ProtocolVersion)Level;

    public string ClientId { get; set; } = "";

    /// <summary>Clean session (3.1.1) or clean start (5.0).</summary>
    public bool CleanStart { get; set; }

    /// <summary>Seconds; zero is no keep-alive.</summary>
    public ushort KeepAlive { get; set; }

    /// <summary>Seconds the session outlives its connection; null when a 5.0 client did not say (then zero).</summary>
    public uint? SessionExpiry { get; set; }

    public ushort ReceiveMaximum { get; set; } = ushort.MaxValue;

    /// <summary>The largest packet the client takes; null is no limit.</summary>
    public uint? MaximumPacketSize { get; set; }

    public ushort TopicAliasMaximum { get; set; }

    /// <summary>Set when the client asks for enhanced authentication (4.12).</summary>
    public bool HasAuthenticationMethod { get; set; }

    public string? UserName { get; set; }

    public byte[]? Password { get; set; }

    /// <summary>The last will: validated whole, then ignored, for the twin forwards no client's messages to others.</summary>
    public WillMessage? Will { get; set; }

    public static ConnectPacket Read(ReadOnlySpan<byte> body)
    {
        PacketReader reader = new(body);
        ReadOnlySpan<byte> name = reader.ReadText();
        byte level = reader.ReadByte();
        ConnectPacket packet = new() { Level = level };
        if (name.SequenceEqual("MQIsdp"u8) || (name.SequenceEqual("MQTT"u8) && !packet.IsSupported))
        {
            return new ConnectPacket { Level = name.SequenceEqual("MQTT"u8) ? level : (byte)3 };
        }

        if (!name.SequenceEqual("MQTT"u8))
        {
            MalformedPacketException.Malformed("The protocol name is not MQTT [MQTT-3.1.2-1].");
        }

        byte flags = reader.ReadByte();
        RequireLegalFlags(flags, packet.Version);
        packet.CleanStart = (flags & CleanFlag) != 0;
        packet.KeepAlive = reader.ReadUInt16();
        if (packet.Version == ProtocolVersion.V5)
        {
            packet.ReadProperties(ref reader);
        }

        packet.ReadPayload(ref reader, flags);
        reader.RequireEnd();
        return packet;
    }

    private static void RequireLegalFlags(byte flags, ProtocolVersion version)
    {
        bool will = (flags & WillFlag) != 0;
        if ((flags & ReservedFlag) != 0)
        {
            MalformedPacketException.Malformed("The reserved CONNECT flag is set [MQTT-3.1.2-3].");
        }

        if ((flags & WillQosMask) == WillQosMask)
        {
            MalformedPacketException.Malformed("The will QoS is 3 [MQTT-3.1.2-12].");
        }

        if (!will && (flags & (WillQosMask | WillRetainFlag)) != 0)
        {
            MalformedPacketException.Malformed("Will QoS or will retain without a will [MQTT-3.1.2-11] [MQTT-3.1.2-13].");
        }

        if (version == ProtocolVersion.V311 && (flags & (UserNameFlag | PasswordFlag)) == PasswordFlag)
        {
            MalformedPacketException.Malformed("A password without a user name [MQTT-3.1.2-22 of 3.1.1].");
        }
    }

    private void ReadProperties(ref PacketReader reader)
    {
        bool data = false;
        PropertyReader properties = new(ref reader, PropertySet.Connect);
        while (properties.TryNext(out PropertyId id))
        {
            switch (id)
            {
                case PropertyId.SessionExpiryInterval:
                    SessionExpiry = properties.Number;
                    break;
                case PropertyId.ReceiveMaximum:
                    ReceiveMaximum = (ushort)properties.Number;
                    break;
                case PropertyId.MaximumPacketSize:
                    MaximumPacketSize = properties.Number;
                    break;
                case PropertyId.TopicAliasMaximum:
                    TopicAliasMaximum = (ushort)properties.Number;
                    break;
                case PropertyId.AuthenticationMethod:
                    HasAuthenticationMethod = true;
                    break;
                case PropertyId.AuthenticationData:
                    data = true;
                    break;
                default:
                    break;
            }
        }

        if (data && !HasAuthenticationMethod)
        {
            MalformedPacketException.ProtocolError("Authentication data without a method (3.1.2.11.10).");
        }
    }

    private void ReadPayload(ref PacketReader reader, byte flags)
    {
        ClientId = Encoding.UTF8.GetString(reader.ReadText());
        if ((flags & WillFlag) != 0)
        {
            Will = WillMessage.Read(ref reader, (flags & WillQosMask) >> 3, (flags & WillRetainFlag) != 0, Version);
        }

        UserName = (flags & UserNameFlag) != 0 ? Encoding.UTF8.GetString(reader.ReadText()) : null;
        Password = (flags & PasswordFlag) != 0 ? reader.ReadBinary().ToArray() : null;
    }
}
