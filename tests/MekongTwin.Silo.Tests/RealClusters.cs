using System.Diagnostics;
using System.Globalization;
using MekongTwin.Contracts;
using MekongTwin.Contracts.Mqtt;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Silo.Storage;
using MQTTnet;
using MQTTnet.Protocol;

namespace MekongTwin.Silo.Tests;

/// <summary>Three silos as processes, a real PostgreSQL, a real mosquitto: what is published is folded once, whatever dies.</summary>
public sealed class RealClusters : IAsyncLifetime
{
    // A server of its own: it is killed.
    private readonly Postgres _postgres = new();
    private readonly List<SiloProcess> _silos = [];
    private MosquittoBroker? _broker;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _postgres.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    [Fact]
    public async Task ADayOfTheCityThroughAKillAnOutageAndARestart()
    {
        await using var database = await _postgres.MakeDatabaseAsync();
        _broker = new MosquittoBroker("allow_anonymous true");
        await _broker.ListensAsync();
        foreach (var name in (string[])["one", "two", "three"])
        {
            _silos.Add(new(database.ConnectionString, name, _broker.Port));
            _silos[^1].Start();
            await _silos[^1].IsReadyAsync();
        }
        var (_, model) = (await new ModelTable(database).ReadNewerAsync(0, Ct))!.Value;
        var (readings, topics) = Day(model);
        using var client = await ConnectAsync(_broker.Port);
        var sent = 0;
        Task PublishAsync(int upTo) => SendAsync(client, readings, topics, ref sent, upTo);

        await PublishAsync(readings.Count / 4);
        await _silos[1].KillAsync();
        var killed = Stopwatch.StartNew();
        await _silos[0].UntilAsync(async () => (await _silos[0].Http.GetAsync("/api/v1/assets?limit=1")).IsSuccessStatusCode, "all twins to answer");
        TestContext.Current.TestOutputHelper?.WriteLine($"All twins answered {killed.Elapsed.TotalSeconds:0.0} s after a silo was killed.");
        await PublishAsync(readings.Count / 2);
        _silos[1].Start();
        _postgres.Kill();
        await PublishAsync(readings.Count * 5 / 8);
        _postgres.Start();
        await _silos[1].IsReadyAsync();
        await _silos[0].StopAsync();
        await PublishAsync(readings.Count * 3 / 4);
        _silos[0].Start();
        await PublishAsync(readings.Count);
        await _silos[2].UntilAsync(async () => (await _silos[2].ReadLedgerAsync()).GetProperty("stored").GetInt64() >= readings.Count, "everything to be folded");

        await Task.WhenAll(_silos.Select(silo => silo.IsReadyAsync()));
        var ledgers = await Task.WhenAll(_silos.Select(silo => silo.ReadLedgerAsync()));
        Assert.All(ledgers, ledger => Assert.Equal((readings.Count, 0, 0), (ledger.GetProperty("stored").GetInt32(), ledger.GetProperty("rejected").EnumerateObject().Count(), ledger.GetProperty("pending").GetInt32())));
        // What a silo had not acknowledged when it died was sent again.
        Assert.All(ledgers, ledger => Assert.Equal(ledger.GetProperty("received").GetInt64(), readings.Count + ledger.GetProperty("duplicate").GetInt64()));
        await Task.WhenAll(_silos.Select(silo => silo.StopAsync()));
        // The server was killed under the first one's connections.
        await using var again = Npgsql.NpgsqlDataSource.Create(database.ConnectionString);
        Facts.AssertSame(Facts.ByOracle(model, readings), await RegionUnderTest.ReadFactsAsync(again), "after a kill, an outage and a restart");
    }

    /// <summary>Whole numbers at every quarter of an hour, of some assets of the pilot.</summary>
    private static (List<Reading> Readings, List<string> Topics) Day(Model model)
    {
        var now = Instant.QuarterStart(Instant.From(DateTimeOffset.UtcNow));
        var random = new Random(5);
        var readings = new List<Reading>();
        var points = model.Points.Where(point => point.MinMicro <= 1_000_000 && point.MaxMicro >= 200_000_000).ToList();
        for (var at = now - 6 * Instant.Hour; at < now; at += Instant.Quarter)
        {
            foreach (var point in points) readings.Add(new(at + random.Next(600) * Instant.Second, random.Next(1, 200) * 1_000_000L, point.Number, 0, Quality.Good, ReadingFlags.None));
        }
        return (readings, [.. model.Points.Select(point => $"mt/v1/{model.Assets[point.Asset].Id.Path}/{point.Metric}")]);
    }

    private static async Task<IMqttClient> ConnectAsync(int port)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId("city").WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V311).Build(), Ct);
        return client;
    }

    private static Task SendAsync(IMqttClient client, List<Reading> readings, List<string> topics, ref int sent, int upTo)
    {
        var part = readings[sent..upTo];
        sent = upTo;
        return Parallel.ForEachAsync(part, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Ct }, async (reading, ct) =>
        {
            var time = Instant.ToTime(reading.TimeUs).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            await client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(topics[reading.Point])
                .WithPayload($$"""{"v":{{reading.Value / 1_000_000}},"t":"{{time}}"}""").WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build(), ct);
        });
    }
}
