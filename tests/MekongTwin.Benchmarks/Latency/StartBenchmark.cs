using System.Diagnostics;
using System.Globalization;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;

namespace MekongTwin.Benchmarks.Latency;

/// <summary>From process start to the first live figure (the city's demand over HTTP), with the simulator, nothing pinned.</summary>
internal static class StartBenchmark
{
    public static async Task<Table> RunAsync(int runs, CancellationToken ct)
    {
        var table = new Table("start: process start to the first live figure", "data directory", "seconds, median (min..max)", "aim");
        var (fresh, existing) = (new List<double>(), new List<double>());
        for (var run = 0; run < runs; run++)
        {
            var data = Directory.CreateTempSubdirectory("mekongtwin-bench-").FullName;
            try
            {
                fresh.Add(await MeasureAsync(data, ct));
                existing.Add(await MeasureAsync(data, ct));
            }
            finally
            {
                Directory.Delete(data, recursive: true);
            }
        }
        table.Add("fresh", new Spread(fresh).Text("0.00"), "3");
        table.Add("existing, after a kill", new Spread(existing).Text("0.00"), "3");
        table.Note("With an existing directory the city's figures are those stored before, shown as soon as the page answers.");
        return table;
    }

    private static async Task<double> MeasureAsync(string data, CancellationToken ct)
    {
        using var host = await CityServer.StartAsync(null, simulate: true, data, ct);
        while (true)
        {
            var board = await host.GetAsync("/api/v1/cities/vn-dad", ct);
            if (board.GetProperty("figures").TryGetProperty("demand", out _)) break;
            await Task.Delay(20, ct);
        }
        var seconds = Stopwatch.GetElapsedTime(host.Began).TotalSeconds;
        // Something to find again at the next start.
        await Task.Delay(2000, ct);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"start: {seconds:0.00} s"));
        return seconds;
    }
}
