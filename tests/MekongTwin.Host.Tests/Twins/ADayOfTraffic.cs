using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Running;
using MekongTwin.Host.Twins;

namespace MekongTwin.Host.Tests.Twins;

/// <summary>
/// A day of a city's traffic through twins, store and index as they run: in order, and as a bad day delivers it (a tenth up
/// to 48 hours late, a twentieth twice). The facts are the same, and they are the oracle's.
/// </summary>
public sealed class ADayOfTraffic(ADayOfTraffic.Day day) : IClassFixture<ADayOfTraffic.Day>
{
    [Fact]
    public async Task InOrderGivesTheOraclesFacts() =>
        Facts.AssertSame(Facts.ByOracle(day.Model, day.InOrder), (await day.ExpectedAsync()).Facts, "in order");

    [Theory]
    [InlineData(97, 1)]
    [InlineData(4096, 2)]
    [InlineData(60_000, 1)]
    [InlineData(60_000, 3)]
    public async Task DisturbedGivesTheSameFactsInAnyBatchesOnAnyNumberOfWorkers(int batchSize, int workers)
    {
        var disturbed = SmallCity.Disturb(day.InOrder, batchSize + workers);
        var (hash, facts) = await Day.FoldAsync(day.Model, disturbed, batchSize, workers);
        var expected = await day.ExpectedAsync();
        Facts.AssertSame(expected.Facts, facts, $"batches of {batchSize}, {workers} workers");
        Assert.Equal(expected.Hash, hash);
    }

    [Fact]
    public async Task OneReadingAtATimeGivesTheSameFacts()
    {
        var model = SmallCity.Make(6, 3);
        var readings = SmallCity.Traffic(model, 21, Instant.Day, 5 * Instant.Minute);
        var (_, facts) = await Day.FoldAsync(model, SmallCity.Disturb(readings, 22), 1, 1);
        Facts.AssertSame(Facts.ByOracle(model, readings), facts, "one at a time");
    }

    public sealed class Day
    {
        private readonly Lazy<Task<(string Hash, Facts Facts)>> _expected;

        public Day()
        {
            Model = SmallCity.Make(80, 40);
            InOrder = SmallCity.Traffic(Model, 20, Instant.Day, Instant.Minute);
            _expected = new(() => FoldAsync(Model, InOrder, 20_000, 1));
        }

        public Model Model { get; }

        public IReadOnlyList<Reading> InOrder { get; }

        public Task<(string Hash, Facts Facts)> ExpectedAsync() => _expected.Value;

        public static async Task<(string Hash, Facts Facts)> FoldAsync(Model model, IReadOnlyList<Reading> readings, int batchSize, int workers)
        {
            var directory = Directory.CreateTempSubdirectory("mekongtwin-day-");
            try
            {
                var path = Path.Combine(directory.FullName, "twin.db");
                using var store = new TwinStore(path);
                using var index = ReadingIndex.Open(new DiskFiles(directory.FullName), 0, runReadings: 100_000);
                await using var twins = new LocalTwins(model, index, store, 0, [], workers);
                var ledger = new Ledger();
                var at = 0L;
                foreach (var chunk in readings.Chunk(batchSize))
                {
                    await twins.ApplyAsync(new PartitionBatch(0, at, at += chunk.Length, chunk, []), CancellationToken.None);
                    index.Add(chunk, at);
                    if (store.PendingRows > 20_000) await twins.BetweenTurnsAsync(() => store.Commit(at, ledger), CancellationToken.None);
                }
                await twins.BetweenTurnsAsync(() => store.Commit(at, ledger), CancellationToken.None);
                var queries = new TwinQueries(path);
                return (FactsHash.OfStored(store, queries), new Facts(store.ReadLatest(), queries.AllPointWindows(), queries.AllAssetWindows()));
            }
            finally
            {
                Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
                directory.Delete(recursive: true);
            }
        }
    }
}
