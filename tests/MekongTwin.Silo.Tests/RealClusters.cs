using System.Diagnostics;
using MekongTwin.Contracts;
using MekongTwin.Contracts.Mqtt;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>
/// Three silos as processes, a real PostgreSQL, a real mosquitto, and the embedded edition beside them on the same broker: what is
/// published is folded once, whatever dies, and both editions' facts have the same hash.
/// </summary>
public sealed class RealClusters : IAsyncLifetime
{
    // A server of its own: it is killed.
    private readonly Postgres _postgres = new();
    private readonly string _data = Path.Combine(Directory.CreateTempSubdirectory("mt-embedded-").FullName, "data");
    private readonly List<TwinProcess> _silos = [];
    private TwinProcess? _embedded;
    private MosquittoBroker? _broker;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        if (_embedded is not null) await _embedded.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_data)!, recursive: true);
    }

    [Fact]
    public async Task ADayOfTheCityThroughAKillAnOutageAndARestart()
    {
        await using var database = await _postgres.MakeDatabaseAsync();
        _broker = new MosquittoBroker("allow_anonymous true");
        await _broker.ListensAsync();
        var address = $"127.0.0.1:{_broker.Port}";
        _embedded = TwinProcess.Embedded(_data, address);
        _silos.AddRange(((string[])["one", "two", "three"]).Select(name => TwinProcess.Silo(database.ConnectionString, name, address)));
        foreach (var process in _silos.Append(_embedded)) process.Start();
        await Task.WhenAll(_silos.Append(_embedded).Select(process => process.IsReadyAsync()));
        var (_, model) = (await new ModelTable(database).ReadNewerAsync(0, Ct))!.Value;
        var readings = Day(model);
        var messages = readings.Select(reading => Feed.Of(model, reading)).ToList();
        using var feed = new Feed(_broker.Port);
        Task PublishAsync(int from, int to) => feed.SendAsync(messages[(messages.Count * from / 8)..(messages.Count * to / 8)]);

        // While nothing dies: what is sent again after a kill is put into quarantine again.
        var refused = Feed.Quarantined(model, readings[0].TimeUs, 4).ToList();
        await feed.SendAsync(refused);
        await _silos[0].UntilAsync(async () => Account.Of(await _silos[0].ReadLedgerAsync()).Quarantined == refused.Count, "all of it to be in quarantine");
        await PublishAsync(0, 2);
        await _silos[1].UntilAsync(async () => (await _silos[1].Http.GetAsync("/api/v1/cities/vn-dad/grid")).IsSuccessStatusCode, "the grid to be completed");
        await _silos[1].KillAsync();
        var killed = Stopwatch.StartNew();
        await _silos[0].UntilAsync(async () => (await _silos[0].Http.GetAsync("/api/v1/assets?limit=1")).IsSuccessStatusCode, "all twins to answer");
        TestContext.Current.TestOutputHelper?.WriteLine($"All twins answered {killed.Elapsed.TotalSeconds:0.0} s after a silo was killed.");
        await PublishAsync(2, 4);
        _silos[1].Start();
        _postgres.Kill();
        await PublishAsync(4, 5);
        _postgres.Start();
        await _silos[1].IsReadyAsync();
        await _silos[0].StopAsync();
        await PublishAsync(5, 6);
        _silos[0].Start();
        await PublishAsync(6, 8);
        // Some of it twice.
        await PublishAsync(3, 4);
        foreach (var process in (TwinProcess[])[_silos[2], _embedded]) await process.UntilAsync(async () => Account.Of(await process.ReadLedgerAsync()) is { Pending: 0 } account && account.Stored >= readings.Count && account.Duplicate >= messages.Count / 8 - 1, "everything to be folded");

        await Task.WhenAll(_silos.Select(silo => silo.IsReadyAsync()));
        var embedded = Account.Of(await _embedded.ReadLedgerAsync());
        Assert.Equal((readings.Count, refused.Count), (embedded.Stored, embedded.Quarantined));
        var accounts = await Task.WhenAll(_silos.Select(async silo => Account.Of(await silo.ReadLedgerAsync())));
        Assert.All(accounts, account => Assert.Equal(embedded.Facts, account.Facts));
        // What a silo had not acknowledged when it died was sent again.
        Assert.All(accounts, account => Assert.True(account.IsBalanced, $"{account}"));
        // The server was killed under the first one's connections.
        await using var again = NpgsqlDataSource.Create(database.ConnectionString);
        var hash = await Hashes.OfClusterAsync(again.ConnectionString);
        Facts.AssertSame(Facts.ByOracle(model, readings), await RegionUnderTest.ReadFactsAsync(again), "after a kill, an outage and a restart");
        await Task.WhenAll(_silos.Append(_embedded).Select(process => process.StopAsync()));
        Assert.Equal(await Hashes.OfEmbeddedAsync(_data), hash);
        await Hashes.FindsDamageAsync(again);
    }

    /// <summary>Six hours of the pilot up to now, quarter by quarter, and a few readings of the day before, which come last.</summary>
    private static List<Reading> Day(Model model)
    {
        var now = Instant.QuarterStart(Instant.From(DateTimeOffset.UtcNow));
        var random = new Random(5);
        var readings = new List<Reading>();
        for (var at = now - 6 * Instant.Hour; at < now; at += Instant.Quarter) readings.AddRange(Feed.Readings(model, at, at + 10 * Instant.Minute, 1, random));
        readings.AddRange(Feed.Readings(model, now - 30 * Instant.Hour, now - 20 * Instant.Hour, 1, random).Where((_, i) => i % 9 == 0));
        return readings;
    }
}
