using MekongTwin.Domain.Access;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

public sealed class Subscriptions
{
    private const ProtocolVersion V3 = ProtocolVersion.V311;
    private const ProtocolVersion V5 = ProtocolVersion.V5;

    [Fact]
    public async Task TheTwinsOutputsAreServedAtQos0()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync();
        await client.SendAsync(Bytes.Subscribe(V3, 8, "mt/v1/live/#"));
        Assert.Equal([0x90, 3, 0, 8, 0], await client.ReadAsync());
        await door.Outputs.WatchedAsync();
        door.Outputs.Send("mt/v1/live/x", "412.6");
        Assert.Equal(Bytes.Publish(V3, "mt/v1/live/x", "412.6"), await client.ReadAsync());
        await client.SendAsync(Bytes.Unsubscribe(V3, 9, "mt/v1/live/#"));
        Assert.Equal([0xB0, 2, 0, 9], await client.ReadAsync());
    }

    [Fact]
    public async Task TheSubscriptionIdentifierIsRepeatedIn5()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(V5);
        await client.SendAsync(Bytes.Packet(PacketType.Subscribe, 2, Bytes.Of(body =>
            body.UInt16(8).Byte(3).Byte(0x0B).Variable(300).Text("mt/v1/live/+").Byte(2))));
        Assert.Equal([0x90, 4, 0, 8, 0, 0], await client.ReadAsync());
        await door.Outputs.WatchedAsync();
        door.Outputs.Send("mt/v1/live/x", "1");
        Assert.Equal(Bytes.Publish(V5, "mt/v1/live/x", "1", properties: [0x0B, 0xAC, 0x02]), await client.ReadAsync());
        await client.SendAsync(Bytes.Unsubscribe(V5, 9, "mt/v1/live/+"), Bytes.Unsubscribe(V5, 10, "mt/v1/live/+"));
        Assert.Equal([0xB0, 4, 0, 9, 0, 0], await client.ReadAsync());
        Assert.Equal([0xB0, 4, 0, 10, 0, 0x11], await client.ReadAsync());
    }

    [Fact]
    public async Task AnythingElseIsRefusedInSubAck()
    {
        await using Door door = new();
        RawClient three = await door.ConnectAsync(V3, "three");
        await three.SendAsync(Bytes.Subscribe(V3, 1, "#", "mt/v1/live/a", "$share/g/mt/v1/live/a"));
        Assert.Equal([0x90, 5, 0, 1, 0x80, 0, 0x80], await three.ReadAsync());
        RawClient five = await door.ConnectAsync(V5, "five");
        await five.SendAsync(Bytes.Subscribe(V5, 1, "#", "mt/v1/live/a", "$share/g/mt/v1/live/a"));
        Assert.Equal([0x90, 6, 0, 1, 0, 0x87, 0, 0x9E], await five.ReadAsync());
    }

    [Fact]
    public async Task ADeviceMayNotSubscribe()
    {
        await using Door door = new(access: new FakeAccess(new Principal("lan", Role.Device)));
        RawClient client = await door.ConnectAsync(V5, user: "lan");
        await client.SendAsync(Bytes.Subscribe(V5, 1, "mt/v1/live/a"));
        Assert.Equal([0x90, 4, 0, 1, 0, 0x87], await client.ReadAsync());
    }

    [Fact]
    public async Task SubscriptionsAreBounded()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(V5);
        await client.SendAsync(Bytes.Subscribe(V5, 1, [.. Enumerable.Range(0, 17).Select(index => $"mt/v1/live/{index}")]));
        byte[] answer = await client.ReadAsync();
        Assert.Equal([.. new byte[16], 0x97], answer[5..]);
    }

    [Fact]
    public async Task SubscriptionsComeBackWithTheSession()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(clean: false);
        await client.SendAsync(Bytes.Subscribe(V3, 1, "mt/v1/live/a"));
        await client.ReadAsync();
        await door.Outputs.WatchedAsync();
        RawClient again = await door.ConnectAsync(clean: false);
        Assert.True(again.SessionPresent);
        await door.Outputs.WatchedAsync();
        door.Outputs.Send("mt/v1/live/a", "1");
        Assert.Equal(PacketType.Publish, RawClient.TypeOf(await again.ReadAsync()));
    }

    [Fact]
    public async Task MessagesAboveTheClientsMaximumAreSkipped()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(V5, properties: [0x27, 0, 0, 0, 30]);
        await client.SendAsync(Bytes.Subscribe(V5, 1, "mt/v1/live/a"));
        await client.ReadAsync();
        await door.Outputs.WatchedAsync();
        door.Outputs.Send("mt/v1/live/a", new string('x', 100));
        door.Outputs.Send("mt/v1/live/a", "1");
        Assert.Equal(Bytes.Publish(V5, "mt/v1/live/a", "1"), await client.ReadAsync());
    }

    [Fact]
    public async Task ASlowReaderDoesNotStopItsOwnOrOthersPublishing()
    {
        await using Door door = new();
        RawClient slow = await door.ConnectAsync(clientId: "slow", pauseAt: 64);
        RawClient other = await door.ConnectAsync(clientId: "other");
        await slow.SendAsync(Bytes.Subscribe(V3, 1, "mt/v1/live/a"));
        await slow.ReadAsync();
        await door.Outputs.WatchedAsync();
        for (int index = 0; index < 100; index++)
        {
            door.Outputs.Send("mt/v1/live/a", new string('x', 50));
        }

        await slow.SendAsync(Bytes.Publish(V3, "t", "1"));
        await other.SendAsync(Bytes.Publish(V3, "t", "2"));
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 2, "both messages");
    }
}
