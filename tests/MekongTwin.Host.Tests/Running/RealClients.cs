using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace MekongTwin.Host.Tests.Running;

/// <summary>Other people's MQTT clients and brokers against the whole program; skipped where they are not installed.</summary>
public sealed class RealClients : IDisposable
{
    private const string Power = $"mt/v1/{Served.Transformer}/P";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task MosquittosPublisherIsTakenInAtEveryQuality(string version)
    {
        var program = Installed.OrSkip("mosquitto_pub");
        await using var served = await Served.StartAsync(_directory);
        for (var qos = 0; qos <= 2; qos++)
        {
            using var publisher = Running.Start(program, ["-h", "127.0.0.1", "-p", $"{served.Mqtt}", "-V", version, "-q", $"{qos}", "-t", Power, "-l"]);
            for (var i = 0; i < 100; i++) await publisher.Input.WriteLineAsync($$"""{"v":{{qos * 100 + i}},"t":"{{Served.Time(1000 - qos * 100 - i)}}"}""");
            publisher.Input.Close();
            Assert.Equal(0, await publisher.EndAsync());
            await Patience.UntilAsync(async () => (await served.LedgerAsync()).GetProperty("stored").GetInt64() == 100 * (qos + 1), () => $"{version}, QoS {qos}: all are stored");
        }
        Assert.Equal(299, await served.LatestAsync());
    }

    [Theory]
    [InlineData("mqttv311")]
    [InlineData("mqttv5")]
    public async Task MosquittosSubscriberSeesTheLiveValues(string version)
    {
        var program = Installed.OrSkip("mosquitto_sub");
        await using var served = await Served.StartAsync(_directory);
        await served.PublishAsync(Power, $$"""{"v":41,"t":"{{Served.Time(20)}}"}""");
        await served.LedgerAsync();
        using var subscriber = Running.Start(program, ["-h", "127.0.0.1", "-p", $"{served.Mqtt}", "-V", version, "-q", "1", "-t", "mt/v1/live/#", "-C", "2", "-v"]);
        await Patience.UntilAsync(() => subscriber.Heard.Contains("\"v\":41", StringComparison.Ordinal), () => $"the value now: {subscriber.Heard}");
        await served.PublishAsync(Power, $$"""{"v":42,"t":"{{Served.Time(10)}}"}""");
        Assert.Equal(0, await subscriber.EndAsync());
        Assert.Contains($"mt/v1/live/{Served.Transformer}/P {{\"v\":42,", subscriber.Heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACitysOwnBrokerFeedsTheTwin()
    {
        var (broker, publisher) = (Installed.OrSkip("mosquitto"), Installed.OrSkip("mosquitto_pub"));
        var port = FreePort.Take();
        File.WriteAllText(_directory.In("mosquitto.conf"), $"listener {port} 127.0.0.1\nallow_anonymous true\n");
        using var running = Running.Start(broker, ["-c", _directory.In("mosquitto.conf")]);
        await using var served = await Served.StartAsync(_directory, options => options with { Broker = $"mqtt://127.0.0.1:{port}/mt/v1/#" });
        await Patience.UntilAsync(async () => (await served.GetAsync("/api/v1/status")).GetProperty("broker").GetProperty("connected").GetBoolean(), () => $"the twin connects: {running.Heard}");
        for (var qos = 0; qos <= 2; qos++)
        {
            using var sender = Running.Start(publisher, ["-h", "127.0.0.1", "-p", $"{port}", "-q", $"{qos}", "-t", Power, "-m", $$"""{"v":{{qos}},"t":"{{Served.Time(10 - qos)}}"}"""]);
            Assert.Equal(0, await sender.EndAsync());
            await Patience.UntilAsync(async () => (await served.LedgerAsync()).GetProperty("stored").GetInt64() == qos + 1, () => $"QoS {qos} arrives");
        }
        Assert.Equal(2, await served.LatestAsync());
    }

    [Fact]
    public async Task NodesClientPublishesAndSubscribes()
    {
        var (node, npm) = (Installed.OrSkip("node"), Installed.OrSkip("npm"));
        using (var install = Running.Start(npm, ["install", "--no-audit", "--no-fund", "--loglevel", "error", "mqtt@5"], _directory.Path))
        {
            var code = await install.EndAsync();
            Assert.SkipUnless(code == 0, $"npm cannot install the package mqtt: {install.Heard}");
        }
        await using var served = await Served.StartAsync(_directory);
        foreach (var version in (int[])[4, 5])
        {
            File.WriteAllText(_directory.In("client.mjs"), $$"""
                import mqtt from 'mqtt';
                const client = mqtt.connect('mqtt://127.0.0.1:{{served.Mqtt}}', { protocolVersion: {{version}} });
                client.on('message', (topic, payload) => {
                  if (JSON.parse(payload).v !== {{version}}2) return;
                  console.log(topic, payload.toString());
                  client.end(false, {}, () => process.exit(0));
                });
                client.on('connect', async () => {
                  await client.subscribeAsync('mt/v1/live/#');
                  for (const qos of [0, 1, 2]) await client.publishAsync('{{Power}}', JSON.stringify({ v: {{version}}0 + qos, t: new Date(Date.now() - 1000 + qos).toISOString() }), { qos });
                });
                """);
            using var client = Running.Start(node, [_directory.In("client.mjs")], _directory.Path);
            Assert.True(await client.EndAsync() == 0, client.Heard);
            Assert.Contains($"mt/v1/live/{Served.Transformer}/P", client.Heard, StringComparison.Ordinal);
        }
        Assert.Equal(6, (await served.LedgerAsync()).GetProperty("stored").GetInt64());
    }

    [Fact]
    public async Task TenThousandIdleConnectionsHold()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("MEKONGTWIN_FULL") == "1", "Only in the full run (MEKONGTWIN_FULL=1).");
        Assert.SkipWhen(!OperatingSystem.IsLinux(), "Memory is read from /proc.");
        // The program in a process of its own: both ends together would need twice the open files.
        var (http, mqtt) = (FreePort.Take(), FreePort.Take());
        using var host = Running.Host("serve", "--simulate", "off", "--http", $"{http}", "--mqtt", $"{mqtt}", "--data", _directory.In("data"));
        await Patience.UntilAsync(() => host.HasEnded || host.Heard.Contains("Waiting for devices", StringComparison.Ordinal), () => host.Heard);
        using var page = new HttpClient { BaseAddress = new($"http://127.0.0.1:{http}"), Timeout = Patience.Long };
        var idle = new List<TinyMqtt>();
        try
        {
            for (var i = 0; i < 10_000; i++) idle.Add(await TinyMqtt.OpenAsync(mqtt, $"idle-{i}"));
            var status = await page.GetFromJsonAsync<JsonElement>("/api/v1/status", TestContext.Current.CancellationToken);
            Assert.Equal(10_000, status.GetProperty("mqtt").GetProperty("connections").GetInt32());
            foreach (var client in idle.Where((_, i) => i % 97 == 0)) await client.PublishAsync(Power, "18");
            using var ready = await page.GetAsync("/health/ready", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
            TestContext.Current.TestOutputHelper?.WriteLine($"{idle.Count} connections, {File.ReadLines($"/proc/{host.Id}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal))}");
        }
        finally
        {
            foreach (var client in idle) await client.DisposeAsync();
        }
    }
}
