using System.Diagnostics;
using System.Globalization;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Sweep;
using MekongTwin.Engines.Tests.PowerFlow.Sweep;

namespace MekongTwin.Benchmarks.PowerFlow;

/// <summary>The radial sweep on generated feeders: every width and two threads beside the scalar form on one, in turns, so that a
/// busy minute falls on all of them.</summary>
internal sealed class SweepBenchmark(int runs, double scale, string? only)
{
    /// <summary>Bus-scenarios of one batch: 10 MB of input and output, beyond the second cache.</summary>
    private const int Work = 320_000;

    /// <summary>Turns of each variant in a run; the fastest counts.</summary>
    private const int Turns = 40;

    private readonly Table _table = new("powerflow: the radial sweep", "task", "buses", "scenarios", "width", "threads", "microseconds a scenario, median (min..max)", "times scalar");

    public Table Run()
    {
        foreach (var (buses, width) in (ReadOnlySpan<(int, int)>)[(33, 4), (1000, 20), (10_000, 100)])
        {
            var network = RadialGrids.Plain(1, buses, width);
            var sweep = RadialSweep.Of(network, out var reason) ?? throw new InvalidOperationException(reason);
            var scenarios = Math.Max(16, (int)(Work * scale / buses));
            Measure("own P and Q in, magnitude and angle out", sweep, Rows(network, scenarios));
            Measure("shared profiles in, extremes and losses out", sweep, Profiles(network, scenarios));
            Measure("one branch opened a scenario, magnitude and angle out", sweep, Outages(network, Math.Min(scenarios, buses - 1)));
            Measure("one solve, magnitude and angle out", sweep, Outages(network, 1) with { Opened = null });
        }
        _table.Note($"{runs} runs of the fastest of {Turns} turns. Feeders from a seed, lowest voltage near 0.93 pu, loads of constant power, tolerance 1e-8 pu.");
        return _table;
    }

    private void Measure(string task, RadialSweep sweep, ScenarioBatch batch)
    {
        if (only is not null && !task.Contains(only, StringComparison.OrdinalIgnoreCase)) return;
        var count = batch.Loads.Count;
        (SimdWidth Width, int Threads)[] variants = count == 1
            ? [(SimdWidth.Scalar, 1)]
            : [.. Enum.GetValues<SimdWidth>().Where(Simd.Has).SelectMany(static width => new[] { (width, 1), (width, 2) })];
        var taken = variants.ToDictionary(static variant => variant, static _ => new List<double>());
        for (var run = 0; run < runs; run++)
        {
            var least = variants.ToDictionary(static variant => variant, static _ => double.PositiveInfinity);
            for (var turn = 0; turn < Turns; turn++)
            {
                foreach (var variant in variants)
                {
                    var start = Stopwatch.GetTimestamp();
                    sweep.Solve(batch, new SweepOptions { Width = variant.Width, Threads = variant.Threads });
                    least[variant] = Math.Min(least[variant], Stopwatch.GetElapsedTime(start).TotalMicroseconds / count);
                }
            }
            foreach (var variant in variants) taken[variant].Add(least[variant]);
        }
        var scalar = new Spread(taken[(SimdWidth.Scalar, 1)]).Median;
        foreach (var (width, threads) in variants)
        {
            var spread = new Spread(taken[(width, threads)]);
            _table.Add(task, Text(sweep.Network.Buses.Count), Text(count), width == SimdWidth.Scalar ? "scalar" : $"{(int)width} bits", Text(threads), spread.Text("0.000"), (scalar / spread.Median).ToString("0.0", CultureInfo.InvariantCulture));
        }
    }

    private static ScenarioBatch Rows(Network network, int scenarios)
    {
        var buses = network.Buses.Count;
        var (p, q) = (new double[scenarios * buses], new double[scenarios * buses]);
        for (var s = 0; s < scenarios; s++) LoadVariation.Fill(network.Loads, 1, s, p.AsSpan(s * buses, buses), q.AsSpan(s * buses, buses));
        return new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, buses), Results = new ScenarioResult[scenarios], Vm = new double[p.Length], Va = new double[p.Length] };
    }

    private static ScenarioBatch Profiles(Network network, int scenarios)
    {
        const int Classes = 5;
        var classOf = Enumerable.Range(0, network.Buses.Count).Select(static bus => bus % Classes).ToArray();
        var factors = Enumerable.Range(0, Classes * scenarios).Select(static i => 0.5 + (i * 0.618034 % 1)).ToArray();
        return new ScenarioBatch { Loads = ScenarioLoads.Profiles(network.Loads.PowerP, network.Loads.PowerQ, classOf, factors, scenarios), Results = new ScenarioResult[scenarios], Extremes = new Extremes(network) };
    }

    private static ScenarioBatch Outages(Network network, int scenarios)
    {
        var size = scenarios * network.Buses.Count;
        return new ScenarioBatch { Loads = ScenarioLoads.Same(scenarios), Opened = [.. Enumerable.Range(0, scenarios)], Results = new ScenarioResult[scenarios], Vm = new double[size], Va = new double[size] };
    }

    private static string Text(int value) => value.ToString("n0", CultureInfo.InvariantCulture);
}
