using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MekongTwin.Benchmarks.Processes;

/// <summary>The twin as a child process: the embedded edition, or a silo of the cluster edition.</summary>
internal sealed partial class CityServer : IServerUnderTest
{
    private static readonly TimeSpan SettleMax = TimeSpan.FromMinutes(2);

    private readonly Child _child;
    private readonly string? _ownData;

    private CityServer(Child child, string? ownData)
    {
        _child = child;
        _ownData = ownData;
    }

    public long Began => _child.Began;

    public int MqttPort { get; private set; }

    public HttpClient Http { get; } = new();

    public TimeSpan Cpu => _child.Cpu;

    public static Task<CityServer> StartAsync(int? core, bool simulate, string? data, CancellationToken ct)
    {
        var directory = data ?? Directory.CreateTempSubdirectory("mekongtwin-bench-").FullName;
        return StartAsync(core, Repository.Program("MekongTwin.Host"), data is null ? directory : null, ["--simulate", simulate ? "on" : "off", "--data", directory, "--workers", core is null ? "2" : "1"], ct);
    }

    /// <summary>A silo of the cluster that this database is the heart of.</summary>
    public static Task<CityServer> StartSiloAsync(int? core, string database, string name, CancellationToken ct) => StartAsync(core, Repository.Program("MekongTwin.Silo"), null,
        ["--database", database, "--name", name, "--silo-port", FreePort()], ct);

    private static async Task<CityServer> StartAsync(int? core, string program, string? ownData, string[] options, CancellationToken ct)
    {
        var child = new Child(core, [program, "serve", "--city", Repository.City, "--http", "0", "--mqtt", "0", .. options]);
        var server = new CityServer(child, ownData);
        server.Http.BaseAddress = new Uri($"http://localhost:{Port(await child.LineAsync("http://localhost", ct))}");
        server.MqttPort = Port(await child.LineAsync("mqtt://localhost", ct));
        return server;
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"{((IPEndPoint)listener.LocalEndpoint).Port}";
    }

    public async Task<JsonElement> GetAsync(string path, CancellationToken ct)
    {
        using var document = JsonDocument.Parse(await Http.GetByteArrayAsync(path, ct));
        return document.RootElement.Clone();
    }

    /// <summary>Posts JSON.</summary>
    public async Task<JsonElement> AskAsync(string path, string json, CancellationToken ct)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await Http.PostAsync(path, content, ct);
        using var document = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(ct));
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
        if (_ownData is not null) Directory.Delete(_ownData, recursive: true);
    }

    private static int Port(string line) => int.Parse(PortPattern().Match(line).Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"localhost:(\d+)")]
    private static partial Regex PortPattern();
}
