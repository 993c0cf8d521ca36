using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using MekongTwin.Api;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What the health page says, what readiness depends on, and what the log tells of it.</summary>
public sealed class HealthTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task ABrokerThatIsAwayIsSaidAndTheServerServes()
    {
        var port = FreePort.Take();
        var began = DateTimeOffset.UtcNow;
        await using var served = await Served.StartAsync(_directory, options => options with { Broker = $"mqtt://reader@127.0.0.1:{port}/mt/v1/#" });
        JsonElement broker = default;
        await Patience.UntilAsync(async () =>
        {
            var (code, text) = await served.AskAsync(HttpMethod.Get, "/health/ready");
            Assert.Equal(HttpStatusCode.OK, code);
            using var page = JsonDocument.Parse(text);
            Assert.Equal("degraded", page.RootElement.GetProperty("status").GetString());
            broker = page.RootElement.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "broker").Clone();
            return broker.GetProperty("detail").GetString()!.Contains("refused", StringComparison.OrdinalIgnoreCase);
        }, () => $"the reason is given: {broker}");
        Assert.False(broker.GetProperty("healthy").GetBoolean());
        Assert.False(broker.GetProperty("required").GetBoolean());
        Assert.InRange(broker.GetProperty("since").GetDateTimeOffset(), began, DateTimeOffset.UtcNow);
        Assert.Contains($"127.0.0.1:{port}", broker.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutABrokerAndASimulatorThereIsNothingToSayOfThem()
    {
        await using var served = await Served.StartAsync(_directory);
        var page = await served.GetAsync("/health/ready");
        Assert.Equal("ready", page.GetProperty("status").GetString());
        Assert.Equal(["journal", "twins", "setAside", "cityFolders", "grid", "index", "sealed", "backlog"], page.GetProperty("checks").EnumerateArray().Select(check => check.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task ATwinThatIsSetAsideIsShownUntilItIsBack()
    {
        await using (var served = await Served.StartAsync(_directory))
        {
            await served.PublishAsync($"mt/v1/{Served.Transformer}/P", "100");
            await served.LedgerAsync();
        }
        // As a run leaves it that ended while the twin was set aside.
        using (var store = new TwinStore(_directory.In("data", "twin.db")))
        {
            var latest = store.ReadLatest().Single();
            store.Put(new SetAsideReadings(latest.Point, 1, 1, latest.TimeUs, latest.TimeUs));
            store.Commit(store.Applied, store.ReadLedger());
        }
        await using var again = await Served.StartAsync(_directory);
        Assert.True((await again.AssetAsync()).GetProperty("faulted").GetBoolean());
        var page = await again.GetAsync("/health/ready");
        Assert.Equal("degraded", page.GetProperty("status").GetString());
        var check = page.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == "setAside");
        Assert.Contains($"Twins set aside: 1; the first is {Served.Transformer}: it failed before this start.", check.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains(1, Measured("mekongtwin.twins.setaside"));
        await again.PublishAsync($"mt/v1/{Served.Transformer}/P", "200");
        await Patience.UntilAsync(async () => !(await again.AssetAsync()).GetProperty("faulted").GetBoolean(), () => "it is back");
        Assert.Equal("ready", (await again.GetAsync("/health/ready")).GetProperty("status").GetString());
    }

    private static List<int> Measured(string name)
    {
        var values = new List<int>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => { if (instrument.Name == name) listener.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => values.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }

    [Fact]
    public void EveryChangeIsLoggedOnceWithItsReason()
    {
        var time = new LeapingTime();
        var log = new HeardLog<HealthLog>();
        HealthCheck[] checks = [new("journal", true, null), new("broker", false, "refused")];
        var health = new HealthLog(() => checks, time, log);
        health.Look();
        time.Pass(TimeSpan.FromSeconds(7));
        // Another reason for the same state is no change.
        checks[1] = new("broker", false, "no route");
        health.Look();
        checks[1] = new("broker", true, null);
        health.Look();
        health.Look();
        checks[0] = new("journal", false, "disk full");
        health.Look();
        Assert.Equal(["health: broker is not healthy: refused", "health: broker is healthy again after 7 s", "health: journal is not healthy: disk full"], log.Lines);
    }
}
