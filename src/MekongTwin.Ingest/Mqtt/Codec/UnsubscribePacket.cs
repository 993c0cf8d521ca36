using System.Text;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>UNSUBSCRIBE (3.10).</summary>
internal sealed record UnsubscribePacket(ushort PacketId, IReadOnlyList<string> Filters)
{
    public static UnsubscribePacket Read(ReadOnlySpan<byte> body, ProtocolVersion version)
    {
        PacketReader reader = new(body);
        ushort packetId = reader.ReadPacketId();
        if (version == ProtocolVersion.V5)
        {
            PropertyReader.Skip(ref reader, PropertySet.Unsubscribe);
        }

        if (reader.IsAtEnd)
        {
            MalformedPacketException.ProtocolError("UNSUBSCRIBE without a filter [MQTT-3.10.3-2].");
        }

        List<string> filters = [];
        while (!reader.IsAtEnd)
        {
            ReadOnlySpan<byte> filter = reader.ReadText();
            TopicText.RequireFilter(filter);
            filters.Add(Encoding.UTF8.GetString(filter));
        }

        return new UnsubscribePacket(packetId, filters);
    }
}
