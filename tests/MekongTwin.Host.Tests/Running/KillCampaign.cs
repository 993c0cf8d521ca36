using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace MekongTwin.Host.Tests.Running;

/// <summary>
/// The built program is killed at random moments under load and started again at once. Every acknowledged reading is there
/// exactly once at the end, the account is balanced, and the facts are those of the journal.
/// </summary>
public sealed class KillCampaign
{
    private static readonly int Kills = Environment.GetEnvironmentVariable("MEKONGTWIN_FULL") == "1" ? 50 : 5;

    [Fact]
    public async Task LosesNothingAcknowledged()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("MEKONGTWIN_SEED"), out var given) ? given : Environment.TickCount & 0xFFFFFF;
        Say($"seed {seed}, {Kills} kills; MEKONGTWIN_SEED=n repeats the moments");
        var random = new Random(seed);
        using var directory = new TemporaryDirectory();
        var (http, mqtt, log) = (FreePort.Take(), FreePort.Take(), directory.In("acknowledged"));
        var host = await ServeAsync(directory, http, mqtt);
        try
        {
            // More than the campaign can send: it is stopped, not waited for.
            using var load = Running.Simulators("load", "--city", City, "--mqtt", $"127.0.0.1:{mqtt}", "--connections", "4", "--qos", "1", "--rate", "4000",
                "--messages", "5000000", "--topics", "900", "--ack-log", log, "--reconnect-seconds", "60", "--from", Text(DateTimeOffset.UtcNow.AddHours(-6)));
            await GrownAsync(log, 0, load);
            for (var kill = 1; kill <= Kills; kill++)
            {
                // A moment counted in acknowledged bytes, so that slow machines see as much work between two kills as fast ones.
                await GrownAsync(log, Length(log) + random.Next(1, 400_000), load);
                await host.KillAsync();
                host.Dispose();
                host = await ServeAsync(directory, http, mqtt);
                await using var fresh = await TinyMqtt.OpenAsync(mqtt, $"fresh-{kill}");
                await fresh.PublishAsync($"mt/v1/vn-dad/{FreshAsset}/P", $$"""{"v":{{kill}},"t":"{{Text(DateTimeOffset.UtcNow)}}"}""");
            }
            await GrownAsync(log, Length(log) + 1, load);
            await load.SignalAsync("TERM");
            await load.EndAsync();
            Say(load.Heard.Trim());
            var ledger = await SettledAsync(http);
            AssertBalanced(ledger);
            await AssertEveryLineOnceAsync(http, log);
            await host.SignalAsync("TERM");
            Assert.Equal(0, await host.EndAsync());
            var (code, heard) = await Running.ToEndAsync(Running.Host("verify", "--data", directory.In("data"), "--hash"));
            Assert.True(code == 0, heard);
            Say(heard.Trim());
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new Xunit.Sdk.XunitException($"seed {seed}: {e}\nthe program said:\n{host.Heard}");
        }
        finally
        {
            host.Dispose();
        }
    }

    /// <summary>An asset that the load generator, which takes points in the folder's order, reaches as well: values differ, times do not collide.</summary>
    private const string FreshAsset = "thanh-khe/tx/0201";

    private static string City => Path.Combine(AppContext.BaseDirectory, "cities", "vn-dad");

    private static async Task<Running> ServeAsync(TemporaryDirectory directory, int http, int mqtt)
    {
        var host = Running.Host("serve", "--simulate", "off", "--http", $"{http}", "--mqtt", $"{mqtt}", "--data", directory.In("data"), "--city", City);
        await Patience.UntilAsync(() => host.HasEnded || host.Heard.Contains("Waiting for devices", StringComparison.Ordinal), () => "the program serves: " + host.Heard);
        Assert.False(host.HasEnded, host.Heard);
        return host;
    }

    private static Task GrownAsync(string log, long beyond, Running load) =>
        Patience.UntilAsync(() => Length(log) > beyond || load.HasEnded, () => $"{log} grows beyond {beyond} bytes: {load.Heard}");

    private static long Length(string log) => File.Exists(log) ? new FileInfo(log).Length : 0;

    private static async Task<JsonElement> SettledAsync(int http)
    {
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{http}") };
        JsonElement ledger = default;
        await Patience.UntilAsync(async () =>
        {
            ledger = await client.GetFromJsonAsync<JsonElement>("/api/v1/ledger", TestContext.Current.CancellationToken);
            return ledger.GetProperty("total").GetProperty("pending").GetInt64() == 0 && ledger.GetProperty("backlogBytes").GetInt64() == 0;
        }, () => $"nothing is pending: {ledger}");
        return ledger;
    }

    private static void AssertBalanced(JsonElement ledger)
    {
        var total = ledger.GetProperty("total");
        Say($"ledger {total}");
        long Sum(string part) => total.GetProperty(part).EnumerateObject().Sum(reason => reason.Value.GetInt64());
        Assert.Equal(total.GetProperty("received").GetInt64(), total.GetProperty("stored").GetInt64() + total.GetProperty("duplicate").GetInt64() + Sum("rejected") + Sum("quarantined"));
        Assert.True(ledger.GetProperty("balanced").GetBoolean());
    }

    private static async Task AssertEveryLineOnceAsync(int http, string log)
    {
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{http}") };
        long lines = 0, lost = 0;
        foreach (var point in File.ReadLines(log).Select(line => line.Split(' ')).GroupBy(parts => parts[0]))
        {
            var path = point.Key["mt/v1/".Length..];
            var (asset, metric) = (path[..path.LastIndexOf('/')], path[(path.LastIndexOf('/') + 1)..]);
            var from = point.Min(parts => parts[1])!;
            var series = await client.GetFromJsonAsync<JsonElement>($"/api/v1/assets/{Uri.EscapeDataString(asset)}/series?metric={metric}&step=raw&points=100000&from={from}", TestContext.Current.CancellationToken);
            Assert.False(series.GetProperty("downsampled").GetBoolean());
            var found = series.GetProperty("points").EnumerateArray().Select(step => (step.GetProperty("t").GetDateTimeOffset().UtcTicks, step.GetProperty("v").GetDouble())).ToList();
            Assert.Equal(found.Count, found.Select(step => step.UtcTicks).Distinct().Count());
            var known = found.ToHashSet();
            foreach (var parts in point)
            {
                lines++;
                if (!known.Contains((DateTimeOffset.Parse(parts[1], CultureInfo.InvariantCulture).UtcTicks, double.Parse(parts[2], CultureInfo.InvariantCulture)))) lost++;
            }
        }
        Say($"{lines} acknowledged readings, {lost} lost");
        Assert.True(lines > 0);
        Assert.Equal(0, lost);
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
