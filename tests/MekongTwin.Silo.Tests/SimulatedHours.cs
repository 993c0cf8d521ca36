using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MekongTwin.Contracts.Mqtt;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Host.Cities;

namespace MekongTwin.Silo.Tests;

/// <summary>
/// The simulator's city for some hours, with readings that come late or twice and with what nobody can use, through a real mosquitto:
/// once into the embedded edition, once into three silos while everything dies in turn. Both have the same counts and facts.
/// </summary>
public sealed class SimulatedHours : IAsyncLifetime
{
    /// <summary>Two hours take four minutes; MEKONGTWIN_HOURS=24 makes it a day.</summary>
    private static readonly TimeSpan Hours = TimeSpan.FromHours(double.Parse(Environment.GetEnvironmentVariable("MEKONGTWIN_HOURS") ?? "2", CultureInfo.InvariantCulture));

    /// <summary>Simulated seconds a second into the silos: fast enough, slow enough for the kills to fall within.</summary>
    private static readonly double Speed = Math.Max(40, Hours / TimeSpan.FromMinutes(12));

    // A server of its own: it is killed.
    private readonly Postgres _postgres = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("mt-hours-").FullName;
    private readonly List<IAsyncDisposable> _running = [];
    private readonly Model _model = ModelMerge.Onto(Model.Empty, CityFolder.Read([City], []));

    // An afternoon whose hours end yesterday: nothing of it is in the future, nothing too old.
    private readonly DateTimeOffset _start = new DateTimeOffset(DateTime.UtcNow.Date, TimeSpan.Zero).AddDays(-1 - Hours.Days).AddHours(9);

    private static string City => TwinProcess.In("MekongTwin.Host", Path.Combine("cities", "vn-dad"));

    private DateTimeOffset End => _start + Hours;

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var running in Enumerable.Reverse(_running)) await running.DisposeAsync();
        await _postgres.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task HaveTheSameFactsInBothEditionsThroughKillsAnOutageAndARollingRestart()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MEKONGTWIN_FULL") == "1", "Only in the full run (MEKONGTWIN_FULL=1).");
        await using var database = await _postgres.MakeDatabaseAsync();
        var (expected, expectedHash) = await FeedEmbeddedAsync();
        var (account, hash) = await FeedClusterAsync(database.ConnectionString, expected);
        Assert.Equal(expected.Facts, account.Facts);
        Assert.True(account.IsBalanced, $"{account}");
        Assert.Equal(expectedHash, hash);
    }

    private async Task<(Account Account, string Hash)> FeedEmbeddedAsync()
    {
        var broker = await BrokerAsync();
        var data = Path.Combine(_directory, "data");
        var embedded = TwinProcess.Embedded(data, $"127.0.0.1:{broker.Port}");
        _running.Add(embedded);
        embedded.Patience = Hours / 60;
        embedded.Start();
        await embedded.IsReadyAsync();
        await embedded.UntilAsync(async () => (await embedded.ReadAsync("/api/v1/status")).GetProperty("broker").GetProperty("connected").GetBoolean(), "the broker to be connected");
        using var feed = new Feed(broker.Port);
        var began = Stopwatch.StartNew();
        await feed.SendAsync(Useless());
        var simulated = SimulateAsync(broker.Port, speed: 100_000);
        await feed.SendAsync(Late());
        await simulated;
        await feed.SendAsync(Again());
        // The broker keeps the order: when this is there, everything is.
        await feed.SendAsync([Last]);
        await embedded.UntilAsync(async () => await HasLastAsync(embedded) && Account.Of(await embedded.ReadLedgerAsync()).Pending == 0, "the last reading");
        var account = Account.Of(await embedded.ReadLedgerAsync());
        Say($"embedded: {account} in {began.Elapsed.TotalSeconds:0} s");
        await embedded.StopAsync();
        return (account, await Hashes.OfEmbeddedAsync(data));
    }

    private async Task<(Account Account, string Hash)> FeedClusterAsync(string database, Account expected)
    {
        var broker = await BrokerAsync();
        var silos = ((string[])["one", "two", "three"]).Select(name => TwinProcess.Silo(database, name, $"127.0.0.1:{broker.Port}")).ToList();
        _running.AddRange(silos);
        foreach (var silo in silos)
        {
            silo.Patience = Hours / 60;
            silo.Start();
        }
        await Task.WhenAll(silos.Select(silo => silo.IsReadyAsync()));
        using var feed = new Feed(broker.Port);
        var began = Stopwatch.StartNew();
        // While nothing dies: what is sent again after a kill is put into quarantine again.
        await feed.SendAsync(Useless());
        await silos[0].UntilAsync(async () => Account.Of(await silos[0].ReadLedgerAsync()).Quarantined == expected.Quarantined, "all of it to be in quarantine");
        var late = Late();
        var simulated = SimulateAsync(broker.Port, speed: Speed);
        Task ReachAsync(TwinProcess silo, int percent) => silo.UntilAsync(async () => Account.Of(await silo.ReadLedgerAsync()).Stored >= expected.Stored * percent / 100, $"{percent} percent to be stored");

        await ReachAsync(silos[0], 10);
        await silos[1].KillAsync();
        await feed.SendAsync(late[..(late.Count / 3)]);
        await ReachAsync(silos[0], 20);
        Said("after a kill");
        silos[1].Start();
        await silos[1].IsReadyAsync();

        await ReachAsync(silos[1], 30);
        _postgres.Kill();
        await feed.SendAsync(late[(late.Count / 3)..(late.Count * 2 / 3)]);
        await silos[0].UntilAsync(async () => !(await silos[0].Http.GetAsync("/health/ready")).IsSuccessStatusCode, "the outage to be noticed");
        _postgres.Start();
        await Task.WhenAll(silos.Select(silo => silo.IsReadyAsync()));
        Said("after the outage");

        for (var i = 0; i < silos.Count; i++)
        {
            await ReachAsync(silos[(i + 1) % silos.Count], 40 + 10 * i);
            await silos[i].StopAsync();
            if (i == 0) await feed.SendAsync(late[(late.Count * 2 / 3)..]);
            silos[i].Start();
            await silos[i].IsReadyAsync();
            Said($"after {silos[i].Name} was restarted");
        }
        await simulated;
        await feed.SendAsync(Again());
        await feed.SendAsync([Last]);
        await silos[0].UntilAsync(async () => await HasLastAsync(silos[0]) && Account.Of(await silos[0].ReadLedgerAsync()) is { Pending: 0 } now && now.Stored >= expected.Stored, "everything to be folded");
        await Task.WhenAll(silos.Select(silo => silo.IsReadyAsync()));
        var accounts = await Task.WhenAll(silos.Select(async silo => Account.Of(await silo.ReadLedgerAsync())));
        Assert.All(accounts, account => Assert.Equal(accounts[0], account));
        Said($"cluster: {accounts[0]}");
        return (accounts[0], await Hashes.OfClusterAsync(database));

        void Said(string what) => Say($"{began.Elapsed.TotalSeconds,4:0} s  {what}");
    }

    private async Task<MosquittoBroker> BrokerAsync()
    {
        var broker = new MosquittoBroker("allow_anonymous true");
        _running.Add(broker);
        await broker.ListensAsync();
        return broker;
    }

    private async Task SimulateAsync(int port, double speed)
    {
        var (code, said) = await TwinProcess.RunAsync(TwinProcess.In("MekongTwin.Host", Path.Combine("simulators", "MekongTwin.Simulators.dll")), "city", "--city", City, "--mqtt", $"127.0.0.1:{port}",
            "--seed", "7", "--speed", speed.ToString(CultureInfo.InvariantCulture), "--start", Text(_start), "--until", Text(End));
        Assert.True(code == 0, said);
        Say(said.Trim());
    }

    /// <summary>What goes into quarantine, and what is out of range.</summary>
    private List<FeedMessage> Useless() =>
    [
        .. Feed.Quarantined(_model, Instant.From(_start), 40),
        .. Feed.Readings(_model, Instant.From(_start.AddHours(-1)), Instant.From(_start), 1, new Random(3)).Take(50).Select(reading => Feed.Of(_model, reading with { Value = 1_000_000_000_000_000_000 })),
    ];

    /// <summary>Readings of the day before, in no order; some of them with a second value for the same instant.</summary>
    private List<FeedMessage> Late()
    {
        var readings = Feed.Readings(_model, Instant.From(_start.AddHours(-24)), Instant.From(_start.AddMinutes(-1)), 3, new Random(1));
        return [.. readings.Concat(readings.Where((_, i) => i % 20 == 0).Select(reading => reading with { Value = reading.Value + 1_000_000 })).Select(reading => Feed.Of(_model, reading))];
    }

    private List<FeedMessage> Again()
    {
        var late = Late();
        return late[..(late.Count / 2)];
    }

    /// <summary>After everything else, by its time too.</summary>
    private FeedMessage Last => Feed.Of(_model, new(Instant.From(End.AddHours(1)), 100_000_000, LastPoint, 0, Quality.Good, ReadingFlags.None));

    private int LastPoint => _model.Points.First(point => point.MinMicro <= 1_000_000 && point.MaxMicro >= 200_000_000).Number;

    private async Task<bool> HasLastAsync(TwinProcess process)
    {
        var point = _model.Points[LastPoint];
        var asset = await process.ReadAsync($"/api/v1/assets/{Uri.EscapeDataString(_model.Assets[point.Asset].Id.Path)}");
        return asset.GetProperty("latest").TryGetProperty(point.Metric, out var latest) && latest.GetProperty("time").GetDateTimeOffset() == End.AddHours(1);
    }

    private static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
