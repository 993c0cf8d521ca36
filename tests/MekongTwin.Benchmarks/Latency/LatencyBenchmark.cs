using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;

namespace MekongTwin.Benchmarks.Latency;

/// <summary>
/// From publish to visible while 10,000 messages/s come in from others: a probe sends a value, one reader asks for the asset
/// again and again, another listens to the event stream; then the same beside a what-if study. The sketch: linger up to 5 ms, sync about 1 ms, one turn of the
/// twins; on the stream at most one event per asset in 100 ms, so half of that on average.
/// </summary>
internal static class LatencyBenchmark
{
    private const double Rate = 10_000;
    private const double AimMs = 250;
    private const string Metric = "flow";

    /// <summary>Above every value of the first turn.</summary>
    private const int Later = 2000;

    /// <summary>Longer than it is measured.</summary>
    private const string Study = """{"name":"benchmark","city":"vn-dad","days":365,"futures":50,"levers":[{"kind":"heatWave","deltaC":3}]}""";

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(37);

    public static async Task<Table> RunAsync(double scale, CancellationToken ct)
    {
        using var host = await CityServer.StartAsync(null, simulate: false, null, ct);
        var assets = await host.GetAsync("/api/v1/assets?city=vn-dad&kind=detector&limit=1000", ct);
        var asset = assets.GetProperty("items").EnumerateArray().Last().GetProperty("id").GetString()!;
        var table = new Table("latency: publish to visible", "door", "beside", "samples", "p50 ms", "p99 ms", "max ms", "aim p99 ms");
        var (asked, streamed, rate) = await MeasureAsync(host, asset, 100, scale, ct);
        Add("the load alone");
        var study = (await host.AskAsync("/api/v1/studies", Study, ct)).GetProperty("id").GetString()!;
        while ((await host.GetAsync($"/api/v1/studies/{study}", ct)).GetProperty("state").GetString() == "waiting") await Task.Delay(Pause, ct);
        (asked, streamed, rate) = await MeasureAsync(host, asset, Later, scale, ct);
        var done = (await host.GetAsync($"/api/v1/studies/{study}", ct)).GetProperty("progress").GetDouble();
        Add(string.Create(CultureInfo.InvariantCulture, $"a study of a year that comes to {done:P0} meanwhile"));
        table.Note(string.Create(CultureInfo.InvariantCulture, $"Beside {rate:N0} messages/s at QoS 1 on 10 connections, nothing pinned; the first 20 samples of each warm up and are left out."));
        return table;

        void Add(string beside)
        {
            table.Add(Row("GET /api/v1/assets/{id}", beside, asked));
            table.Add(Row("GET /api/v1/live?assets=", beside, streamed));
        }
    }

    /// <param name="host">The server.</param>
    /// <param name="asset">The probe's.</param>
    /// <param name="floor">Values are above it, and those of an earlier turn below.</param>
    /// <param name="scale">Share of the load.</param>
    /// <param name="ct">Stops it.</param>
    private static async Task<(List<double> Asked, ConcurrentBag<double> Streamed, double Rate)> MeasureAsync(CityServer host, string asset, int floor, double scale, CancellationToken ct)
    {
        // The detectors come last among the generator's topics: these 1,000 leave the probe's own alone.
        var load = new Load(10, 1, 256, "plain", 1000, (long)(Rate * Duration.TotalSeconds * scale), Rate);
        var running = load.RunAsync(null, [host.MqttPort], DateTimeOffset.UtcNow.AddHours(-1), ct);
        using var probe = await Probe.ConnectAsync(host.MqttPort, $"mt/v1/{asset}/{Metric}", ct);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sent = new ConcurrentDictionary<int, long>();
        var streamed = new ConcurrentBag<double>();
        var listening = ListenAsync(host, asset, floor, sent, streamed, stop.Token);
        var asked = new List<double>();
        for (var number = 1; !running.IsCompleted; number++)
        {
            // Noted before it leaves: the stream may be quicker than the next line.
            sent[number] = Stopwatch.GetTimestamp();
            var began = await probe.SendAsync(floor + number, ct);
            while (!running.IsCompleted && ValueOf(await host.GetAsync($"/api/v1/assets/{Uri.EscapeDataString(asset)}", ct)) < floor + number) await Task.Delay(1, ct);
            if (!running.IsCompleted && number > 20) asked.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(Pause, ct);
        }
        var report = await running;
        await stop.CancelAsync();
        await listening;
        return (asked, streamed, report.MessagesPerSecond);
    }

    private static string[] Row(string door, string beside, IReadOnlyCollection<double> samples)
    {
        var spread = new Spread(samples);
        string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
        return [door, beside, $"{samples.Count}", Text(spread.At(0.5)), Text(spread.At(0.99)), Text(spread.At(1)), AimMs.ToString(CultureInfo.InvariantCulture)];
    }

    private static double ValueOf(JsonElement asset) =>
        asset.GetProperty("latest").TryGetProperty(Metric, out var latest) ? latest.GetProperty("value").GetDouble() : 0;

    /// <summary>Every value is newer than the one before, so an event shows which of them is visible now.</summary>
    private static async Task ListenAsync(CityServer host, string asset, int floor, ConcurrentDictionary<int, long> sent, ConcurrentBag<double> latencies, CancellationToken ct)
    {
        try
        {
            using var lines = new StreamReader(await host.Http.GetStreamAsync($"/api/v1/live?assets={Uri.EscapeDataString(asset)}", ct));
            while (await lines.ReadLineAsync(ct) is { } line)
            {
                if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
                using var data = JsonDocument.Parse(line.AsMemory(6));
                foreach (var item in data.RootElement.GetProperty("items").EnumerateArray())
                {
                    var number = (int)ValueOf(item) - floor;
                    if (number > 20 && sent.TryRemove(number, out var began)) latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Heard enough.
        }
    }
}
