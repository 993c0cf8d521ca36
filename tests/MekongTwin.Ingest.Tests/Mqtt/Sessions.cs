using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

public sealed class Sessions
{
    private const ProtocolVersion V3 = ProtocolVersion.V311;
    private const ProtocolVersion V5 = ProtocolVersion.V5;

    [Fact]
    public async Task ANewerConnectionTakesTheIdentifierOver()
    {
        await using Door door = new();
        RawClient old = await door.ConnectAsync(V5);
        RawClient young = await door.ConnectAsync(V5);
        Assert.Equal([0xE0, 2, 0x8E, 0], await old.ReadAsync());
        Assert.Equal(CloseReason.TakenOver, await old.ClosedAsync());
        await young.BarrierAsync();
        Assert.Equal(1, door.Server.Status.Takeovers);
        Assert.Equal(1, door.Server.Status.Connections);

        RawClient third = await door.ConnectAsync(V5);
        Assert.Equal(CloseReason.TakenOver, await young.ClosedAsync());
        await third.BarrierAsync();
    }

    [Fact]
    public async Task AStormOfTakeoversLeavesExactlyOne()
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient[] clients = [.. Enumerable.Range(0, 40).Select(_ => door.Open())];
        await Task.WhenAll(clients.Select(client => Task.Run(() => client.SendAsync(Bytes.Connect(clean: false)))));
        await Wait.UntilAsync(() => clients.Count(client => client.IsClosed) == 39, "all but one to end");
        RawClient last = clients.Single(client => !client.IsClosed);
        Assert.Equal(PacketType.ConnAck, RawClient.TypeOf(await last.ReadAsync()));
        await last.SendAsync(Bytes.Publish(V3, "t", "1", qos: 1, id: 1));
        Assert.Equal([0x40, 2, 0, 1], await last.ReadAsync());
        await last.HangUpAsync();
        await last.ClosedAsync();
        Assert.Equal(1, door.Server.Status.DetachedSessions);
    }

    [Fact]
    public async Task ATakeoverWhileTheJournalIsFullForgetsWhatWasNotHandedOver()
    {
        await using Door door = new();
        RawClient old = await door.ConnectAsync(clean: false);
        door.Journal.CloseRoom();
        byte[] publish = Bytes.Publish(V3, "t", "1", qos: 2, id: 5);
        await old.SendAsync(publish);
        await Wait.UntilAsync(() => door.Journal.WaitingForRoom == 1, "the batch to wait");
        RawClient young = await door.ConnectAsync(clean: false);
        Assert.True(young.SessionPresent);
        door.Journal.OpenRoom();
        await young.SendAsync(publish);
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 1, "the repeat");
        door.Journal.CommitAll();
        Assert.Equal([0x50, 2, 0, 5], await young.ReadAsync());
    }

    /// <summary>A client with a session to lose, whose connection takes as long to end as the outputs' watchers do.</summary>
    private static async Task<RawClient> ConnectToStayAsync(Door door)
    {
        RawClient client = await door.ConnectAsync(V5, clean: false, properties: [0x11, 0, 0, 0, 100]);
        await client.SendAsync(Bytes.Publish(V5, "t", "1", qos: 2, id: 5));
        Assert.Equal([0x50, 2, 0, 5], await client.ReadAsync());
        await client.SendAsync(Bytes.Subscribe(V5, 8, "mt/v1/live/a"));
        await client.ReadAsync();
        await door.Outputs.WatchedAsync();
        return client;
    }

    private static async Task AssertResumedAsync(Door door, RawClient client)
    {
        await door.Outputs.WatchedAsync();
        await client.SendAsync(Bytes.Publish(V5, "t", "1", qos: 2, id: 5, dup: true));
        Assert.Equal([0x50, 2, 0, 5], await client.ReadAsync());
        Assert.Single(door.Journal.Submitted);
    }

    [Fact]
    public async Task ASessionSurvivesAClaimantThatIsTakenOverItself()
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true });
        TaskCompletionSource end = new();
        door.Outputs.End = end.Task;
        await ConnectToStayAsync(door);
        RawClient second = door.Open();
        await second.SendAsync(Bytes.Connect(V5, clean: true));
        await Wait.UntilAsync(() => door.Server.Status.Takeovers == 1, "the first takeover");
        RawClient third = door.Open();
        await third.SendAsync(Bytes.Connect(V5, clean: false));
        await Wait.UntilAsync(() => door.Server.Status.Takeovers == 2, "the second takeover");
        end.SetResult();
        Assert.Equal(CloseReason.TakenOver, await second.ClosedAsync());
        Assert.Equal(1, (await third.ReadAsync())[2]);
        await AssertResumedAsync(door, third);
    }

    [Fact]
    public async Task ASessionSurvivesAClaimantThatIsNotAccepted()
    {
        await using Door door = new(new MqttOptions { ConnectDeadline = TimeSpan.FromSeconds(1) }, new FakeJournal { CommitsAtOnce = true });
        TaskCompletionSource end = new();
        door.Outputs.End = end.Task;
        RawClient first = await ConnectToStayAsync(door);
        RawClient second = door.Open();
        await second.SendAsync(Bytes.Connect(V5, clean: true));
        await Wait.UntilAsync(() => door.Server.Status.Takeovers == 1, "the takeover");
        door.Time.Advance(TimeSpan.FromSeconds(1));
        end.SetResult();
        Assert.Equal(CloseReason.ConnectTimeout, await second.ClosedAsync());
        Assert.Equal(CloseReason.TakenOver, await first.ClosedAsync());
        Assert.Equal(1, door.Server.Status.DetachedSessions);
        RawClient third = await door.ConnectAsync(V5, clean: false);
        Assert.True(third.SessionPresent);
        await AssertResumedAsync(door, third);
    }

    [Fact]
    public async Task AnotherUserWithTheSameIdentifierHasASessionOfItsOwn()
    {
        await using Door door = new(access: new FakeAccess(new Principal("mai", Role.Admin), new Principal("lan", Role.Device)));
        RawClient mai = await door.ConnectAsync(clean: false, user: "mai");
        await mai.SendAsync(Bytes.Subscribe(V3, 1, "mt/v1/live/a"));
        await mai.ReadAsync();
        await door.Outputs.WatchedAsync();
        RawClient lan = await door.ConnectAsync(clean: false, user: "lan");
        Assert.False(lan.SessionPresent);
        await mai.BarrierAsync();
        Assert.Equal(0, door.Server.Status.Takeovers);
        await mai.HangUpAsync();
        await mai.ClosedAsync();
        await lan.HangUpAsync();
        await lan.ClosedAsync();
        Assert.Equal(2, door.Server.Status.DetachedSessions);
        lan = await door.ConnectAsync(clean: false, user: "lan");
        Assert.True(lan.SessionPresent);
        door.Outputs.Send("mt/v1/live/a", "1");
        await lan.BarrierAsync();
        Assert.True((await door.ConnectAsync(clean: false, user: "mai")).SessionPresent);
        await door.Outputs.WatchedAsync();
        Assert.Equal(["mqtt:lan/sensor-1", "mqtt:mai/sensor-1"], door.Journal.Sources.Select(source => source.Name).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WhatAUserMayNoLongerReadDoesNotComeBackWithTheSession()
    {
        FakeAccess access = new(new Principal("mai", Role.Viewer));
        await using Door door = new(access: access);
        RawClient mai = await door.ConnectAsync(clean: false, user: "mai");
        await mai.SendAsync(Bytes.Subscribe(V3, 1, "mt/v1/live/a"));
        await mai.ReadAsync();
        await door.Outputs.WatchedAsync();
        await mai.HangUpAsync();
        await mai.ClosedAsync();
        access.Change(new Principal("mai", Role.Device));
        mai = await door.ConnectAsync(clean: false, user: "mai");
        Assert.True(mai.SessionPresent);
        door.Outputs.Send("mt/v1/live/a", "1");
        await mai.BarrierAsync();
        await mai.HangUpAsync();
        await mai.ClosedAsync();
        access.Change(new Principal("mai", Role.Viewer));
        mai = await door.ConnectAsync(clean: false, user: "mai");
        door.Outputs.Send("mt/v1/live/a", "2");
        await mai.BarrierAsync();
    }

    [Fact]
    public async Task DetachedSessionsAreBounded()
    {
        await using Door door = new(new MqttOptions { MaxDetachedSessions = 3 });
        for (int index = 0; index < 5; index++)
        {
            RawClient client = await door.ConnectAsync(clientId: $"{index}", clean: false);
            await client.SendAsync(Bytes.Disconnect);
            await client.ClosedAsync();
        }

        Assert.Equal(3, door.Server.Status.DetachedSessions);
        Assert.False((await door.ConnectAsync(clientId: "0", clean: false)).SessionPresent);
        Assert.True((await door.ConnectAsync(clientId: "4", clean: false)).SessionPresent);
    }

    [Fact]
    public async Task TheSessionExpiryOf5IsCappedAndTold()
    {
        await using Door door = new(new MqttOptions { MaxSessionExpiry = TimeSpan.FromSeconds(100) });
        RawClient client = door.Open();
        await client.SendAsync(Bytes.Connect(V5, properties: [0x11, 0xFF, 0xFF, 0xFF, 0xFF]));
        byte[] answer = await client.ReadAsync();
        Assert.True(answer.AsSpan().IndexOf(new byte[] { 0x11, 0, 0, 0, 100 }) > 0);
        await client.HangUpAsync();
        await client.ClosedAsync();
        door.Time.Advance(TimeSpan.FromSeconds(99));
        Assert.Equal(1, door.Server.Status.DetachedSessions);
        door.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, door.Server.Status.DetachedSessions);
    }

    [Fact]
    public async Task AnEmptyIdentifierNeedsACleanSessionAndIsAssignedOne()
    {
        await using Door door = new();
        RawClient refused = door.Open();
        await refused.SendAsync(Bytes.Connect(V3, "", clean: false));
        Assert.Equal([0x20, 2, 0, 2], await refused.ReadAsync());
        Assert.Equal(CloseReason.Refused, await refused.ClosedAsync());
        Assert.False((await door.ConnectAsync(V3, "")).IsClosed);
        RawClient five = door.Open();
        await five.SendAsync(Bytes.Connect(V5, ""));
        Assert.Contains("mt-", Encoding.ASCII.GetString(await five.ReadAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, new byte[] { 0x20, 2, 0, 1 })]
    [InlineData(6, new byte[] { 0x20, 3, 0, 0x84, 0 })]
    public async Task AnotherProtocolLevelIsRefused(int level, byte[] answer)
    {
        await using Door door = new();
        RawClient client = door.Open();
        byte[] connect = Bytes.Connect();
        connect[8] = (byte)level;
        await client.SendAsync(connect);
        Assert.Equal(answer, await client.ReadAsync());
        Assert.Equal(CloseReason.Refused, await client.ClosedAsync());
    }

    [Theory]
    [InlineData(V3, null, null, 5)]
    [InlineData(V3, "lan", "wrong", 4)]
    [InlineData(V5, null, null, 0x87)]
    [InlineData(V5, "lan", "wrong", 0x86)]
    [InlineData(V5, "nobody", "secret", 0x86)]
    [InlineData(V3, "lan", "secret", 0)]
    [InlineData(V5, null, "token-lan", 0)]
    public async Task CredentialsAreCheckedAndWrongOnesAnsweredLate(ProtocolVersion version, string? user, string? password, int code)
    {
        await using Door door = new(access: new FakeAccess(new Principal("lan", Role.Device)));
        RawClient client = door.Open();
        int timers = door.Time.TimerCount;
        await client.SendAsync(Bytes.Connect(version, user: user, password: password));
        if (user is not null && code != 0)
        {
            await Wait.UntilAsync(() => door.Time.TimerCount > timers, "the delay");
            door.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(code, (await client.ReadAsync())[3]);
    }

    [Theory]
    [InlineData(V3, 3)]
    [InlineData(V5, 0x97)]
    public async Task WhoWouldWaitBehindTooManyLoginsIsRefused(ProtocolVersion version, int code)
    {
        await using Door door = new(access: new FakeAccess(new Principal("lan", Role.Device)) { IsBusy = true });
        RawClient client = door.Open();
        await client.SendAsync(Bytes.Connect(version, user: "lan", password: "secret"));
        Assert.Equal(code, (await client.ReadAsync())[3]);
        Assert.Equal(CloseReason.Refused, await client.ClosedAsync());
    }

    [Fact]
    public async Task WhoIsRevokedOrChangedLosesTheConnection()
    {
        FakeAccess access = new(new Principal("lan", Role.Device), new Principal("mai", Role.Viewer), new Principal("an", Role.Admin));
        await using Door door = new(access: access);
        RawClient lan = await door.ConnectAsync(V5, "lan", user: "lan");
        RawClient mai = await door.ConnectAsync(V3, "mai", user: "mai");
        RawClient an = await door.ConnectAsync(V5, "an", user: "an");
        access.Change(new Principal("mai", Role.Planner), new Principal("an", Role.Admin));
        door.Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal([0xE0, 2, 0x87, 0], await lan.ReadAsync());
        Assert.Equal(CloseReason.NotAuthorized, await lan.ClosedAsync());
        Assert.Equal(CloseReason.NotAuthorized, await mai.ClosedAsync());
        await an.BarrierAsync();
    }

    [Fact]
    public async Task TheFirstUserEndsTheConnectionsOfEverybody()
    {
        FakeAccess access = new();
        await using Door door = new(access: access);
        RawClient client = await door.ConnectAsync(V5);
        access.Change(new Principal("an", Role.Admin));
        door.Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal([0xE0, 2, 0x87, 0], await client.ReadAsync());
        Assert.Equal(CloseReason.NotAuthorized, await client.ClosedAsync());
    }

    [Fact]
    public async Task WhoMayNotPublishIsRefusedAndItsSourceCountsIt()
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true }, access: new FakeAccess(new Principal("mai", Role.Viewer)));
        RawClient five = await door.ConnectAsync(V5, "five", user: "mai");
        await five.SendAsync(Bytes.Publish(V5, "t", "1", qos: 1, id: 1));
        Assert.Equal([0x40, 3, 0, 1, 0x87], await five.ReadAsync());
        RawClient three = await door.ConnectAsync(V3, "three", user: "mai");
        await three.SendAsync(Bytes.Publish(V3, "t", "1"), Bytes.Publish(V3, "t", "1", qos: 1, id: 1));
        Assert.Equal([0x40, 2, 0, 1], await three.ReadAsync());
        Assert.Empty(door.Journal.Submitted);
        Assert.Equal([1, 2], door.Journal.Sources.Select(source => source.NotPermitted));
    }

    [Fact]
    public async Task EnhancedAuthenticationIsRefused()
    {
        await using Door door = new();
        RawClient client = door.Open();
        await client.SendAsync(Bytes.Connect(V5, properties: [0x15, 0, 1, 65]));
        Assert.Equal(0x8C, (await client.ReadAsync())[3]);
    }

    [Theory]
    [InlineData(V3, 3)]
    [InlineData(V5, 0x97)]
    public async Task MoreConnectionsThanTheMaximumAreRefused(ProtocolVersion version, int code)
    {
        await using Door door = new(new MqttOptions { MaxConnections = 1 });
        await door.ConnectAsync(clientId: "first");
        RawClient client = door.Open();
        await client.SendAsync(Bytes.Connect(version, "second"));
        Assert.Equal(code, (await client.ReadAsync())[3]);
    }

    [Fact]
    public async Task AliasesFollowTheModel()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(V5);
        await client.SendAsync(
            Bytes.Publish(V5, "a", "1", properties: Bytes.Alias(64)),
            Bytes.Publish(V5, "", "2", properties: Bytes.Alias(64)),
            Bytes.Publish(V5, "b", "3", properties: Bytes.Alias(1)),
            Bytes.Publish(V5, "", "4", properties: Bytes.Alias(64)));
        await client.BarrierAsync();
        Assert.Equal(2, door.Journal.Resolved);
        door.Journal.RoutesVersion = 2;
        await client.SendAsync(
            Bytes.Publish(V5, "", "5", properties: Bytes.Alias(64)),
            Bytes.Publish(V5, "c", "6", properties: Bytes.Alias(64)),
            Bytes.Publish(V5, "", "7", properties: Bytes.Alias(64)));
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 7, "seven messages");
        Assert.Equal(["a=1", "a=2", "b=3", "a=4", "a=5", "c=6", "c=7"], door.Journal.Submitted);
        Assert.Equal(4, door.Journal.Resolved);
    }

    [Theory]
    [InlineData("sensor-1", "mqtt:sensor-1")]
    [InlineData("a\u0001b\u202Ec", "mqtt:a?b?c")]
    [InlineData("Đà Nẵng", "mqtt:Đà Nẵng")]
    [InlineData("", "mqtt:(unnamed)")]
    public void SourcesHavePrintableNames(string clientId, string name) => Assert.Equal(name, SourceName.OfClient(Principal.Open, clientId));

    [Theory]
    [InlineData("sensor-1", "mqtt:meters/sensor-1")]
    [InlineData("other", "mqtt:meters/other")]
    [InlineData("meters", "mqtt:meters")]
    [InlineData("", "mqtt:meters/(unnamed)")]
    public void SourcesOfUsersCarryTheUser(string clientId, string name) => Assert.Equal(name, SourceName.OfClient(new("meters", Role.Device), clientId));

    [Fact]
    public void SourceNamesAreCutBetweenCharacters() =>
        Assert.Equal("mqtt:" + new string('x', 63), SourceName.OfClient(Principal.Open, new string('x', 63) + "😀"));
}
