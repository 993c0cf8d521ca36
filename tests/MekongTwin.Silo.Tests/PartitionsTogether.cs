using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Twins;

namespace MekongTwin.Silo.Tests;

/// <summary>Partitions fold at the same time, and their assets share parents.</summary>
public sealed class PartitionsTogether(Cluster cluster) : IClassFixture<Cluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 20)]
    [InlineData(7, 200)]
    public async Task FactsAreThoseOfTheOracle(int partitions, int batchSize)
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 71, 4 * Instant.Hour, 10 * Instant.Minute), 72);
        var (store, applied, epoch) = (new SharedStore(), new SharedReadings(), 0L);
        var region = new Region(Guid.NewGuid().ToString("N"), model, partitions)
        {
            Readings = applied,
            Store = store,
            StoredLatest = _ => [],
            StoredOffset = _ => 0,
            NextEpochAsync = _ => new(Interlocked.Increment(ref epoch)),
        };
        Cluster.Regions.Add(region);
        await using var twins = new OrleansTwins(cluster.Silos.GrainFactory, region);
        await twins.StartAsync();
        var shares = readings.ToLookup(reading => region.PartitionOf(model.Points[reading.Point].Asset));
        await Task.WhenAll(shares.Select(share => FollowAsync(twins, applied, share.Key, [.. share], batchSize)));
        Facts.AssertSame(Facts.ByOracle(model, readings), store.Facts, $"{partitions} partitions");
        Assert.True(shares.Count > 2);
        Assert.Equal(shares.Sum(share => share.Count()), (await twins.AppliedAsync(Ct)).Offsets.Sum());
        Cluster.Regions.Remove(region.Name);
    }

    private static async Task FollowAsync(OrleansTwins twins, SharedReadings applied, int partition, List<Reading> readings, int batchSize)
    {
        var at = 0;
        foreach (var chunk in readings.Chunk(batchSize))
        {
            await twins.ApplyAsync(new PartitionBatch(partition, at, at + chunk.Length, chunk, [new BatchSlice(1, 0, 0, chunk.Length)]), Ct);
            at += chunk.Length;
            applied.Add(chunk);
        }
    }
}
