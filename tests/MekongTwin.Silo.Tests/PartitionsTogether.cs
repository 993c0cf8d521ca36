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
    [InlineData(4, 20)]
    [InlineData(4, 60)]
    [InlineData(7, 200)]
    public async Task FactsAreThoseOfTheOracle(int partitions, int batchSize)
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 71, 4 * Instant.Hour, 10 * Instant.Minute), 72);
        await using var region = await cluster.OpenAsync(model, partitions);
        var shares = readings.ToLookup(reading => region.Map.PartitionOf(model.Points[reading.Point].Asset));
        await Task.WhenAll(shares.Select(share => FollowAsync(region.Twins, share.Key, [.. share], batchSize)));
        Facts.AssertSame(Facts.ByOracle(model, readings), await region.ReadFactsAsync(), $"{partitions} partitions");
        Assert.True(shares.Count > 2);
        Assert.Equal(shares.Sum(share => share.Count()), (await region.Twins.AppliedAsync(Ct)).Offsets.Sum());
    }

    private static async Task FollowAsync(OrleansTwins twins, int partition, List<Reading> readings, int batchSize)
    {
        var at = 0;
        foreach (var chunk in readings.Chunk(batchSize))
        {
            await twins.ApplyAsync(new PartitionBatch(partition, at, at + chunk.Length, chunk, [new BatchSlice(1, 0, 0, chunk.Length)]), Ct);
            at += chunk.Length;
        }
    }
}
