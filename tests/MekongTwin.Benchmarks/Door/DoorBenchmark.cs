using System.Globalization;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;

namespace MekongTwin.Benchmarks.Door;

/// <summary>
/// CPU of the whole server, from the socket to the twins: the server on core 0, the load generator on core 1. Walls swing with
/// the machine's other work, CPU seconds much less, so those are the figure.
/// <para>The sketch, for one 60-byte message: 104 bytes on the wire, 24 in the journal (plus 56 per frame and block), written
/// once and read once; 24 in the index and 24 hot in its twin. A million messages a second would be 104 MB/s in, 24 MB/s to
/// disk and 72 MB/s of memory copies: no device is near its limit, the cost is instructions. Aims: QoS 0 1.0 s, QoS 1 1.5 s,
/// a reading of a pack 0.67 s per million.</para>
/// </summary>
internal sealed class DoorBenchmark(int runs, double scale, string? only)
{
    private const int ServerCore = 0;
    private const int LoadCore = 1;

    /// <summary>Tiered compilation has settled after these: until then a server on one core still runs unoptimised code.</summary>
    private const long WarmUpMessages = 1_500_000;

    private static readonly Path[] Paths =
    [
        .. Each("QoS 0", 0, 256, "plain", 1236, 3_000_000, 1.0),
        .. Each("QoS 1, 256 in flight", 1, 256, "plain", 1236, 1_000_000, 1.5),
        .. Each("QoS 1, 1,024 in flight", 1, 1024, "plain", 1236, 1_000_000, 1.5),
        .. Each("QoS 1, 20 in flight", 1, 20, "plain", 1236, 300_000, 0),
        .. Each("QoS 0, SenML pack of 10", 0, 256, "senml10", 360, 300_000, 6.7),
    ];

    private DateTimeOffset _newest = DateTimeOffset.UtcNow.AddHours(-6);

    public async Task<Table> RunAsync(CancellationToken ct)
    {
        var table = new Table("door: from the socket to the twins, one core", "path", "connections", "CPU s per million messages, median (min..max)", "aim", "reference", "ratio", "messages/s", "allocated bytes per message");
        using var host = await CityServer.StartAsync(ServerCore, simulate: false, null, ct);
        using var reference = await ReferenceProcess.StartAsync(ServerCore, ct);
        await WarmUpAsync(host, ct);
        await WarmUpAsync(reference, ct);
        foreach (var path in Paths.Where(path => only is null || path.Name.Contains(only, StringComparison.OrdinalIgnoreCase)))
        {
            // The code of this path, too: one connection takes other branches than ten.
            await MeasureAsync(host, path.Load with { Messages = (long)(path.Load.Messages * Math.Max(scale, 0.3) / 2) }, ct);
            var (cpu, beside, rate, allocated) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            for (var run = 0; run < runs; run++)
            {
                var load = path.Load with { Messages = (long)(path.Load.Messages * scale) };
                var measured = await MeasureAsync(host, load, ct);
                cpu.Add(measured.CpuPerMillion);
                rate.Add(measured.Rate);
                allocated.Add(measured.AllocatedPerMessage);
                beside.Add((await MeasureAsync(reference, load, ct)).CpuPerMillion);
            }
            var (own, other) = (new Spread(cpu), new Spread(beside));
            table.Add(path.Name, $"{path.Load.Connections}", own.Text("0.00"), path.Aim > 0 ? path.Aim.ToString("0.0", CultureInfo.InvariantCulture) : "", other.Text("0.00"),
                (own.Median / other.Median).ToString("0.0", CultureInfo.InvariantCulture), new Spread(rate).Median.ToString("N0", CultureInfo.InvariantCulture), new Spread(allocated).Text("0"));
        }
        table.Note("A SenML message is ten readings: its aim of 6.7 s per million packs is 0.67 s per million readings, 1.5 million readings/s and core.");
        table.Note("messages/s is the generator's own rate; at QoS 0 the journal may still hold up to 64 MiB that the twins have not folded; CPU is read once nothing is pending.");
        return table;
    }

    private async Task WarmUpAsync(IServerUnderTest server, CancellationToken ct)
    {
        foreach (var load in (Load[])[new(10, 0, 256, "plain", 1236, WarmUpMessages), new(10, 1, 256, "plain", 1236, WarmUpMessages / 3), new(10, 0, 256, "senml10", 360, WarmUpMessages / 10)])
            await MeasureAsync(server, load with { Messages = (long)(load.Messages * Math.Max(scale, 0.3)) }, ct);
    }

    private async Task<Measured> MeasureAsync(IServerUnderTest server, Load load, CancellationToken ct)
    {
        // Later than every reading before, and early enough that the generator has a millisecond for each.
        var from = _newest;
        while (DateTimeOffset.UtcNow - from < load.Span) await Task.Delay(100, ct);
        if (server is CityServer) _newest = DateTimeOffset.UtcNow.AddSeconds(2);
        var stored = await server.StoredAsync(ct);
        var (cpu, allocated) = (server.Cpu, await server.AllocatedAsync(ct));
        var report = await load.RunAsync(LoadCore, [server.MqttPort], from, ct);
        // Every reading new: none may have been a duplicate or late, or the path measured is another one.
        await server.SettleAsync(stored + load.Messages * load.ReadingsPerMessage, ct);
        var spent = server.Cpu - cpu;
        return new(spent.TotalSeconds * 1e6 / load.Messages, report.MessagesPerSecond, (double)(await server.AllocatedAsync(ct) - allocated) / load.Messages);
    }

    private static IEnumerable<Path> Each(string name, int qos, int inFlight, string payload, int topics, long messages, double aim) =>
        ((int[])[1, 10, 100]).Select(connections => new Path(name, new(connections, qos, inFlight, payload, topics, messages), aim));

    private sealed record Path(string Name, Load Load, double Aim);

    private readonly record struct Measured(double CpuPerMillion, double Rate, double AllocatedPerMessage);
}
