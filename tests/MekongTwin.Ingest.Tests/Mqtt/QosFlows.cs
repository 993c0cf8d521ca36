using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

public sealed class QosFlows
{
    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Qos0IsHandedOverAndNotAnswered(ProtocolVersion version)
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(version);
        await client.SendAsync(Bytes.Publish(version, "mt/v1/da-nang/a/P", "1"), Bytes.Publish(version, "mt/v1/da-nang/a/P", "2"));
        await client.BarrierAsync();
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 2, "the batch");
        Assert.Equal(["mt/v1/da-nang/a/P=1", "mt/v1/da-nang/a/P=2"], door.Journal.Submitted);
        Assert.Equal("mqtt:sensor-1", door.Journal.Sources.Single().Name);
    }

    [Theory]
    [InlineData(ProtocolVersion.V311)]
    [InlineData(ProtocolVersion.V5)]
    public async Task Qos1IsAcknowledgedOnlyWhenDurableAndInOneWrite(ProtocolVersion version)
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(version);
        for (int id = 1; id <= 5; id++)
        {
            await client.SendAsync(Bytes.Publish(version, "t", $"{id}", qos: 1, id));
        }

        await client.BarrierAsync();
        await Wait.UntilAsync(() => door.Server.Status.InFlight == 5 && door.Journal.Submitted.Length == 5, "five in flight");
        door.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(3, door.Server.Status.OldestInFlightSeconds);
        door.Journal.CommitAll();
        byte[] acknowledgements = await client.ReadChunkAsync();
        Assert.Equal([0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 0, 3, 0x40, 2, 0, 4, 0x40, 2, 0, 5], acknowledgements);
        Assert.Equal(0, door.Server.Status.InFlight);
    }

    [Fact]
    public async Task ATopicAboveTheLimitIsNotServedAndNotRepeatedForEver()
    {
        FakeJournal journal = new() { CommitsAtOnce = true, Becomes = topic => topic.StartsWith('$') ? Admission.Rejected : Admission.Admitted };
        await using Door door = new(journal: journal);
        string longest = new('t', 1024);
        RawClient old = await door.ConnectAsync();
        await old.SendAsync(Bytes.Publish(ProtocolVersion.V311, longest + "t", "1", qos: 1, id: 7));
        Assert.Equal([0x40, 2, 0, 7], await old.ReadAsync());
        await old.SendAsync(Bytes.Publish(ProtocolVersion.V311, longest, "2", qos: 1, id: 8));
        Assert.Equal([0x40, 2, 0, 8], await old.ReadAsync());
        RawClient client = await door.ConnectAsync(ProtocolVersion.V5, clientId: "5");
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V5, longest + "t", "3", qos: 1, id: 7, properties: Bytes.Alias(1)));
        Assert.Equal([0x40, 3, 0, 7, 0x90], await client.ReadAsync());
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V5, "", "4", qos: 1, id: 8, properties: Bytes.Alias(1)));
        Assert.Equal([0x40, 3, 0, 8, 0x90], await client.ReadAsync());
        Assert.Equal([longest + "=2"], door.Journal.Submitted);
    }

    [Fact]
    public async Task ARepeatedQos1IsAdmittedAgainForDupIsNoKey()
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient client = await door.ConnectAsync();
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 1, id: 7));
        Assert.Equal([0x40, 2, 0, 7], await client.ReadAsync());
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 1, id: 7, dup: true));
        Assert.Equal([0x40, 2, 0, 7], await client.ReadAsync());
        Assert.Equal(2, door.Journal.Submitted.Length);
    }

    [Fact]
    public async Task Qos2IsAdmittedOncePerIdentifierUntilReleased()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync();
        byte[] publish = Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 2, id: 9);
        byte[] again = Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 2, id: 9, dup: true);
        await client.SendAsync(publish, again);
        await client.BarrierAsync();
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 1, "the batch");
        door.Journal.CommitAll();
        Assert.Equal([0x50, 2, 0, 9], await client.ReadAsync());
        Assert.Equal([0x50, 2, 0, 9], await client.ReadAsync());
        await client.SendAsync(again);
        Assert.Equal([0x50, 2, 0, 9], await client.ReadAsync());
        await client.SendAsync(Bytes.Release(9));
        Assert.Equal([0x70, 2, 0, 9], await client.ReadAsync());
        Assert.Single(door.Journal.Submitted);
        await client.SendAsync(publish);
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 2, "a new message under the freed identifier");
    }

    [Fact]
    public async Task Qos2IdentifiersSurviveAReconnectWithinTheSession()
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient first = await door.ConnectAsync(clean: false);
        Assert.False(first.SessionPresent);
        await first.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 2, id: 9));
        await first.ReadAsync();
        await first.HangUpAsync();
        Assert.Equal(CloseReason.ConnectionLost, await first.ClosedAsync());

        RawClient second = await door.ConnectAsync(clean: false);
        Assert.True(second.SessionPresent);
        await second.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 2, id: 9, dup: true));
        Assert.Equal([0x50, 2, 0, 9], await second.ReadAsync());
        Assert.Single(door.Journal.Submitted);
        await second.SendAsync(Bytes.Disconnect);
        Assert.Equal(CloseReason.ClientDisconnected, await second.ClosedAsync());

        door.Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        RawClient third = await door.ConnectAsync(clean: false);
        Assert.False(third.SessionPresent);
    }

    [Fact]
    public async Task AReleaseOfAnUnknownIdentifierIsCompletedAndSaysSo()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(ProtocolVersion.V5);
        await client.SendAsync(Bytes.Release(3));
        Assert.Equal([0x70, 3, 0, 3, 0x92], await client.ReadAsync());
    }

    [Theory]
    [InlineData(Admission.Undecodable, 0x99)]
    [InlineData(Admission.Refused, 0x83)]
    [InlineData(Admission.Rejected, 0x90)]
    public async Task WhatIsNotTakenIsToldIn5AndPlainlyAcknowledgedIn311(Admission admission, byte reason)
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true, Becomes = topic => topic == "other" ? admission : Admission.Admitted });
        RawClient five = await door.ConnectAsync(ProtocolVersion.V5, "five");
        await five.SendAsync(Bytes.Publish(ProtocolVersion.V5, "other", "1", qos: 1, id: 1), Bytes.Publish(ProtocolVersion.V5, "other", "1", qos: 2, id: 2));
        Assert.Equal([0x40, 3, 0, 1, reason], await five.ReadAsync());
        Assert.Equal([0x50, 3, 0, 2, reason], await five.ReadAsync());
        RawClient three = await door.ConnectAsync(ProtocolVersion.V311, "three");
        await three.SendAsync(Bytes.Publish(ProtocolVersion.V311, "other", "1", qos: 1, id: 1));
        Assert.Equal([0x40, 2, 0, 1], await three.ReadAsync());
    }

    [Fact]
    public async Task AMessageThatCannotBeTakenForAFaultOfOursIsAcknowledgedAndTheNextIsTaken()
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true, FailsOn = topic => topic == "bad" });
        RawClient three = await door.ConnectAsync(ProtocolVersion.V311, "three");
        await three.SendAsync(
            Bytes.Publish(ProtocolVersion.V311, "bad", "1"), Bytes.Publish(ProtocolVersion.V311, "bad", "1", qos: 1, id: 1),
            Bytes.Publish(ProtocolVersion.V311, "t", "2", qos: 1, id: 2));
        Assert.Equal([0x40, 2, 0, 1], await three.ReadAsync());
        Assert.Equal([0x40, 2, 0, 2], await three.ReadAsync());
        RawClient five = await door.ConnectAsync(ProtocolVersion.V5, "five");
        await five.SendAsync(Bytes.Publish(ProtocolVersion.V5, "bad", "1", qos: 2, id: 1), Bytes.Publish(ProtocolVersion.V5, "t", "3", qos: 1, id: 2));
        Assert.Equal([0x50, 3, 0, 1, 0x80], await five.ReadAsync());
        Assert.Equal([0x40, 2, 0, 2], await five.ReadAsync());
        Assert.Equal(["t=2", "t=3"], door.Journal.Submitted);
        Assert.Equal(3, door.Server.Status.Faults);
        Assert.Equal(1, door.Log.Count);
        door.Time.Advance(TimeSpan.FromMinutes(1));
        await five.SendAsync(Bytes.Publish(ProtocolVersion.V5, "bad", "1"));
        await five.BarrierAsync();
        Assert.Equal(2, door.Log.Count);
    }

    [Fact]
    public async Task A5ClientThatExceedsTheReceiveMaximumIsToldAndClosed()
    {
        await using Door door = new(new MqttOptions { ReceiveMaximum = 2 });
        RawClient client = await door.ConnectAsync(ProtocolVersion.V5);
        for (int id = 1; id <= 3; id++)
        {
            await client.SendAsync(Bytes.Publish(ProtocolVersion.V5, "t", "1", qos: 1, id));
        }

        Assert.Equal([0xE0, 2, 0x93, 0], await client.ReadAsync());
        Assert.Equal(CloseReason.ReceiveMaximumExceeded, await client.ClosedAsync());
        Assert.Equal(2, door.Journal.Submitted.Length);
    }

    [Fact]
    public async Task A311ClientIsLeftUnreadUntilThereIsRoom()
    {
        await using Door door = new(new MqttOptions { ReceiveMaximum = 2 });
        RawClient client = await door.ConnectAsync(keepAlive: 10);
        byte[][] packets = [.. Enumerable.Range(1, 5).Select(id => Bytes.Publish(ProtocolVersion.V311, "t", $"{id}", qos: 1, id))];
        await client.SendAsync(packets);
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 2, "two messages");
        door.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(client.IsClosed);
        for (int id = 1; id <= 5; id++)
        {
            door.Journal.CommitAll();
            await Wait.UntilAsync(() => { door.Journal.CommitAll(); return door.Journal.Submitted.Length >= id; }, "the next");
            door.Journal.CommitAll();
            Assert.Equal([0x40, 2, 0, (byte)id], await client.ReadAsync());
        }
    }

    [Fact]
    public async Task RepliesDoNotWaitForTheJournal()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync(keepAlive: 10);
        door.Journal.CloseRoom();
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 1, id: 1), Bytes.Ping);
        Assert.Equal([0xD0, 0], await client.ReadAsync());
        await Wait.UntilAsync(() => door.Journal.WaitingForRoom == 1, "the batch to wait");
        door.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(client.IsClosed);
        door.Journal.OpenRoom();
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 1, "the batch");
        door.Journal.CommitAll();
        Assert.Equal([0x40, 2, 0, 1], await client.ReadAsync());
    }

    [Fact]
    public async Task PingsAreAnsweredOnceEachWhileTheJournalHasNoRoom()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync();
        door.Journal.CloseRoom();
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 1, id: 1));
        await Wait.UntilAsync(() => door.Journal.WaitingForRoom == 1, "the batch to wait");
        await client.BarrierAsync();
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "2", qos: 1, id: 2));
        await client.BarrierAsync();
        door.Journal.OpenRoom();
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 2, "both messages");
        door.Journal.CommitAll();
        Assert.Equal([0x40, 2, 0, 1], await client.ReadAsync());
        Assert.Equal([0x40, 2, 0, 2], await client.ReadAsync());
        await client.BarrierAsync();
        await client.SendAsync(Bytes.Disconnect);
        Assert.Empty(await client.ReadAsync());
    }

    /// <summary>Rooms that open at any moment between the look ahead and the next read.</summary>
    [Fact]
    public async Task NothingLookedAtIsLeftBehind()
    {
        await using Door door = new(new MqttOptions { ReceiveMaximum = 1 }, new FakeJournal { CommitsAtOnce = true });
        RawClient client = await door.ConnectAsync();
        for (int round = 0; round < 300; round++)
        {
            byte[][] packets = [.. Enumerable.Range(1, 5).Select(id => Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 1, id))];
            await client.SendAsync([.. packets, Bytes.Subscribe(ProtocolVersion.V311, 9, "no"), Bytes.Ping]);
            for (int answer = 0; answer < 7; answer++)
            {
                Assert.NotEmpty(await client.ReadAsync());
            }
        }

        Assert.Equal(1500, door.Journal.Submitted.Length);
    }

    [Fact]
    public async Task PingsAreAnsweredWhileTooMuchIsInFlight()
    {
        await using Door door = new(new MqttOptions { ReceiveMaximum = 1 });
        RawClient client = await door.ConnectAsync();
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1", qos: 1, id: 1));
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "2", qos: 1, id: 2));
        await client.BarrierAsync();
        await client.BarrierAsync();
        door.Journal.CommitAll();
        Assert.Equal([0x40, 2, 0, 1], await client.ReadAsync());
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 2, "the second message");
        door.Journal.CommitAll();
        Assert.Equal([0x40, 2, 0, 2], await client.ReadAsync());
        await client.BarrierAsync();
    }

    [Fact]
    public async Task AClientThatLeavesWhileTheJournalHasNoRoomIsHandedOverAllTheSame()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync();
        door.Journal.CloseRoom();
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1"));
        await Wait.UntilAsync(() => door.Journal.WaitingForRoom == 1, "the batch to wait");
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "2"), Bytes.Disconnect);
        await client.HangUpAsync();
        door.Journal.OpenRoom();
        Assert.Equal(CloseReason.ClientDisconnected, await client.ClosedAsync());
        Assert.Equal(["t=1", "t=2"], door.Journal.Submitted);
    }

    [Fact]
    public async Task MessagesBeforeAViolationAreKept()
    {
        await using Door door = new();
        RawClient client = await door.ConnectAsync();
        await client.SendAsync(Bytes.Publish(ProtocolVersion.V311, "t", "1"), [0xC1, 0]);
        Assert.Equal(CloseReason.MalformedPacket, await client.ClosedAsync());
        Assert.Equal(["t=1"], door.Journal.Submitted);
    }
}
