using System.Globalization;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;

namespace MekongTwin.Benchmarks.Cluster;

/// <summary>
/// What Orleans and PostgreSQL cost: CPU of the servers per reading, from the socket to the committed facts, as a ratio to the
/// embedded edition in the same run. Messages hold ten readings of one asset; with 1,024 in flight over 64 partitions an append
/// holds some 100 readings of 20 assets. Nothing is pinned: the servers, the database and the generator share the machine.
/// <para>The sketch, for one reading: 34 bytes on the wire, 27 in a partition's block, copied four times on the way (gathered,
/// split, appended, sent to the database), 24 more in the turn's batch and in its asset's share. What a reading carries of an
/// append, of a turn and of a commit is what counts: these cost 10 to 100 µs each, so they must hold hundreds of readings.</para>
/// </summary>
internal sealed class ClusterBenchmark(int runs, double scale)
{
    private static readonly Load Measured = new(4, 1, 256, "senml10", 360, 150_000);

    private DateTimeOffset _newest = DateTimeOffset.UtcNow.AddHours(-6);

    public async Task<Table> RunAsync(CancellationToken ct)
    {
        var table = new Table("cluster: from the socket to the committed facts", "edition", "CPU s per million readings, median (min..max)", "ratio", "aim", "PostgreSQL's CPU s per million", "readings/s", "allocated bytes per reading");
        using var postgres = new PostgresServer();
        var embedded = await MeasureAsync([await CityServer.StartAsync(null, simulate: false, null, ct)], postgres, ct);
        Add(table, "embedded", embedded, null, "");
        var one = await MeasureAsync(await StartSilosAsync(postgres, 1, ct), postgres, ct);
        Add(table, "one silo", one, embedded, "2.5 of embedded, better 1.5");
        Add(table, "two silos", await MeasureAsync(await StartSilosAsync(postgres, 2, ct), postgres, ct), one, "1.6 of one silo");
        table.Note("QoS 1, SenML packs of ten readings, 4 connections with 256 in flight, spread over the silos' doors. PostgreSQL with its default durability.");
        return table;
    }

    private static async Task<CityServer[]> StartSilosAsync(PostgresServer postgres, int count, CancellationToken ct)
    {
        var database = postgres.MakeDatabase();
        var silos = new List<CityServer>();
        while (silos.Count < count) silos.Add(await CityServer.StartSiloAsync(null, database, $"silo-{silos.Count + 1}", ct));
        return [.. silos];
    }

    private async Task<Result> MeasureAsync(CityServer[] servers, PostgresServer postgres, CancellationToken ct)
    {
        try
        {
            var load = Measured with { Messages = (long)(Measured.Messages * scale) };
            // Until tiered compilation has settled, and partitions are where they belong.
            for (var i = 0; i < 2; i++) await RunAsync(servers, load, ct);
            var result = new Result([], [], [], []);
            for (var run = 0; run < runs; run++)
            {
                var (cpu, database, allocated) = (Cpu(servers), postgres.Cpu, await AllocatedAsync(servers, ct));
                result.Rate.Add(await RunAsync(servers, load, ct));
                double readings = load.Messages * load.ReadingsPerMessage;
                result.Cpu.Add((Cpu(servers) - cpu).TotalSeconds * 1e6 / readings);
                result.Database.Add((postgres.Cpu - database).TotalSeconds * 1e6 / readings);
                result.Allocated.Add((await AllocatedAsync(servers, ct) - allocated) / readings);
            }
            return result;
        }
        finally
        {
            foreach (var server in servers) server.Dispose();
        }
    }

    /// <summary>Sends the load through all the servers' doors and waits until the twins have it; gives readings a second, to there.</summary>
    private async Task<double> RunAsync(CityServer[] servers, Load load, CancellationToken ct)
    {
        var from = _newest;
        while (DateTimeOffset.UtcNow - from < load.Span) await Task.Delay(100, ct);
        _newest = DateTimeOffset.UtcNow.AddSeconds(2);
        var stored = await servers[0].StoredAsync(ct);
        var began = TimeProvider.System.GetTimestamp();
        await load.RunAsync(null, [.. servers.Select(server => server.MqttPort)], from, ct);
        await servers[0].SettleAsync(stored + load.Messages * load.ReadingsPerMessage, ct);
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        return load.Messages * load.ReadingsPerMessage / seconds;
    }

    private static TimeSpan Cpu(CityServer[] servers) => servers.Aggregate(TimeSpan.Zero, (sum, server) => sum + server.Cpu);

    private static async Task<long> AllocatedAsync(CityServer[] servers, CancellationToken ct)
    {
        var sum = 0L;
        foreach (var server in servers) sum += await server.AllocatedAsync(ct);
        return sum;
    }

    private static void Add(Table table, string edition, Result result, Result? beside, string aim)
    {
        var own = new Spread(result.Cpu);
        table.Add(edition, own.Text("0.00"), beside is null ? "1" : (own.Median / new Spread(beside.Cpu).Median).ToString("0.0", CultureInfo.InvariantCulture), aim,
            edition == "embedded" ? "" : new Spread(result.Database).Text("0.00"), new Spread(result.Rate).Median.ToString("N0", CultureInfo.InvariantCulture), new Spread(result.Allocated).Text("0"));
    }

    private sealed record Result(List<double> Cpu, List<double> Database, List<double> Rate, List<double> Allocated);
}
