using System.Text;
using MekongTwin.Contracts.Mqtt;
using static MekongTwin.Silo.Tests.ScriptedBroker;

namespace MekongTwin.Silo.Tests;

/// <summary>What no ordinary broker does, or does seldom, said to the shared subscriber byte by byte.</summary>
public sealed class SharedFlows
{
    [Fact]
    public async Task ItResumesItsSessionAndSubscribesWithItsGroup()
    {
        await using var broker = new ScriptedBroker(new FakeJournal());
        var link = await broker.AcceptAsync();
        var connect = await link.ReadAsync();
        Assert.Equal((5, 0), (connect[8], connect[9] & 2));
        await link.SendAsync(Accepts);
        Assert.Contains("$share/silos/mt/v1/#", Encoding.UTF8.GetString(await link.ReadAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x20, 2, 0, 1 })]
    [InlineData(new byte[] { 0x20, 3, 0, 0x84, 0 })]
    public async Task ABrokerWithout5IsToldPlainly(byte[] refusal)
    {
        await using var broker = new ScriptedBroker(new FakeJournal());
        var link = await broker.AcceptAsync();
        await link.ReadAsync();
        await link.SendAsync(refusal);
        await broker.Twin.UntilAsync(() => broker.Twin.Status.LastError is not null, "the reason");
        Assert.StartsWith("The broker refuses the connection: UnsupportedProtocolVersion. A shared subscription needs MQTT 5.0", broker.Twin.Status.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x20, 5, 0, 0, 2, 0x2A, 0 })]
    [InlineData(new byte[] { 0x20, 3, 0, 0, 0, 0x90, 5, 0, 1, 0, 0x9E, 0 })]
    public async Task ABrokerWithoutSharedSubscriptionsIsToldPlainly(byte[] answers)
    {
        await using var broker = new ScriptedBroker(new FakeJournal());
        var link = await broker.AcceptAsync();
        await link.ReadAsync();
        await link.SendAsync(answers);
        await broker.Twin.UntilAsync(() => broker.Twin.Status.LastError is not null, "the reason");
        Assert.StartsWith("The broker offers no shared subscriptions", broker.Twin.Status.LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AcknowledgementsFollowInOrderWhenDurable()
    {
        await using var broker = new ScriptedBroker(new FakeJournal());
        var link = await broker.ServeAsync();
        await link.SendAsync(Publish("mt/v1/a", "1", 1, 1), Publish("mt/v1/a", "2", 2, 2), Publish("mt/v1/a", "3", 1, 300));
        await broker.Twin.AdmittedAsync(3);
        Assert.Equal(3, broker.Twin.Status.InFlight);
        broker.Twin.Journal.CommitAll();
        Assert.Equal([0x40, 2, 0, 1], await link.ReadAsync());
        Assert.Equal([0x50, 2, 0, 2], await link.ReadAsync());
        Assert.Equal([0x40, 2, 1, 44], await link.ReadAsync());
    }

    [Fact]
    public async Task ItStopsWhileAsMuchAsMayBeWaitsForAcknowledgement()
    {
        await using var broker = new ScriptedBroker(new FakeJournal(), options => options with { ReceiveMaximum = 2, ConnectTimeout = TimeSpan.FromSeconds(1) });
        var link = await broker.ServeAsync();
        await link.SendAsync([.. Enumerable.Range(1, 4).Select(id => Publish("mt/v1/a", "1", 1, id))]);
        await broker.Twin.AdmittedAsync(2);
        await broker.Twin.UntilAsync(() => broker.Twin.Status.InFlight == 2, "no room to be left");
        // Two of its pings later it has met the third message.
        for (var i = 0; i < 2; i++) Assert.Equal([0xC0, 0], await link.ReadAsync());
        // The broker keeps the connection: nothing else ends it.
        await broker.Twin.DisposeAsync();
    }

    [Fact]
    public async Task ARepeatedQos2IsAdmittedOnceUntilItsRelease()
    {
        await using var broker = new ScriptedBroker(new FakeJournal { CommitsAtOnce = true });
        var link = await broker.ServeAsync();
        await link.SendAsync(Publish("mt/v1/a", "1", 2, 7));
        Assert.Equal([0x50, 2, 0, 7], await link.ReadAsync());
        link.HangUp();
        link = await broker.ServeAsync(Resumes);
        await link.SendAsync(Publish("mt/v1/a", "1", 2, 7));
        Assert.Equal([0x50, 2, 0, 7], await link.ReadAsync());
        await broker.Twin.AdmittedAsync(1);
        await link.SendAsync([0x62, 2, 0, 7]);
        Assert.Equal([0x70, 2, 0, 7], await link.ReadAsync());
        await link.SendAsync(Publish("mt/v1/a", "2", 2, 7));
        await broker.Twin.AdmittedAsync(2);
    }

    [Fact]
    public async Task AliasesStandForTheirTopics()
    {
        await using var broker = new ScriptedBroker(new FakeJournal { CommitsAtOnce = true });
        var link = await broker.ServeAsync();
        await link.SendAsync(Publish("mt/v1/a", "1", alias: 3), Publish("mt/v1/b", "2"), Publish("", "3", alias: 3));
        await broker.Twin.AdmittedAsync(3);
        Assert.Equal(["mt/v1/a=1", "mt/v1/b=2", "mt/v1/a=3"], broker.Twin.Journal.Submitted);
    }

    [Fact]
    public async Task WhatABrokerSendsAboveTheReceiveMaximumWaits()
    {
        await using var broker = new ScriptedBroker(new FakeJournal(), options => options with { ReceiveMaximum = 2, ConnectTimeout = TimeSpan.FromSeconds(1) });
        var link = await broker.ServeAsync();
        await link.SendAsync([.. Enumerable.Range(1, 5).Select(id => Publish("mt/v1/a", $"{id}", 1, id))]);
        foreach (var admitted in new[] { 2, 4, 5 })
        {
            await broker.Twin.AdmittedAsync(admitted);
            Assert.InRange(broker.Twin.Status.InFlight, 1, 2);
            broker.Twin.Journal.CommitAll();
        }
        for (var id = 1; id <= 5; id++) Assert.Equal([0x40, 2, 0, (byte)id], await link.ReadAsync());
    }

    [Fact]
    public async Task WhatCameBeforeAViolationIsKept()
    {
        await using var broker = new ScriptedBroker(new FakeJournal { CommitsAtOnce = true });
        var link = await broker.ServeAsync();
        await link.SendAsync(Publish("mt/v1/a", "1"), Publish("mt/+/a", "2"));
        await broker.Twin.AdmittedAsync(1);
        await broker.Twin.UntilAsync(() => broker.Twin.Status.LastError is not null, "the reason");
        Assert.Equal("The topic name has a wildcard [MQTT-3.3.2-2].", broker.Twin.Status.LastError);
    }

    [Fact]
    public async Task ASilentBrokerIsGivenUp()
    {
        await using var broker = new ScriptedBroker(
            new FakeJournal(), options => options with { KeepAlive = TimeSpan.FromSeconds(1), ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        var link = await broker.AcceptAsync();
        await broker.Twin.UntilAsync(() => broker.Twin.Status.LastError is not null, "the first reason");
        Assert.Equal("The broker does not answer CONNECT.", broker.Twin.Status.LastError);
        link.HangUp();
        link = await broker.ServeAsync();
        Assert.Equal([0xC0, 0], await link.ReadAsync());
        await broker.Twin.UntilAsync(() => broker.Twin.Status.LastError == "The broker has fallen silent.", "the second reason");
    }

    [Fact]
    public async Task ABrokersFarewellIsShown()
    {
        await using var broker = new ScriptedBroker(new FakeJournal());
        var link = await broker.ServeAsync();
        await link.SendAsync([0xE0, 1, 0x8E]);
        await broker.Twin.UntilAsync(() => broker.Twin.Status.LastError is not null, "the reason");
        Assert.Equal("The broker disconnects: SessionTakenOver.", broker.Twin.Status.LastError);
    }

    [Fact]
    public async Task GarbageNeverEndsTheSubscriber()
    {
        await using var broker = new ScriptedBroker(new FakeJournal { CommitsAtOnce = true });
        var random = new Random(20_261_121);
        for (var round = 0; round < 100; round++)
        {
            var link = await broker.AcceptAsync();
            await link.ReadAsync();
            var garbage = new byte[random.Next(1, 60)];
            random.NextBytes(garbage);
            await link.SendAsync(Accepts, garbage);
            link.HangUp();
        }
        var last = await broker.ServeAsync();
        await last.SendAsync(Publish("mt/v1/a", "1"));
        await broker.Twin.UntilAsync(() => broker.Twin.Journal.Submitted.Contains("mt/v1/a=1"), "a message after all that");
    }
}
