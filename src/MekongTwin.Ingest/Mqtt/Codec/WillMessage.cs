using System.Text;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>The last will of a CONNECT (3.1.2.5).</summary>
internal sealed record WillMessage(string Topic, byte[] Payload, int Qos, bool Retain)
{
    public static WillMessage Read(ref PacketReader reader, int qos, bool retain, ProtocolVersion version)
    {
        if (version == ProtocolVersion.V5)
        {
            PropertyReader.Skip(ref reader, PropertySet.Will);
        }

        ReadOnlySpan<byte> topic = reader.ReadText();
        TopicText.RequireName(topic);
        return new WillMessage(Encoding.UTF8.GetString(topic), reader.ReadBinary().ToArray(), qos, retain);
    }
}
