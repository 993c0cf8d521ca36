using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

public sealed class Deadlines
{
    [Fact]
    public async Task WhoeverDoesNotConnectInTimeIsClosed()
    {
        await using Door door = new();
        RawClient silent = door.Open();
        RawClient trickling = door.Open();
        await trickling.SendAsync(Bytes.Connect()[..^1]);
        door.Time.Advance(TimeSpan.FromSeconds(9.5));
        Assert.False(silent.IsClosed || trickling.IsClosed);
        door.Time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(CloseReason.ConnectTimeout, await silent.ClosedAsync());
        Assert.Equal(CloseReason.ConnectTimeout, await trickling.ClosedAsync());
    }

    [Fact]
    public async Task ASilentClientIsClosedAfterOneAndAHalfTimesItsKeepAlive()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(ProtocolVersion.V5, keepAlive: 10);
        door.Time.Advance(TimeSpan.FromSeconds(14.5));
        await client.BarrierAsync();
        door.Time.Advance(TimeSpan.FromSeconds(14.5));
        Assert.False(client.IsClosed);
        door.Time.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal([0xE0, 2, 0x8D, 0], await client.ReadAsync());
        Assert.Equal(CloseReason.KeepAliveTimeout, await client.ClosedAsync());
    }

    [Fact]
    public async Task APacketThatNeverEndsDoesNotCountAsLife()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(keepAlive: 10);
        await client.SendAsync([0x30, 100]);
        for (int second = 0; second < 15; second++)
        {
            Assert.False(client.IsClosed);
            await client.SendAsync([0]);
            await Wait.UntilAsync(() => door.Server.Status.BufferedBytes == 3 + second, "the byte");
            door.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(CloseReason.KeepAliveTimeout, await client.ClosedAsync());
    }

    [Fact]
    public async Task NoKeepAliveMeansNoDeadline()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(keepAlive: 0);
        door.Time.Advance(TimeSpan.FromHours(12));
        await client.BarrierAsync();
    }

    [Fact]
    public async Task AClientThatDoesNotReadIsClosed()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(pauseAt: 64);
        await client.SendAsync([.. Enumerable.Repeat(Bytes.Ping, 100)]);
        await Wait.UntilAsync(
            () =>
            {
                door.Time.Advance(TimeSpan.FromSeconds(1));
                return client.IsClosed;
            },
            "the end of the patience");
        Assert.Equal(CloseReason.SendTimeout, await client.ClosedAsync());
    }

    [Fact]
    public async Task TimersDoNotGrowWithConnections()
    {
        await using Door door = new();
        int before = door.Time.TimerCount;
        for (int index = 0; index < 50; index++)
        {
            await door.ConnectAsync(clientId: $"{index}", keepAlive: 60);
        }

        Assert.Equal(before, door.Time.TimerCount);
        Assert.Equal(50, door.Server.Status.Connections);
    }

    [Fact]
    public async Task AClosingDoorSaysSo()
    {
        Door door = new();
        RawClient client = await door.ConnectAsync(ProtocolVersion.V5);
        await door.DisposeAsync();
        Assert.Equal([0xE0, 2, 0x8B, 0], await client.ReadAsync());
        Assert.Equal(CloseReason.ShuttingDown, await client.ClosedAsync());
    }
}
