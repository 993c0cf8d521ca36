using System.Buffers;
using System.Text;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>Packets as bytes, well formed unless a test spoils them.</summary>
internal static class Bytes
{
    public static byte[] Packet(PacketType type, int flags, params byte[] body)
    {
        ArrayBufferWriter<byte> bytes = new();
        new PacketBuilder().Raw(body).WriteTo(bytes, type, (byte)flags);
        return bytes.WrittenSpan.ToArray();
    }

    public static byte[] Of(Action<PacketBuilder> body)
    {
        ArrayBufferWriter<byte> bytes = new();
        PacketBuilder builder = new();
        body(builder);
        builder.WriteTo(bytes, PacketType.Reserved);
        FixedHeader.TryRead(bytes.WrittenSpan, out FixedHeader header);
        return bytes.WrittenSpan[header.Length..].ToArray();
    }

    public static byte[] Connect(
        ProtocolVersion version = ProtocolVersion.V311, string clientId = "sensor-1", bool clean = true, int keepAlive = 0,
        string? user = null, string? password = null, byte[]? properties = null)
    {
        int flags = (clean ? 2 : 0) | (user is null ? 0 : 0x80) | (password is null ? 0 : 0x40);
        return Packet(PacketType.Connect, 0, Of(body =>
        {
            body.Text("MQTT").Byte((byte)version).Byte((byte)flags).UInt16(keepAlive);
            if (version == ProtocolVersion.V5)
            {
                body.Variable(properties?.Length ?? 0).Raw(properties ?? []);
            }

            body.Text(clientId);
            if (user is not null)
            {
                body.Text(user);
            }

            if (password is not null)
            {
                body.Text(password);
            }
        }));
    }

    public static byte[] Publish(
        ProtocolVersion version, string topic, string payload, int qos = 0, int id = 0, bool dup = false, byte[]? properties = null) =>
        Packet(PacketType.Publish, (qos << 1) | (dup ? 8 : 0), Of(body =>
        {
            body.Text(topic);
            if (qos > 0)
            {
                body.UInt16(id);
            }

            if (version == ProtocolVersion.V5)
            {
                body.Variable(properties?.Length ?? 0).Raw(properties ?? []);
            }

            body.Raw(Encoding.UTF8.GetBytes(payload));
        }));

    public static byte[] Subscribe(ProtocolVersion version, int id, params string[] filters) =>
        Packet(PacketType.Subscribe, 2, Of(body =>
        {
            body.UInt16(id);
            if (version == ProtocolVersion.V5)
            {
                body.Byte(0);
            }

            foreach (string filter in filters)
            {
                body.Text(filter).Byte(1);
            }
        }));

    public static byte[] Unsubscribe(ProtocolVersion version, int id, string filter) =>
        Packet(PacketType.Unsubscribe, 2, Of(body =>
        {
            body.UInt16(id);
            if (version == ProtocolVersion.V5)
            {
                body.Byte(0);
            }

            body.Text(filter);
        }));

    public static byte[] Release(int id) => Packet(PacketType.PubRel, 2, (byte)(id >> 8), (byte)id);

    public static byte[] Ping { get; } = [0xC0, 0];

    public static byte[] Disconnect { get; } = [0xE0, 0];

    public static byte[] Alias(int alias) => [(byte)PropertyId.TopicAlias, (byte)(alias >> 8), (byte)alias];
}
