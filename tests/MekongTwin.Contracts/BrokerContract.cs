using MekongTwin.Contracts.Mqtt;
using MekongTwin.Ingest;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Contracts;

/// <summary>What every subscriber to a city's broker keeps, against a real mosquitto; skipped where it is not installed.</summary>
public abstract partial class BrokerContract
{
    private const string Topic = "mt/v1/a";
    private const string Anybody = "allow_anonymous true";

    /// <summary>The subscriber under test.</summary>
    protected abstract IBrokerSubscriber Make(BrokerOptions options, IAdmissions admissions);

    [Fact]
    public async Task MessagesOfEveryQosAreAdmittedInOrder()
    {
        await using MosquittoBroker broker = new(Anybody);
        await using Subscribed twin = await Subscribe(Options(broker.Port)).ReadyAsync();
        for (int qos = 0; qos <= 2; qos++)
        {
            await broker.PublishAsync(Topic, qos, Numbers(500, $"{qos}."));
            await twin.AdmittedAsync(500 * (qos + 1));
            Assert.Equal(Numbers(500, $"{Topic}={qos}."), twin.Journal.Submitted[^500..]);
        }

        await twin.AcknowledgedAsync();
        Assert.Equal((1500, 0, 0), (twin.Status.Received, twin.Status.Reconnects, twin.Status.Faults));
        Assert.Equal(0, twin.Status.BrokerDropped);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task NothingIsAcknowledgedBeforeItIsDurable(int qos)
    {
        await using MosquittoBroker broker = new(Anybody);
        await using (Relay relay = new(broker.Port))
        {
            await using Subscribed dying = await Subscribe(Options(relay.Port), new FakeJournal()).ReadyAsync();
            await broker.PublishAsync(Topic, qos, Numbers(10));
            await dying.AdmittedAsync(10);
            Assert.Equal(10, dying.Status.InFlight);
            await relay.DisposeAsync();
        }

        await using (Subscribed next = Subscribe(Options(broker.Port)))
        {
            await next.AdmittedAsync(10);
            await next.AcknowledgedAsync();
        }

        await using Subscribed last = await Subscribe(Options(broker.Port)).ReadyAsync();
        await broker.PublishAsync(Topic, qos, ["new"]);
        await last.AdmittedAsync(1);
    }

    [Fact]
    public async Task WhatIsSentWhileItIsAwayFollows()
    {
        await using MosquittoBroker broker = new(Anybody);
        await using (Relay relay = new(broker.Port))
        {
            await using (await Subscribe(Options(relay.Port)).ReadyAsync())
            {
            }

            await Wait.UntilAsync(() => relay.Farewells == 1, "DISCONNECT");
        }

        await broker.PublishAsync(Topic, 1, Numbers(50));
        await using Subscribed back = Subscribe(Options(broker.Port));
        await back.AdmittedAsync(50);
        Assert.Equal(Numbers(50, $"{Topic}="), back.Journal.Submitted);
    }

    [Fact]
    public async Task AfterABrokenConnectionMessagesComeAgainAndOldAcknowledgementsAreForgotten()
    {
        await using MosquittoBroker broker = new(Anybody);
        await using Relay relay = new(broker.Port);
        await using Subscribed twin = await Subscribe(Options(relay.Port), new FakeJournal()).ReadyAsync();
        await broker.PublishAsync(Topic, 1, Numbers(10));
        await twin.AdmittedAsync(10);
        relay.Cut();
        await twin.AdmittedAsync(20);
        await twin.UntilAsync(() => twin.Status is { Received: 20, InFlight: 10 }, "the repeated messages");
        twin.Journal.CommitAll();
        await twin.AcknowledgedAsync();
        Assert.Equal(1, twin.Status.Reconnects);
    }

    [Fact]
    public async Task AStreamIsAdmittedWithAtMostReceiveMaximumInFlight()
    {
        const int total = 20_000;
        const ushort most = 1_000;
        await using MosquittoBroker broker = new(Anybody);
        await using Subscribed twin = await Subscribe(Options(broker.Port) with { ReceiveMaximum = most }, new FakeJournal()).ReadyAsync();
        Task publishing = broker.PublishAsync(Topic, 1, Numbers(total));
        for (int admitted = most; admitted <= total; admitted += most)
        {
            await twin.AdmittedAsync(admitted);
            Assert.Equal(most, twin.Status.InFlight);
            twin.Journal.CommitAll();
        }

        await twin.AcknowledgedAsync();
        await publishing;
        Assert.Equal(Numbers(total, $"{Topic}="), twin.Journal.Submitted);
        Assert.Equal(0, twin.Status.BrokerDropped);
    }

    [Fact]
    public async Task ItStaysConnectedWhileNothingBecomesDurable()
    {
        await using MosquittoBroker broker = new(Anybody);
        await using Relay relay = new(broker.Port);
        BrokerOptions options = Options(relay.Port) with { ReceiveMaximum = 10, KeepAlive = TimeSpan.FromSeconds(1) };
        await using Subscribed twin = await Subscribe(options, new FakeJournal()).ReadyAsync();
        await broker.PublishAsync(Topic, 1, Numbers(100));
        await twin.AdmittedAsync(10);
        int pings = relay.Pings;
        await Wait.UntilAsync(() => relay.Pings >= pings + 5, "pings of more than one and a half keep-alives");
        Assert.Equal((10, 10, 0), (twin.Journal.Count, twin.Status.InFlight, twin.Status.Reconnects));
        await Wait.UntilAsync(
            () =>
            {
                twin.Journal.CommitAll();
                return twin.Journal.Count == 100;
            },
            "the rest");
    }

    [Fact]
    public async Task WhatCannotBeTakenDoesNotStopTheStream()
    {
        await using MosquittoBroker broker = new(Anybody);
        FakeJournal journal = new()
        {
            CommitsAtOnce = true,
            FailsOn = topic => topic == "mt/v1/fault",
            Becomes = topic => topic switch
            {
                "mt/v1/garbage" => Admission.Undecodable,
                "$too-long" => Admission.Rejected,
                _ => Admission.Admitted,
            },
        };
        await using Subscribed twin = await Subscribe(Options(broker.Port) with { MaxTopicLength = 40 }, journal).ReadyAsync();
        for (int qos = 0; qos <= 2; qos++)
        {
            await broker.PublishAsync("mt/v1/fault", qos, ["1"]);
            await broker.PublishAsync("mt/v1/garbage", qos, ["{", "\u0001"]);
            await broker.PublishAsync("mt/v1/" + new string('x', 60), qos, ["1"]);
            await broker.PublishAsync(Topic, qos, ["1"]);
            await twin.AdmittedAsync(qos + 1);
        }

        await twin.AcknowledgedAsync();
        Assert.Equal((15, 3, 0), (twin.Status.Received, twin.Status.Faults, twin.Status.Reconnects));
    }

    [Fact]
    public async Task ARetainedMessageComesOnceASubscription()
    {
        await using MosquittoBroker broker = new(Anybody);
        await broker.ListensAsync();
        await broker.PublishAsync(Topic, 0, ["kept"], "-r");
        await using Relay relay = new(broker.Port);
        await using Subscribed twin = await Subscribe(Options(relay.Port)).ReadyAsync();
        await twin.AdmittedAsync(1);
        await twin.AcknowledgedAsync();
        relay.Cut();
        await Wait.UntilAsync(() => twin.Status is { Reconnects: 1, Connected: true }, "another connection");
        await broker.PublishAsync(Topic, 1, ["new"]);
        await twin.AdmittedAsync(2);
        Assert.Equal([Topic + "=kept", Topic + "=new"], twin.Journal.Submitted);
    }

    private static BrokerOptions Options(int port, string client = "twin") => new()
    {
        Host = "localhost",
        Port = port,
        Filter = "mt/v1/#",
        ClientId = client,
        MinBackoff = TimeSpan.FromMilliseconds(20),
        MaxBackoff = TimeSpan.FromMilliseconds(200),
    };

    private static IEnumerable<string> Numbers(int count, string before = "") =>
        Enumerable.Range(1, count).Select(number => $"{before}{number}");

    private Subscribed Subscribe(BrokerOptions options, FakeJournal? journal = null)
    {
        journal ??= new FakeJournal { CommitsAtOnce = true };
        return new Subscribed(Make(options, journal), journal);
    }
}
