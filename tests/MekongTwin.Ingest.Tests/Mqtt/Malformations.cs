using System.Buffers;
using System.Text;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>What the specifications forbid, each closing the connection with the reason they name.</summary>
public sealed class Malformations
{
    private const ProtocolVersion V3 = ProtocolVersion.V311;
    private const ProtocolVersion V5 = ProtocolVersion.V5;

    private static readonly Dictionary<string, (byte[] Bytes, CloseReason Reason)> First = new()
    {
        ["a packet before CONNECT [MQTT-3.1.0-1]"] = (Bytes.Ping, CloseReason.ProtocolError),
        ["PUBLISH before CONNECT"] = (Bytes.Publish(V3, "t", "1"), CloseReason.ProtocolError),
        ["the start of PUBLISH before CONNECT"] = ([0x30, 100], CloseReason.ProtocolError),
        ["packet type 0"] = ([0x00, 0], CloseReason.ProtocolError),
        ["CONNECT flags in the fixed header [MQTT-2.1.3-1]"] = ([0x11, 0], CloseReason.MalformedPacket),
        ["five bytes of remaining length"] = ([0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], CloseReason.MalformedPacket),
        ["CONNECT that declares 268,435,455 bytes"] = ([0x10, 0xFF, 0xFF, 0xFF, 0x7F], CloseReason.PacketTooLarge),
        ["CONNECT one byte above the limit"] = ([0x10, 0xFE, 0x7F], CloseReason.PacketTooLarge),
        ["another protocol"] = (Connect(name: "HTTP"), CloseReason.MalformedPacket),
        ["the reserved connect flag [MQTT-3.1.2-3]"] = (Connect(flags: 0x03), CloseReason.MalformedPacket),
        ["will QoS 3 [MQTT-3.1.2-12]"] = (Connect(flags: 0x1E, tail: WillTail("w", "x")), CloseReason.MalformedPacket),
        ["will QoS without a will [MQTT-3.1.2-11]"] = (Connect(flags: 0x0A), CloseReason.MalformedPacket),
        ["will retain without a will [MQTT-3.1.2-13]"] = (Connect(flags: 0x22), CloseReason.MalformedPacket),
        ["a password without a user name, 3.1.1"] = (Connect(flags: 0x42, tail: [0, 1, 65]), CloseReason.MalformedPacket),
        ["a will topic with a wildcard"] = (Connect(flags: 0x06, tail: WillTail("w/#", "x")), CloseReason.TopicNameInvalid),
        ["a will without its payload"] = (Connect(flags: 0x06, tail: [0, 1, 65]), CloseReason.MalformedPacket),
        ["U+0000 in the client identifier [MQTT-1.5.4-2]"] = (Connect(clientId: [65, 0, 66]), CloseReason.MalformedPacket),
        ["a surrogate in the client identifier [MQTT-1.5.4-1]"] = (Connect(clientId: [0xED, 0xA0, 0x80]), CloseReason.MalformedPacket),
        ["an overlong form in the client identifier"] = (Connect(clientId: [0xC0, 0x80]), CloseReason.MalformedPacket),
        ["a client identifier beyond the packet"] = (Bytes.Packet(PacketType.Connect, 0, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 9, 65), CloseReason.MalformedPacket),
        ["bytes after CONNECT's last field"] = (Connect(tail: [1]), CloseReason.MalformedPacket),
        ["an empty CONNECT"] = ([0x10, 0], CloseReason.MalformedPacket),
        ["a property twice"] = (Connect5(0x21, 0, 9, 0x21, 0, 9), CloseReason.ProtocolError),
        ["receive maximum 0"] = (Connect5(0x21, 0, 0), CloseReason.ProtocolError),
        ["maximum packet size 0"] = (Connect5(0x27, 0, 0, 0, 0), CloseReason.ProtocolError),
        ["request problem information 2"] = (Connect5(0x17, 2), CloseReason.ProtocolError),
        ["a property of another packet"] = (Connect5(0x23, 0, 1), CloseReason.MalformedPacket),
        ["an unknown property"] = (Connect5(0x7E, 0), CloseReason.MalformedPacket),
        ["a truncated property"] = (Connect5(0x11, 0), CloseReason.MalformedPacket),
        ["authentication data without a method"] = (Connect5(0x16, 0, 1, 65), CloseReason.ProtocolError),
        ["an overlong property length"] = (Connect(level: 5, afterKeepAlive: [0x80, 0]), CloseReason.MalformedPacket),
    };

    private static readonly Dictionary<string, (ProtocolVersion Version, byte[] Bytes, CloseReason Reason)> Later = new()
    {
        ["a second CONNECT [MQTT-3.1.0-2]"] = (V3, Bytes.Connect(), CloseReason.ProtocolError),
        ["packet type 0"] = (V3, [0x00, 0], CloseReason.ProtocolError),
        ["CONNACK from a client"] = (V3, [0x20, 2, 0, 0], CloseReason.ProtocolError),
        ["PINGRESP from a client"] = (V3, [0xD0, 0], CloseReason.ProtocolError),
        ["AUTH in 3.1.1"] = (V3, [0xF0, 0], CloseReason.ProtocolError),
        ["AUTH without agreement"] = (V5, [0xF0, 0], CloseReason.AuthenticationMethod),
        ["PINGREQ flags"] = (V3, [0xC1, 0], CloseReason.MalformedPacket),
        ["a PINGREQ body"] = (V3, [0xC0, 1, 0], CloseReason.MalformedPacket),
        ["DISCONNECT flags"] = (V3, [0xE2, 0], CloseReason.MalformedPacket),
        ["a DISCONNECT body in 3.1.1"] = (V3, [0xE0, 1, 0], CloseReason.MalformedPacket),
        ["PUBREL flags [MQTT-3.6.1-1]"] = (V3, [0x60, 2, 0, 1], CloseReason.MalformedPacket),
        ["PUBREL identifier 0"] = (V3, [0x62, 2, 0, 0], CloseReason.MalformedPacket),
        ["PUBREL cut short"] = (V3, [0x62, 1, 0], CloseReason.MalformedPacket),
        ["PUBREL with more in 3.1.1"] = (V3, [0x62, 3, 0, 1, 0], CloseReason.MalformedPacket),
        ["PUBREL with a reason of another packet"] = (V5, [0x62, 3, 0, 1, 0x8B], CloseReason.ProtocolError),
        ["PUBACK identifier 0"] = (V3, [0x40, 2, 0, 0], CloseReason.MalformedPacket),
        ["QoS 3 [MQTT-3.3.1-4]"] = (V3, Bytes.Packet(PacketType.Publish, 6, 0, 1, 116, 0, 1), CloseReason.MalformedPacket),
        ["DUP with QoS 0 [MQTT-3.3.1-2]"] = (V3, Bytes.Packet(PacketType.Publish, 8, 0, 1, 116), CloseReason.MalformedPacket),
        ["PUBLISH identifier 0"] = (V3, Bytes.Publish(V3, "t", "", qos: 1, id: 0), CloseReason.MalformedPacket),
        ["an empty topic, 3.1.1"] = (V3, Bytes.Publish(V3, "", "1"), CloseReason.ProtocolError),
        ["an empty topic without an alias"] = (V5, Bytes.Publish(V5, "", "1"), CloseReason.ProtocolError),
        ["'+' in a topic name [MQTT-3.3.2-2]"] = (V3, Bytes.Publish(V3, "a/+/b", "1"), CloseReason.TopicNameInvalid),
        ["'#' in a topic name"] = (V5, Bytes.Publish(V5, "a/#", "1"), CloseReason.TopicNameInvalid),
        ["U+0000 in a topic name"] = (V3, Bytes.Publish(V3, "a\0b", "1"), CloseReason.MalformedPacket),
        ["a surrogate in a topic name"] = (V3, Bytes.Packet(PacketType.Publish, 0, 0, 3, 0xED, 0xBF, 0xBF), CloseReason.MalformedPacket),
        ["a topic beyond the packet"] = (V3, Bytes.Packet(PacketType.Publish, 0, 0, 9, 116), CloseReason.MalformedPacket),
        ["an empty PUBLISH"] = (V3, [0x30, 0], CloseReason.MalformedPacket),
        ["PUBLISH without its properties"] = (V5, Bytes.Packet(PacketType.Publish, 0, 0, 1, 116), CloseReason.MalformedPacket),
        ["alias 0 [MQTT-3.3.2-8]"] = (V5, Bytes.Publish(V5, "t", "1", properties: Bytes.Alias(0)), CloseReason.TopicAliasInvalid),
        ["an alias above the maximum [MQTT-3.3.2-9]"] = (V5, Bytes.Publish(V5, "t", "1", properties: Bytes.Alias(65)), CloseReason.TopicAliasInvalid),
        ["an alias never set"] = (V5, Bytes.Publish(V5, "", "1", properties: Bytes.Alias(5)), CloseReason.ProtocolError),
        ["an alias twice"] = (V5, Bytes.Publish(V5, "t", "1", properties: [.. Bytes.Alias(1), .. Bytes.Alias(1)]), CloseReason.ProtocolError),
        ["payload format 2"] = (V5, Bytes.Publish(V5, "t", "1", properties: [1, 2]), CloseReason.ProtocolError),
        ["a subscription identifier from a client [MQTT-3.3.4-6]"] = (V5, Bytes.Publish(V5, "t", "1", properties: [0x0B, 1]), CloseReason.MalformedPacket),
        ["a response topic with a wildcard [MQTT-3.3.2-14]"] = (V5, Bytes.Publish(V5, "t", "1", properties: [8, 0, 1, (byte)'#']), CloseReason.ProtocolError),
        ["a packet above the limit"] = (V3, [0x30, 0xFD, 0xFF, 0x0F], CloseReason.PacketTooLarge),
        ["a packet that declares 268,435,455 bytes"] = (V5, [0x30, 0xFF, 0xFF, 0xFF, 0x7F], CloseReason.PacketTooLarge),
        ["a fifth length byte"] = (V3, [0x30, 0x80, 0x80, 0x80, 0x80, 0x01], CloseReason.MalformedPacket),
        ["an overlong remaining length, 5.0 [MQTT-1.5.5-1]"] = (V5, [0xC0, 0x80, 0x00], CloseReason.MalformedPacket),
        ["SUBSCRIBE flags [MQTT-3.8.1-1]"] = (V3, [0x80, 6, 0, 1, 0, 1, 116, 0], CloseReason.MalformedPacket),
        ["SUBSCRIBE identifier 0"] = (V3, Bytes.Subscribe(V3, 0, "t"), CloseReason.MalformedPacket),
        ["SUBSCRIBE without a filter [MQTT-3.8.3-2]"] = (V3, Bytes.Subscribe(V3, 1), CloseReason.ProtocolError),
        ["SUBSCRIBE QoS 3"] = (V3, [0x82, 6, 0, 1, 0, 1, 116, 3], CloseReason.MalformedPacket),
        ["SUBSCRIBE reserved options, 3.1.1"] = (V3, [0x82, 6, 0, 1, 0, 1, 116, 4], CloseReason.MalformedPacket),
        ["SUBSCRIBE reserved options, 5.0 [MQTT-3.8.3-5]"] = (V5, [0x82, 7, 0, 1, 0, 0, 1, 116, 0x40], CloseReason.MalformedPacket),
        ["SUBSCRIBE retain handling 3"] = (V5, [0x82, 7, 0, 1, 0, 0, 1, 116, 0x30], CloseReason.ProtocolError),
        ["SUBSCRIBE without its options"] = (V3, [0x82, 5, 0, 1, 0, 1, 116], CloseReason.MalformedPacket),
        ["a filter with '#' in the middle [MQTT-4.7.1-1]"] = (V3, Bytes.Subscribe(V3, 1, "a/#/b"), CloseReason.TopicFilterInvalid),
        ["a filter with '+' in a level [MQTT-4.7.1-2]"] = (V5, Bytes.Subscribe(V5, 1, "a/b+"), CloseReason.TopicFilterInvalid),
        ["an empty filter [MQTT-4.7.3-1]"] = (V5, Bytes.Subscribe(V5, 1, ""), CloseReason.TopicFilterInvalid),
        ["subscription identifier 0"] = (V5, [0x82, 9, 0, 1, 2, 0x0B, 0, 0, 1, 116, 0], CloseReason.ProtocolError),
        ["no local on a shared subscription [MQTT-3.8.3-4]"] = (V5, Bytes.Packet(PacketType.Subscribe, 2, Bytes.Of(b => b.UInt16(1).Byte(0).Text("$share/g/t").Byte(4))), CloseReason.ProtocolError),
        ["UNSUBSCRIBE without a filter [MQTT-3.10.3-2]"] = (V3, [0xA2, 2, 0, 1], CloseReason.ProtocolError),
        ["UNSUBSCRIBE flags"] = (V3, [0xA0, 5, 0, 1, 0, 1, 116], CloseReason.MalformedPacket),
        ["a session expiry at the end where CONNECT had none"] = (V5, [0xE0, 7, 0, 5, 0x11, 0, 0, 0, 9], CloseReason.ProtocolError),
    };

    public static TheoryData<string> FirstCases() => [.. First.Keys];

    public static TheoryData<string> LaterCases() => [.. Later.Keys];

    [Theory]
    [MemberData(nameof(FirstCases))]
    public async Task AStrangerIsClosedFor(string what)
    {
        (byte[] bytes, CloseReason reason) = First[what];
        await using Door door = new();
        RawClient client = door.Open();
        await client.SendAsync(bytes);
        Assert.Equal(reason, await client.ClosedAsync());
        Assert.Equal(1, door.Server.Status.Closes[reason]);
        Assert.Empty(await client.ReadAsync());
        Assert.Empty(door.Journal.Sources);
    }

    [Theory]
    [MemberData(nameof(LaterCases))]
    public async Task AClientIsClosedFor(string what)
    {
        (ProtocolVersion version, byte[] bytes, CloseReason reason) = Later[what];
        await using Door door = new();
        RawClient client = await door.ConnectAsync(version);
        await client.SendAsync(bytes);
        Assert.Equal(reason, await client.ClosedAsync());
        byte[] last = await client.ReadAsync();
        Assert.Equal(version == V5 ? [0xE0, 2, (byte)CloseReasons.ToReasonCode(reason)!.Value, 0] : [], last);
        Assert.Empty(door.Journal.Submitted);
        Assert.True(door.Journal.Sources.Single().IsDisposed);
    }

    [Fact]
    public async Task AnOverlongRemainingLengthIsToleratedIn311()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync();
        await client.SendAsync([0xC0, 0x80, 0x00]);
        Assert.Equal([0xD0, 0], await client.ReadAsync());
    }

    [Fact]
    public async Task AWillIsAcceptedAndForgotten()
    {
        await using Door door = new();
        RawClient client = door.Open();
        await client.SendAsync(Connect(flags: 0x2E, tail: WillTail("w", "gone")));
        Assert.Equal([0x20, 2, 0, 0], await client.ReadAsync());
        await client.HangUpAsync();
        Assert.Equal(CloseReason.ConnectionLost, await client.ClosedAsync());
        Assert.Empty(door.Journal.Submitted);
    }

    [Fact]
    public async Task IncompletePacketsShareABudget()
    {
        await using Door door = new(new MqttOptions { MaxBufferedBytes = 100_000 });
        RawClient first = await door.ConnectAsync(clientId: "1");
        RawClient second = await door.ConnectAsync(clientId: "2");
        byte[] start = [0x30, 0x80, 0x80, 0x08, .. new byte[60_000]];
        await first.SendAsync(start);
        await Wait.UntilAsync(() => door.Server.Status.BufferedBytes == start.Length, "the first's bytes");
        await second.SendAsync(start);
        Assert.Equal(CloseReason.QuotaExceeded, await second.ClosedAsync());
        Assert.False(first.IsClosed);
        Assert.Equal(start.Length, door.Server.Status.BufferedBytes);
    }

    private static byte[] Connect(
        string name = "MQTT", int level = 4, int flags = 2, byte[]? afterKeepAlive = null, byte[]? clientId = null, byte[]? tail = null)
    {
        ArrayBufferWriter<byte> bytes = new();
        new PacketBuilder().Text(name).Byte((byte)level).Byte((byte)flags).UInt16(0).Raw(afterKeepAlive ?? [])
            .Binary(clientId ?? "c"u8).Raw(tail ?? []).WriteTo(bytes, PacketType.Connect);
        return bytes.WrittenSpan.ToArray();
    }

    private static byte[] Connect5(params byte[] properties) =>
        Connect(level: 5, afterKeepAlive: [(byte)properties.Length, .. properties]);

    private static byte[] WillTail(string topic, string payload) =>
        Bytes.Of(body => body.Text(topic).Binary(Encoding.UTF8.GetBytes(payload)));
}
