using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

public sealed class BrokerFlows
{
    private const ProtocolVersion V3 = ProtocolVersion.V311;
    private const ProtocolVersion V5 = ProtocolVersion.V5;

    [Fact]
    public async Task MessagesAreAcknowledgedOnlyWhenDurable()
    {
        await using FakeBroker broker = new();
        RawClient link = await broker.ServeAsync();
        await link.SendAsync(
            Bytes.Publish(V5, "mt/v1/a", "0"),
            Bytes.Publish(V5, "mt/v1/a", "1", qos: 1, id: 1),
            Bytes.Publish(V5, "mt/v1/b", "2", qos: 2, id: 2));
        await Wait.UntilAsync(() => broker.Journal.Submitted.Length == 3, "the batch");
        Assert.Equal(["mt/v1/a=0", "mt/v1/a=1", "mt/v1/b=2"], broker.Journal.Submitted);
        Assert.Equal("broker:city:1883", broker.Journal.Sources.Single().Name);
        Assert.Equal(2, broker.Subscriber.Status.InFlight);
        broker.Journal.CommitAll();
        Assert.Equal([0x40, 2, 0, 1, 0x50, 2, 0, 2], await link.ReadChunkAsync());
        await link.SendAsync(Bytes.Release(2));
        Assert.Equal([0x70, 2, 0, 2], await link.ReadAsync());
        Assert.Equal(3, broker.Subscriber.Status.Received);
    }

    [Fact]
    public async Task ARejectedMessageIsStillAcknowledgedSoThatTheBrokerForgetsIt()
    {
        await using FakeBroker broker = new(journal: new FakeJournal { CommitsAtOnce = true, Becomes = _ => Admission.Rejected });
        RawClient link = await broker.ServeAsync();
        await link.SendAsync(Bytes.Publish(V5, "other", "1", qos: 1, id: 1));
        Assert.Equal([0x40, 2, 0, 1], await link.ReadAsync());
    }

    [Fact]
    public async Task AMessageThatCannotBeTakenForAFaultOfOursDoesNotStopTheStream()
    {
        await using FakeBroker broker = new(journal: new FakeJournal { CommitsAtOnce = true, FailsOn = topic => topic == "bad" });
        RawClient link = await broker.ServeAsync();
        await link.SendAsync(
            Bytes.Publish(V5, "bad", "1", qos: 1, id: 1), Bytes.Publish(V5, "bad", "1", qos: 2, id: 2), Bytes.Publish(V5, "t", "2", qos: 1, id: 3));
        Assert.Equal([0x40, 2, 0, 1, 0x50, 2, 0, 2, 0x40, 2, 0, 3], await link.ReadChunkAsync());
        Assert.Equal(["t=2"], broker.Journal.Submitted);
        Assert.Equal(2, broker.Subscriber.Status.Faults);
        Assert.True(broker.Subscriber.Status.Connected);
    }

    [Fact]
    public async Task ItConnectsAgainAndARepeatedQos2IsNotAdmittedTwice()
    {
        await using FakeBroker broker = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient link = await broker.ServeAsync();
        byte[] publish = Bytes.Publish(V5, "t", "1", qos: 2, id: 7);
        await link.SendAsync(publish);
        Assert.Equal([0x50, 2, 0, 7], await link.ReadAsync());
        await link.HangUpAsync();
        await Wait.UntilAsync(() => !broker.Subscriber.Status.Connected, "the end");
        Assert.NotNull(broker.Subscriber.Status.LastError);
        await AdvanceToNextAttemptAsync(broker);
        link = await broker.ServeAsync(sessionPresent: true);
        await link.SendAsync(publish);
        Assert.Equal([0x50, 2, 0, 7], await link.ReadAsync());
        Assert.Single(broker.Journal.Submitted);
        Assert.Equal(1, broker.Subscriber.Status.Reconnects);
    }

    [Theory]
    [InlineData(new byte[] { 0x20, 2, 0, 1 })]
    [InlineData(new byte[] { 0x20, 3, 0, 0x84, 0 })]
    public async Task ABrokerThatRefuses5IsAskedAtOnceWith311(byte[] refusal)
    {
        await using FakeBroker broker = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient link = await broker.AcceptAsync();
        Assert.Equal(5, (await link.ReadAsync())[8]);
        await link.SendAsync(refusal);
        link = await broker.ServeAsync(V3);
        await link.SendAsync(Bytes.Publish(V3, "t", "1", qos: 1, id: 1));
        Assert.Equal([0x40, 2, 0, 1], await link.ReadAsync());
    }

    [Fact]
    public async Task ASharedSubscriptionIsNotAskedForIn311()
    {
        await using FakeBroker broker = new(options: FakeBroker.Options with { SharedGroup = "twins" });
        for (int attempt = 1; attempt <= 2; attempt++)
        {
            RawClient link = await broker.AcceptAsync();
            Assert.Equal(5, (await link.ReadAsync())[8]);
            await link.SendAsync([0x20, 2, 0, 1]);
            await link.ClosedAsync();
            await AdvanceToNextAttemptAsync(broker);
        }

        Assert.Contains("needs MQTT 5.0", broker.Subscriber.Status.LastError, StringComparison.Ordinal);
        RawClient last = await broker.AcceptAsync();
        await last.ReadAsync();
        await last.SendAsync([0x20, 3, 0, 0, 0]);
        Assert.Contains("$share/twins/mt/v1/#", System.Text.Encoding.UTF8.GetString(await last.ReadAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("+")]
    public void AGroupsNameIsChecked(string group) =>
        Assert.Throws<ArgumentException>(() => FakeBroker.Options with { SharedGroup = group });

    [Fact]
    public async Task ABrokerThatClosesWithoutAnAnswerIsAskedWith311Next()
    {
        await using FakeBroker broker = new();
        RawClient link = await broker.AcceptAsync();
        await link.ReadAsync();
        await link.HangUpAsync();
        await link.ClosedAsync();
        await AdvanceToNextAttemptAsync(broker);
        await broker.ServeAsync(V3);
    }

    [Fact]
    public async Task TheBrokersDroppedCountIsShownAndNotAReading()
    {
        await using FakeBroker broker = new();
        RawClient link = await broker.ServeAsync();
        await link.SendAsync(Bytes.Publish(V5, "$SYS/broker/publish/messages/dropped", "1234"));
        await Wait.UntilAsync(() => broker.Subscriber.Status.BrokerDropped == 1234, "the count");
        Assert.Empty(broker.Journal.Submitted);
        Assert.Equal(0, broker.Subscriber.Status.Received);
    }

    [Fact]
    public async Task ItPingsAndGivesASilentBrokerUp()
    {
        await using FakeBroker broker = new();
        RawClient link = await broker.ServeAsync();
        broker.Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal([0xC0, 0], await link.ReadAsync());
        await link.SendAsync([0xD0, 0]);
        await link.SendAsync(Bytes.Publish(V5, "t", "1"));
        await Wait.UntilAsync(() => broker.Journal.Submitted.Length == 1, "the message");
        broker.Time.Advance(TimeSpan.FromSeconds(44));
        Assert.True(broker.Subscriber.Status.Connected);
        broker.Time.Advance(TimeSpan.FromSeconds(5));
        await Wait.UntilAsync(() => !broker.Subscriber.Status.Connected, "the end");
        Assert.Equal("The broker has fallen silent.", broker.Subscriber.Status.LastError);
    }

    [Fact]
    public async Task AnUnansweredConnectIsGivenUp()
    {
        await using FakeBroker broker = new();
        RawClient link = await broker.AcceptAsync();
        await link.ReadAsync();
        broker.Time.Advance(TimeSpan.FromSeconds(10));
        await link.ClosedAsync();
        await Wait.UntilAsync(() => broker.Subscriber.Status.LastError is not null, "the reason");
        Assert.Equal("The broker does not answer CONNECT.", broker.Subscriber.Status.LastError);
    }

    [Fact]
    public async Task ItKeepsTryingWhileTheBrokerIsAway()
    {
        await using FakeBroker broker = new(refusing: 8);
        for (int attempt = 1; attempt <= 8; attempt++)
        {
            Assert.Equal(attempt, broker.Attempts);
            await AdvanceToNextAttemptAsync(broker);
        }

        await broker.ServeAsync();
        Assert.Equal(0, broker.Subscriber.Status.Reconnects);
    }

    [Theory]
    [InlineData(new byte[] { 0x20, 3, 0, 0x87, 0 }, "The broker refuses the connection: NotAuthorized.")]
    [InlineData(new byte[] { 0x30, 3, 0, 1, 116 }, "Publish before CONNACK [MQTT-3.2.0-1].")]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, "The remaining length has more than four bytes.")]
    public async Task WhatABrokerDoesWrongIsShown(byte[] bytes, string error)
    {
        await using FakeBroker broker = new();
        RawClient link = await broker.AcceptAsync();
        await link.ReadAsync();
        await link.SendAsync(bytes);
        await link.ClosedAsync();
        await Wait.UntilAsync(() => broker.Subscriber.Status.LastError is not null, "the reason");
        Assert.Equal(error, broker.Subscriber.Status.LastError);
    }

    [Fact]
    public async Task GarbageNeverEndsTheSubscriber()
    {
        await using FakeBroker broker = new(journal: new FakeJournal { CommitsAtOnce = true });
        Random random = new(20_261_121);
        for (int round = 0; round < 100; round++)
        {
            RawClient link = await broker.AcceptAsync();
            byte five = (await link.ReadAsync())[8];
            byte[] garbage = new byte[random.Next(1, 60)];
            random.NextBytes(garbage);
            await link.SendAsync(five == 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0], garbage);
            await link.HangUpAsync();
            await link.ClosedAsync();
            await AdvanceToNextAttemptAsync(broker);
        }

        await broker.AcceptAsync();
    }

    [Fact]
    public void TheBackoffDoublesUpToItsCapAndStartsAnew()
    {
        Backoff backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], Enumerable.Range(0, 8).Select(_ => backoff.Next(1).TotalSeconds));
        Assert.Equal(30, backoff.Next(0).TotalSeconds);
        backoff.Reset();
        Assert.Equal(0.5, backoff.Next(0).TotalSeconds);
    }

    [Theory]
    [InlineData("mqtt://city/mt/v1/#", "city", 1883, false, null, "mt/v1/#")]
    [InlineData("mqtts://lan@city:9000/+/up", "city", 9000, true, "lan", "+/up")]
    [InlineData("mqtt://l%40n:p%2Fw@[::1]:1884/#", "::1", 1884, false, "l@n", "#")]
    public void AddressesAreRead(string address, string host, int port, bool tls, string? user, string filter)
    {
        Assert.True(BrokerOptions.TryParse(address, "from the environment", out BrokerOptions? options, out _));
        Assert.Equal((host, port, tls, user, filter), (options.Host, options.Port, options.UseTls, options.UserName, options.Filter));
        Assert.Equal(address.Contains("p%2Fw", StringComparison.Ordinal) ? "p/w" : "from the environment", options.Password);
    }

    [Theory]
    [InlineData("http://city/#")]
    [InlineData("mqtt://city")]
    [InlineData("mqtt://city/")]
    [InlineData("mqtt://city/a/#/b")]
    [InlineData("mqtt:///a")]
    [InlineData("mqtt://city:99999/a")]
    public void BadAddressesAreToldApart(string address)
    {
        Assert.False(BrokerOptions.TryParse(address, null, out _, out string error));
        Assert.NotEmpty(error);
    }

    /// <summary>Moves time until the subscriber has tried once more.</summary>
    private static Task AdvanceToNextAttemptAsync(FakeBroker broker)
    {
        int attempts = broker.Attempts;
        return Wait.UntilAsync(
            () =>
            {
                if (broker.Attempts == attempts)
                {
                    broker.Time.Advance(TimeSpan.FromMilliseconds(250));
                }

                return broker.Attempts > attempts;
            },
            "another attempt");
    }
}
