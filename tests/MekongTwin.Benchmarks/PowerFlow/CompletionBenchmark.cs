using System.Diagnostics;
using System.Globalization;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Completion;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.Engines.PowerFlow.Sweep;
using MekongTwin.Engines.Tests.PowerFlow.Completion;

namespace MekongTwin.Benchmarks.PowerFlow;

/// <summary>The completed state of a city as large as the pilot, beside one scalar solve of the same grid, in turns on one thread.</summary>
internal sealed class CompletionBenchmark(int runs, double scale)
{
    private const int Feeders = 112;
    private const int TransformersAFeeder = 36;
    private const int Turns = 100;

    public Table Run()
    {
        var table = new Table("completion: 4,032 transformers on 112 feeders, heads measured", "transformers measured", "milliseconds a state, median (min..max)", "times one sweep of the grid", "passes", "bytes allocated");
        var grid = CityGrids.Of(1, Feeders, TransformersAFeeder);
        var sweep = RadialSweep.Of(grid.Network, out _)!;
        var turns = Math.Max(5, (int)(Turns * scale));
        foreach (var share in (ReadOnlySpan<double>)[0, 0.8, 1])
        {
            var (truth, completion) = (new Truth(grid, 1, share), Truth.CompletionOf(grid));
            var state = completion.MakeState();
            var (own, other) = (new List<double>(), new List<double>());
            var allocated = 0L;
            for (var run = 0; run < runs; run++)
            {
                var (least, leastSweep) = (double.PositiveInfinity, double.PositiveInfinity);
                for (var turn = 0; turn < turns; turn++)
                {
                    var (start, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
                    completion.Complete(truth.Loads, truth.Heads, state);
                    least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    if (turn > 0) allocated += GC.GetAllocatedBytesForCurrentThread() - before;
                    start = Stopwatch.GetTimestamp();
                    sweep.Solve(new SweepOptions { Width = SimdWidth.Scalar });
                    leastSweep = Math.Min(leastSweep, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                }
                own.Add(least);
                other.Add(leastSweep);
            }
            var passes = state.Feeders.Max(static feeder => feeder.Iterations);
            table.Add(share.ToString("P0", CultureInfo.InvariantCulture), new Spread(own).Text("0.00"), (new Spread(own).Median / new Spread(other).Median).ToString("0.0", CultureInfo.InvariantCulture), passes.ToString(CultureInfo.InvariantCulture), allocated.ToString(CultureInfo.InvariantCulture));
        }
        table.Note($"{runs} runs of the fastest of {turns} turns; the sweep with its flows, tolerance 1e-8 pu.");
        return table;
    }
}
