using System.Diagnostics;
using System.Globalization;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.Demand.Calibration;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.Tests.Demand;

namespace MekongTwin.Benchmarks.Demand;

/// <summary>A city's loads filled from their factors at every width beside one by one, and their calibration beside filling the same steps.</summary>
internal sealed class DemandBenchmark(int runs, double scale)
{
    private const int Loads = 4000;
    private const int Days = 14;

    /// <summary>Turns of a filling in a run; the fastest counts.</summary>
    private const int Turns = 40;

    public IReadOnlyList<Table> Run() => [Fill(), Calibrate()];

    private Table Fill()
    {
        var table = new Table("demand: 4,000 loads of 30 factors filled, one thread", "steps at once", "width", "nanoseconds a load and step, median (min..max)", "times scalar");
        var (loads, _) = GeneratedCity.Of(Loads, 1);
        var series = GeneratedCity.Model.Series(GeneratedCity.Weather);
        foreach (var steps in (ReadOnlySpan<int>)[8, 16, 96])
        {
            var (p, q) = (new double[Loads * steps], new double[Loads * steps]);
            var widths = Enum.GetValues<SimdWidth>().Where(Simd.Has).ToArray();
            var taken = widths.ToDictionary(static width => width, static _ => new List<double>());
            for (var run = 0; run < runs; run++)
            {
                var least = widths.ToDictionary(static width => width, static _ => double.PositiveInfinity);
                for (var turn = 0; turn < Math.Max(5, Turns * scale); turn++)
                {
                    foreach (var width in widths)
                    {
                        var start = Stopwatch.GetTimestamp();
                        loads.FillAll(series, turn, steps, p, q, width);
                        least[width] = Math.Min(least[width], Stopwatch.GetElapsedTime(start).TotalNanoseconds / (Loads * steps));
                    }
                }
                foreach (var width in widths) taken[width].Add(least[width]);
            }
            foreach (var width in widths)
            {
                var spread = new Spread(taken[width]);
                table.Add(Text(steps), width == SimdWidth.Scalar ? "scalar" : $"{(int)width} bits", spread.Text("0.00"), (new Spread(taken[SimdWidth.Scalar]).Median / spread.Median).ToString("0.0", CultureInfo.InvariantCulture));
            }
        }
        table.Note($"{runs} runs of the fastest of {Turns} turns.");
        return table;
    }

    private Table Calibrate()
    {
        var table = new Table("demand: 4,000 loads calibrated to 14 days, one thread", "readings", "milliseconds of processor time, median (min..max)", "times filling the same steps");
        var (loads, facts) = GeneratedCity.Of((int)(Loads * Math.Min(1, scale)), 1);
        var weather = GeneratedCity.Weather.Slice(0, Days * Quarters.ADay);
        foreach (var (name, every) in (ReadOnlySpan<(string, int)>)[("every 15 minutes", 1), ("every 30 minutes", 2)])
        {
            var history = GeneratedCity.Readings(loads, weather, 0.03, every);
            var (own, filling) = (new List<double>(), new List<double>());
            var series = GeneratedCity.Model.Series(weather);
            var (p, q) = (new double[history.Kw.Length], new double[history.Kw.Length]);
            // The first time is compiled.
            for (var run = -1; run < runs; run++)
            {
                var before = Environment.CpuUsage.TotalTime;
                Calibrator.Calibrate(GeneratedCity.Model, facts, history, weather);
                var between = Environment.CpuUsage.TotalTime;
                loads.FillAll(series, 0, series.Steps, p, q);
                if (run < 0) continue;
                own.Add((between - before).TotalMilliseconds);
                filling.Add((Environment.CpuUsage.TotalTime - between).TotalMilliseconds);
            }
            table.Add(name, new Spread(own).Text("0"), (new Spread(own).Median / new Spread(filling).Median).ToString("0.0", CultureInfo.InvariantCulture));
        }
        table.Note($"{runs} runs after one that is compiled. Processor time of the whole process.");
        return table;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
