using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using MekongTwin.Host.Running;
using MekongTwin.History.Journal;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Tests.Running;

/// <summary>
/// The built program, fed by the simulator as fast as both can with all faults on and nothing skipped, killed, started again, stopped, all of it
/// sealed, folded again from the seals: the account balances each time, and the facts are the same to the hash. A week of the main
/// pilot in the full run, six hours of a small one otherwise.
/// </summary>
public sealed class WeekOfFaults : IDisposable
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("MEKONGTWIN_FULL") == "1";
    private static readonly string City = IsFull ? "vn-dad" : "kh-pnh";
    private static readonly TimeSpan Length = IsFull ? TimeSpan.FromDays(7) : TimeSpan.FromHours(6);

    /// <summary>Faster than any machine keeps up with: one that cannot is later, that is all.</summary>
    private const int Speed = 20_000;

    private static readonly TimeSpan WaitFor = IsFull ? TimeSpan.FromHours(1) : TimeSpan.FromMinutes(4);

    private readonly TemporaryDirectory _directory = new();
    private readonly Stopwatch _time = Stopwatch.StartNew();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Data => _directory.In("data");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task TheFactsAreTheSameAfterAKillAStartSealingAndReplay()
    {
        // In the past, as the server knows the time.
        var start = new DateTimeOffset(DateTime.UtcNow.Date, TimeSpan.Zero).AddDays(-2) - Length;
        var end = start + Length;
        await LiveAsync(start, end, static running => running.KillAsync());
        var killed = await VerifyAsync("killed");
        await LiveAsync(end.AddMinutes(10), end.AddMinutes(70), static async running =>
        {
            await running.SignalAsync("TERM");
            Assert.Equal(0, await running.EndAsync());
        });
        var stopped = await VerifyAsync("started again and stopped");
        Assert.NotEqual(killed, stopped);
        SealAll();
        Assert.Equal(stopped, await VerifyAsync("sealed"));
        foreach (var file in Directory.GetFiles(Data, "twin.db*")) File.Delete(file);
        Assert.Equal(stopped, await VerifyAsync("without its projection"));
    }

    /// <summary>Serves what the city reports between two instants until all of it is acknowledged, and ends.</summary>
    private async Task LiveAsync(DateTimeOffset start, DateTimeOffset until, Func<Running, Task> end)
    {
        var (http, mqtt) = (FreePort.Take(), FreePort.Take());
        var folder = Path.Combine(AppContext.BaseDirectory, "cities", City);
        using var host = Running.Host("serve", "--city", folder, "--data", Data, "--http", $"{http}", "--mqtt", $"{mqtt}", "--simulate", "off");
        await Patience.UntilAsync(() => host.Heard.Contains("mqtt://", StringComparison.Ordinal) || host.HasEnded, () => host.Heard);
        using var simulator = Running.Simulators("city", "--city", folder, "--mqtt", $"127.0.0.1:{mqtt}", "--seed", "1", "--speed", $"{Speed}", "--start", Text(start), "--until", Text(until),
            "--faults", string.Join(',', Simulation.Faults));
        var deadline = _time.Elapsed + WaitFor;
        while (!simulator.HasEnded)
        {
            Assert.False(host.HasEnded, host.Heard);
            Assert.True(_time.Elapsed < deadline, $"not done after {WaitFor}: {simulator.Heard}");
            await Task.Delay(200, Ct);
        }
        Assert.True(await simulator.EndAsync() == 0, simulator.Heard);
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{http}") };
        var page = await client.GetFromJsonAsync<JsonElement>("/api/v1/ledger", Ct);
        Assert.True(page.GetProperty("balanced").GetBoolean(), page.ToString());
        Say($"{start:O} to {until:O}: {page.GetProperty("total")}");
        await end(host);

        static string Text(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
    }

    /// <summary>The hash of the facts, which are those of the journal.</summary>
    private async Task<string> VerifyAsync(string when)
    {
        SqliteConnection.ClearAllPools();
        var (code, heard) = await ToEndAsync("verify", "--data", Data, "--hash");
        Say($"{when}: {heard.Trim()}");
        Assert.True(code == 0, heard);
        return heard.Split('\n').Single(line => line.StartsWith("journal", StringComparison.Ordinal));
    }

    private async Task<(int Code, string Heard)> ToEndAsync(params string[] arguments)
    {
        using var running = Running.Host(arguments);
        var deadline = _time.Elapsed + WaitFor;
        while (!running.HasEnded && _time.Elapsed < deadline) await Task.Delay(100, Ct);
        return (await running.EndAsync(), running.Heard);
    }

    /// <summary>Seals what the server keeps raw, but for what no run is full of.</summary>
    private void SealAll()
    {
        using var data = DataDirectory.Open(Data);
        var files = new DiskFiles(data.Journal);
        using var journal = JournalLog.Open(files, new JournalOptions { RawBytesKept = 0 });
        using var store = Projection.Open(data.Database, files, journal);
        ReadingIndex.Open(files, store.Applied, 20_000, history: journal.Sealed).Dispose();
        using var index = ReadingIndex.Open(files, store.Applied, 20_000, history: journal.Sealed);
        var sealer = new Sealer(files, journal, index, () => store.Applied);
        var before = journal.Sealed.Readings;
        while (sealer.TrySealNext(Ct))
        {
            // One after the other.
        }
        Assert.Null(sealer.Fault);
        Assert.True(journal.Sealed.Readings > before);
        Say($"{journal.Sealed.Count} seals, {journal.Sealed.Readings} readings, {files.List(".seal").Sum(name => new FileInfo(Path.Combine(data.Journal, name)).Length)} bytes");
    }

    private void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine($"{_time.Elapsed.TotalSeconds:0} s: {line}");
}
