using System.Buffers.Binary;
using System.Text;

namespace MekongTwin.Simulators.Mqtt;

/// <summary>Writes the packets a publishing device needs (MQTT 3.1.1 sections 3.1, 3.3, 3.12, 3.14 and their 5.0 forms).</summary>
internal static class MqttPacket
{
    public static ReadOnlySpan<byte> PingRequest => [0xC0, 0];

    public static ReadOnlySpan<byte> Disconnect => [0xE0, 0];

    /// <summary>CONNECT with a clean session (3.1.1) or clean start (5.0).</summary>
    public static byte[] Connect(MqttEndpoint endpoint, string clientId)
    {
        var body = new List<byte>(128);
        AddText(body, "MQTT");
        body.Add(endpoint.Version);
        body.Add((byte)(0x02 | (endpoint.User is null ? 0 : 0x80) | (endpoint.Password is null ? 0 : 0x40)));
        body.Add((byte)(endpoint.KeepAliveSeconds >> 8));
        body.Add((byte)endpoint.KeepAliveSeconds);
        if (endpoint.Version == 5) body.Add(0);
        AddText(body, clientId);
        if (endpoint.User is { } user) AddText(body, user);
        if (endpoint.Password is { } password) AddText(body, password);
        Span<byte> length = stackalloc byte[4];
        return [0x10, .. length[..WriteLength(length, body.Count)], .. body];
    }

    /// <summary>Bytes of a PUBLISH on the wire.</summary>
    public static int PublishSize(int topic, int payload, int qos, byte version)
    {
        var remaining = PublishRemaining(topic, payload, qos, version);
        return 1 + (remaining < 128 ? 1 : remaining < 16_384 ? 2 : remaining < 2_097_152 ? 3 : 4) + remaining;
    }

    /// <summary>Writes a PUBLISH and returns its bytes. <paramref name="id"/> is used at QoS 1 only.</summary>
    public static int WritePublish(Span<byte> target, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, int qos, ushort id, byte version)
    {
        target[0] = (byte)(0x30 | (qos << 1));
        var at = 1 + WriteLength(target[1..], PublishRemaining(topic.Length, payload.Length, qos, version));
        BinaryPrimitives.WriteUInt16BigEndian(target[at..], (ushort)topic.Length);
        topic.CopyTo(target[(at + 2)..]);
        at += 2 + topic.Length;
        if (qos > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target[at..], id);
            at += 2;
        }
        if (version == 5) target[at++] = 0;
        payload.CopyTo(target[at..]);
        return at + payload.Length;
    }

    private static int PublishRemaining(int topic, int payload, int qos, byte version) =>
        2 + topic + (qos > 0 ? 2 : 0) + (version == 5 ? 1 : 0) + payload;

    private static int WriteLength(Span<byte> target, int length)
    {
        var at = 0;
        do
        {
            target[at++] = (byte)((length & 0x7F) | (length > 0x7F ? 0x80 : 0));
            length >>= 7;
        }
        while (length > 0);
        return at;
    }

    private static void AddText(List<byte> body, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        body.Add((byte)(bytes.Length >> 8));
        body.Add((byte)bytes.Length);
        body.AddRange(bytes);
    }
}
