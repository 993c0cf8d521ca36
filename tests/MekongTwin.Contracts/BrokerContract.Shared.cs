using MekongTwin.Contracts.Mqtt;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Contracts;

/// <summary>Several subscribers of one shared group.</summary>
public abstract partial class BrokerContract
{
    [Fact]
    public async Task AGroupSharesAStreamAndEveryMessageComesToOneOfIt()
    {
        await using MosquittoBroker broker = new(Anybody);
        await using Subscribed first = await Subscribe(Member(broker.Port, "first")).ReadyAsync();
        await using Subscribed second = await Subscribe(Member(broker.Port, "second")).ReadyAsync();
        await broker.PublishAsync(Topic, 1, Numbers(1000));
        await Wait.UntilAsync(() => first.Journal.Count + second.Journal.Count >= 1000, "all messages");
        Assert.Equal(Numbers(1000, $"{Topic}=").Order(), first.Journal.Submitted.Concat(second.Journal.Submitted).Order());
        Assert.InRange(first.Journal.Count, 1, 999);
    }

    /// <summary>
    /// What mosquitto 2.0 does: a member that is away keeps its place in the group while its session lasts. What it left
    /// unacknowledged waits for it, and so does its part of what follows; when the session expires, all of that is lost.
    /// </summary>
    [Fact]
    public async Task WhatAMemberLeftUnacknowledgedWaitsForIt()
    {
        await using MosquittoBroker broker = new(Anybody);
        await using Subscribed staying = await Subscribe(Member(broker.Port, "staying")).ReadyAsync();
        FakeJournal lost = new();
        await using (Relay relay = new(broker.Port))
        {
            await using Subscribed dying = await Subscribe(Member(relay.Port, "dying"), lost).ReadyAsync();
            await broker.PublishAsync(Topic, 1, Numbers(100));
            await Wait.UntilAsync(() => lost.Count + staying.Journal.Count == 100, "all messages");
            await relay.DisposeAsync();
        }

        await broker.PublishAsync(Topic, 1, Numbers(100, "later."));
        await using Subscribed back = Subscribe(Member(broker.Port, "dying"));
        await Wait.UntilAsync(() => back.Journal.Count + staying.Journal.Count >= 200, "all messages, the lost ones again");
        Assert.Equal(
            Numbers(100, $"{Topic}=").Concat(Numbers(100, $"{Topic}=later.")).Order(),
            staying.Journal.Submitted.Concat(back.Journal.Submitted).Order());
        Assert.NotEmpty(lost.Submitted);
        Assert.Subset(back.Journal.Submitted.ToHashSet(), lost.Submitted.ToHashSet());
    }

    private static BrokerOptions Member(int port, string client) => Options(port, client) with { SharedGroup = "silos" };
}
