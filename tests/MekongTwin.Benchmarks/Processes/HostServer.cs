using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MekongTwin.Benchmarks.Processes;

/// <summary>The twin as a child process.</summary>
internal sealed partial class HostServer : IServerUnderTest
{
    private static readonly TimeSpan SettleMax = TimeSpan.FromMinutes(2);

    private readonly Child _child;
    private readonly bool _ownsData;

    private HostServer(Child child, string data, bool ownsData)
    {
        _child = child;
        _ownsData = ownsData;
        Data = data;
    }

    public string Data { get; }

    public long Began => _child.Began;

    public int MqttPort { get; private set; }

    public HttpClient Http { get; } = new();

    public TimeSpan Cpu => _child.Cpu;

    public static async Task<HostServer> StartAsync(int? core, bool simulate, string? data, CancellationToken ct)
    {
        if (!File.Exists(Path.Combine(Repository.Host, "MekongTwin.Host.dll"))) throw new InvalidOperationException("No Release build of the host: run dotnet build -c Release first.");
        var directory = data ?? Directory.CreateTempSubdirectory("mekongtwin-bench-").FullName;
        var child = new Child(core, Path.Combine(Repository.Host, "MekongTwin.Host.dll"), "serve", "--simulate", simulate ? "on" : "off",
            "--city", Repository.City, "--http", "0", "--mqtt", "0", "--data", directory, "--workers", core is null ? "2" : "1");
        var server = new HostServer(child, directory, data is null);
        server.Http.BaseAddress = new Uri($"http://localhost:{Port(await child.LineAsync("http://localhost", ct))}");
        server.MqttPort = Port(await child.LineAsync("mqtt://localhost", ct));
        return server;
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken ct)
    {
        using var document = JsonDocument.Parse(await Http.GetByteArrayAsync(path, ct));
        return document.RootElement.Clone();
    }

    public async Task<long> AllocatedAsync(CancellationToken ct) => (await GetAsync("/api/v1/status", ct)).GetProperty("gc").GetProperty("allocatedBytes").GetInt64();

    public async Task SettleAsync(long stored, CancellationToken ct)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            var total = (await GetAsync("/api/v1/ledger", ct)).GetProperty("total");
            if (total.GetProperty("pending").GetInt64() == 0 && total.GetProperty("stored").GetInt64() >= stored) return;
            if (Stopwatch.GetElapsedTime(began) > SettleMax) throw new TimeoutException($"{stored} readings are not in their twins after {SettleMax}: {total}");
            await Task.Delay(50, ct);
        }
    }

    public async Task<long> StoredAsync(CancellationToken ct) => (await GetAsync("/api/v1/ledger", ct)).GetProperty("total").GetProperty("stored").GetInt64();

    public void Dispose()
    {
        Http.Dispose();
        _child.Dispose();
        if (_ownsData) Directory.Delete(Data, recursive: true);
    }

    private static int Port(string line) => int.Parse(PortPattern().Match(line).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"localhost:(\d+)")]
    private static partial Regex PortPattern();
}
