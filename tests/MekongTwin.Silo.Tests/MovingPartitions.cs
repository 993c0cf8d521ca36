using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Tests;

/// <summary>Partitions that end in the middle of their work, again and again, while their journal grows.</summary>
public sealed class MovingPartitions(Cluster cluster) : IClassFixture<Cluster>
{
    private const long Door = 7;
    private const int Source = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 3, 0, 0)]
    [InlineData(2, 5, 0, 0)]
    [InlineData(3, 3, 40, 0)]
    [InlineData(4, 3, 0, 5)]
    [InlineData(5, 3, 40, 5)]
    public async Task EveryReadingIsJournalledAndCountedOnce(int seed, int partitions, int oneInFails, int oneInIsLost)
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, seed, 4 * Instant.Hour, 10 * Instant.Minute), seed + 50);
        await using var region = await cluster.OpenAsync(model, partitions);
        var faults = new Random(seed);
        Func<string, bool> OneIn(int many) => key =>
        {
            lock (faults) return many > 0 && key.StartsWith(region.Name, StringComparison.Ordinal) && faults.Next(many) == 0;
        };
        (Cluster.Fault, Cluster.Loss) = (OneIn(oneInFails), OneIn(oneInIsLost));
        var shares = readings.ToLookup(reading => region.Map.PartitionOf(model.Points[reading.Point].Asset));
        await Task.WhenAll(shares.Select(share => AppendAsync(region, share.Key, [.. share], new Random(seed * 100 + share.Key))));
        (Cluster.Fault, Cluster.Loss) = (null, null);
        Facts.AssertSame(Facts.ByOracle(model, readings), await region.ReadFactsAsync(), "after all moves");
        var line = await region.ReadLedgerAsync();
        var instants = readings.Select(reading => (reading.Point, reading.TimeUs)).Distinct().Count();
        Assert.Equal((readings.Count, instants, readings.Count - instants), (line.Journalled, line.Stored, line.Duplicate));
    }

    [Fact]
    public async Task OneThatFailsWhileItIsWaitedForEndsAndTheNextOneGoesOn()
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Traffic(model, 4, Instant.Hour, 10 * Instant.Minute);
        await using var region = await cluster.OpenAsync(model, partitions: 1);
        using var isWaitedFor = new ManualResetEventSlim();
        Cluster.Fault = key =>
        {
            if (!key.StartsWith(region.Name, StringComparison.Ordinal)) return false;
            isWaitedFor.Wait(Ct);
            return true;
        };
        await region.SendAsync(0, new() { Door = Door, Sequence = 1, Frames = RegionUnderTest.FrameOf([.. readings], Source) });
        var waiting = region.Twins.Partition(0).SettleAsync();
        // What is asked later is answered: so the other question is under way.
        await region.Twins.Partition(0).BeatAsync(null);
        isWaitedFor.Set();
        var ended = Assert.ThrowsAnyAsync<Exception>(() => waiting);
        Assert.Same(ended, await Task.WhenAny(ended, Task.Delay(Patience, Ct)));
        Cluster.Fault = null;
        Facts.AssertSame(Facts.ByOracle(model, readings), await region.ReadFactsAsync().WaitAsync(Patience, Ct), "after the failure");
    }

    /// <summary>Each append is sent twice, as by a door that got no answer, and some of them with a partition that goes meanwhile.</summary>
    private static async Task AppendAsync(RegionUnderTest region, int partition, List<Reading> readings, Random random)
    {
        var sequence = 0L;
        foreach (var chunk in readings.Chunk(25))
        {
            var append = new WireAppend { Door = Door, Sequence = ++sequence, Frames = RegionUnderTest.FrameOf(chunk, Source) };
            var first = region.SendAsync(partition, append);
            if (random.Next(4) == 0) await region.Twins.Partition(partition).LeaveAsync();
            await Task.WhenAll(first, region.SendAsync(partition, append));
        }
    }
}
