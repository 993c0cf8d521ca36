using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Newton;
using MekongTwin.Engines.Tests.PowerFlow.Sweep;

namespace MekongTwin.Engines.Tests.PowerFlow;

public sealed class BatchFacts
{
    /// <summary>Not a multiple of any width.</summary>
    private const int Count = 37;

    public static TheoryData<SimdWidth, int> Widths()
    {
        var widths = new TheoryData<SimdWidth, int>();
        foreach (var width in Enum.GetValues<SimdWidth>().Where(Simd.Has))
        {
            widths.Add(width, 1);
            widths.Add(width, 3);
        }
        return widths;
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_width_and_number_of_threads_gives_the_bits_of_scenarios_alone(SimdWidth width, int threads)
    {
        var network = Grids.Make(new Random(5), 30, 8);
        var (p, q) = Drawn(network);
        var (results, vm, va) = Solved(network, p, q, width, threads);
        var solver = new NewtonSolver(network);
        for (var s = 0; s < Count; s++)
        {
            var row = (s * 30)..((s + 1) * 30);
            var single = solver.Solve(network.Loads.WithPower(p[row], q[row]));
            var (alone, aloneVm, aloneVa) = Solved(network, p[row], q[row], SimdWidth.Scalar, 1);
            Assert.Equal(aloneVm, vm[row]);
            Assert.Equal(aloneVa, va[row]);
            Assert.Equal(alone[0], results[s]);
            RadialSweepFacts.AssertNear(single.Vm, vm[row], 1e-10);
            RadialSweepFacts.AssertNear(single.Va, va[row], 1e-10);
            Assert.Equal((true, -1), (results[s].Converged, results[s].WorstBus));
            var flows = Flows.Of(network, network.Loads.WithPower(p[row], q[row]), vm[row], va[row], true, 0);
            Assert.Equal(flows.LossesP, results[s].LossesP, 1e-12);
            Assert.Equal(flows.LossesQ, results[s].LossesQ, 1e-12);
            Assert.Equal(flows.Vm.Where((_, bus) => !flows.Unserved[bus]).Min(), results[s].LowestVm);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void A_scenario_that_fails_leaves_its_neighbours_alone(SimdWidth width, int threads)
    {
        var network = Networks.BaranWu33();
        var (p, q) = Drawn(network);
        var (_, vm, va) = Solved(network, p, q, width, threads);
        foreach (var (scenario, load) in ((int, double)[])[(3, 50), (12, double.NaN), (13, double.PositiveInfinity)]) p[(scenario * 33) + 17] = load;
        var (results, failedVm, failedVa) = Solved(network, p, q, width, threads);
        for (var s = 0; s < Count; s++)
        {
            Assert.Equal(s is not (3 or 12 or 13), results[s].Converged);
            if (!results[s].Converged) continue;
            Assert.Equal(vm[(s * 33)..((s + 1) * 33)], failedVm[(s * 33)..((s + 1) * 33)]);
            Assert.Equal(va[(s * 33)..((s + 1) * 33)], failedVa[(s * 33)..((s + 1) * 33)]);
        }
        Assert.Equal(17, results[3].WorstBus);
        Assert.Equal(17, results[12].WorstBus);
    }

    [Fact]
    public void Arrays_that_do_not_fit_are_refused()
    {
        var batch = new NewtonBatch(Networks.BaranWu33());
        var e = Assert.Throws<ArgumentException>(() => batch.Solve(new double[66], new double[66], new ScenarioResult[2], new double[66], new double[65]));
        Assert.StartsWith("2 scenarios of 33 buses need arrays of 66.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Drawn_loads_depend_on_seed_scenario_and_bus_alone()
    {
        var loads = Networks.BaranWu33().Loads;
        double[] Draw(long seed, long scenario)
        {
            var (p, q) = (new double[33], new double[33]);
            LoadVariation.Fill(loads, seed, scenario, p, q);
            Assert.All(Enumerable.Range(1, 32), i => Assert.Equal(p[i] / loads.PowerP[i], q[i] / loads.PowerQ[i], 1e-12));
            return p;
        }
        Assert.Equal(Draw(7, 1000), Draw(7, 1000));
        Assert.NotEqual(Draw(7, 1000), Draw(7, 1001));
        Assert.NotEqual(Draw(7, 1000), Draw(8, 1000));
        var factors = Enumerable.Range(0, 2000).SelectMany(s => Draw(1, s).Skip(1).Select((p, i) => p / loads.PowerP[i + 1])).ToArray();
        Assert.InRange(factors.Min(), 0.5, 0.5001);
        Assert.InRange(factors.Max(), 1.4999, 1.5);
        Assert.Equal(1, factors.Average(), 0.005);
        Assert.Equal(1.0 / 12, factors.Average(f => (f - 1) * (f - 1)), 0.001);
    }

    private static (double[] P, double[] Q) Drawn(Network network)
    {
        var buses = network.Buses.Count;
        var (p, q) = (new double[Count * buses], new double[Count * buses]);
        for (var s = 0; s < Count; s++) LoadVariation.Fill(network.Loads, 3, s, p.AsSpan(s * buses, buses), q.AsSpan(s * buses, buses));
        return (p, q);
    }

    private static (ScenarioResult[] Results, double[] Vm, double[] Va) Solved(Network network, double[] p, double[] q, SimdWidth width, int threads)
    {
        var (results, vm, va) = (new ScenarioResult[p.Length / network.Buses.Count], new double[p.Length], new double[p.Length]);
        new NewtonBatch(network) { Width = width, Threads = threads }.Solve(p, q, results, vm, va);
        return (results, vm, va);
    }
}
