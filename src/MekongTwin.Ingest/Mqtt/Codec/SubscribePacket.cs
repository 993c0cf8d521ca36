using System.Text;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>One filter of a SUBSCRIBE.</summary>
/// <param name="Filter">Well formed (4.7.1).</param>
/// <param name="Identifier">The subscription identifier to repeat with every message, zero when absent (3.8.2.1.2).</param>
internal sealed record SubscriptionRequest(string Filter, int Identifier, bool IsShared);

/// <summary>SUBSCRIBE (3.8).</summary>
internal sealed record SubscribePacket(ushort PacketId, IReadOnlyList<SubscriptionRequest> Requests)
{
    private const byte QosMask = 0b0000_0011;
    private const byte NoLocalFlag = 0b0000_0100;
    private const byte RetainHandlingMask = 0b0011_0000;
    private const byte ReservedMask = 0b1100_0000;
    private const byte ReservedMask311 = 0b1111_1100;

    public static SubscribePacket Read(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        PacketReader reader = new(body);
        ushort packetId = reader.ReadPacketId();
        int identifier = version == ProtocolVersion.V5 ? ReadIdentifier(ref reader) : 0;
        if (reader.IsAtEnd)
        {
            MalformedPacketException.ProtocolError("SUBSCRIBE without a filter [MQTT-3.8.3-2].");
        }

        List<SubscriptionRequest> requests = [];
        while (!reader.IsAtEnd)
        {
            ReadOnlySpan<byte> filter = reader.ReadText();
            TopicText.RequireFilter(filter);
            bool shared = TopicText.IsShared(filter);
            RequireLegalOptions(reader.ReadByte(), version, shared);
            requests.Add(new SubscriptionRequest(Encoding.UTF8.GetString(filter), identifier, shared));
        }

        return new SubscribePacket(packetId, requests);
    }

    private static int ReadIdentifier(ref PacketReader reader)
    {
        int identifier = 0;
        PropertyReader properties = new(ref reader, PropertySet.Subscribe);
        while (properties.TryNext(out PropertyId id))
        {
            identifier = id == PropertyId.SubscriptionIdentifier ? (int)properties.Number : identifier;
        }

        return identifier;
    }

    private static void RequireLegalOptions(byte options, ProtocolVersion version, bool shared)
    {
        byte reserved = version == ProtocolVersion.V5 ? ReservedMask : ReservedMask311;
        if ((options & reserved) != 0)
        {
            MalformedPacketException.Malformed("Reserved subscription options are set [MQTT-3.8.3-5].");
        }

        if ((options & QosMask) == QosMask)
        {
            MalformedPacketException.Malformed("The requested QoS is 3 [MQTT-3-8.3-4 of 3.1.1].");
        }

        if ((options & RetainHandlingMask) == RetainHandlingMask)
        {
            MalformedPacketException.ProtocolError("Retain handling is 3 (3.8.3.1).");
        }

        if (shared && (options & NoLocalFlag) != 0)
        {
            MalformedPacketException.ProtocolError("No local on a shared subscription [MQTT-3.8.3-4].");
        }
    }
}
