using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Silo.Doors;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Twins;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace MekongTwin.Silo.Tests;

/// <summary>The doors of one silo of two: some of the partitions live beside them, the others on the other silo.</summary>
public sealed class DoorJournals(Cluster cluster) : IClassFixture<Cluster>
{
    private const int PartitionCount = 8;

    /// <summary>The door's own number of its source.</summary>
    private const int Source = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IServiceProvider First => ((InProcessSiloHandle)cluster.Silos.Silos[0]).ServiceProvider;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 3)]
    public async Task WhatIsDurableIsJournalledAndCountedOnce(int seed, int oneInLeaves)
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, seed, 4 * Instant.Hour, 10 * Instant.Minute), seed + 50);
        await using var region = await cluster.OpenAsync(model, PartitionCount);
        Assert.Equal([0, 1], Enumerable.Range(0, PartitionCount).Select(region.HolderOf).Distinct().Order());
        await using var journal = await OpenAsync(region, model);
        var random = new Random(seed);
        foreach (var chunk in readings.Chunk(200))
        {
            var ticket = Append(journal, RegionUnderTest.FrameOf(chunk, Source));
            if (oneInLeaves > 0 && random.Next(oneInLeaves) == 0) await region.Twins.Partition(random.Next(PartitionCount)).LeaveAsync();
            // Some follow while the one before is on its way.
            if (random.Next(2) == 0) await journal.WaitDurableAsync(ticket, Ct).AsTask().WaitAsync(Patience, Ct);
        }
        await journal.FlushAsync(Ct).AsTask().WaitAsync(Patience, Ct);
        Assert.Equal((0, null), (journal.PendingBytes, journal.Fault));
        Facts.AssertSame(Facts.ByOracle(model, readings), await region.ReadFactsAsync(), "through the doors");
        var line = await region.ReadLedgerAsync();
        var instants = readings.Select(reading => (reading.Point, reading.TimeUs)).Distinct().Count();
        Assert.Equal((readings.Count, instants, readings.Count - instants), (line.Journalled, line.Stored, line.Duplicate));
    }

    [Fact]
    public async Task AReceiverSaysWhatIsDurableAndLeavesTheRest()
    {
        var model = SmallCity.Make();
        await using var region = await cluster.OpenAsync(model, PartitionCount);
        var other = ((InProcessSiloHandle)cluster.Silos.Silos[1]).SiloAddress;
        var receiver = cluster.Grains.GetGrain<IReceiverGrain>($"{region.Name}|{other.ToParsableString()}");
        var frames = RegionUnderTest.FrameOf(SmallCity.Traffic(model, 3, Instant.Hour, 10 * Instant.Minute)[..1].ToArray(), Source);
        var taken = await receiver.AppendAsync([.. Enumerable.Range(0, PartitionCount).Select(partition => new Wire.WireAppend { Door = 7, Sequence = 1, Frames = frames, Partition = partition })]);
        Assert.Equal(Enumerable.Range(0, PartitionCount).Select(partition => region.HolderOf(partition) == 1), taken);
        for (var partition = 0; partition < PartitionCount; partition++) Assert.Equal(taken[partition], (await region.Twins.Partition(partition).BeatAsync(null)).Journalled > 0);
    }

    private async Task<DoorJournal> OpenAsync(RegionUnderTest region, Model model)
    {
        var own = First.GetRequiredService<Regions>().Resolve($"{region.Name}|0").Region;
        Assert.Equal(model.Points.Length, own.Model.Points.Length);
        var journal = new DoorJournal(own, await own.Journal.NextDoorAsync(Ct));
        journal.Start(First.GetRequiredService<IGrainFactory>(), First.GetRequiredService<ISiloStatusOracle>());
        Append(journal, SourceFrame.Make(Source, "a gateway"));
        return journal;
    }

    private static long Append(DoorJournal journal, ReadOnlySpan<byte> frames)
    {
        Assert.True(journal.TryAppend(frames, urgent: false, out var ticket));
        return ticket;
    }
}
