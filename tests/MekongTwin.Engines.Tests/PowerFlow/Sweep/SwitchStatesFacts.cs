using System.Numerics;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Newton;
using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Engines.Tests.PowerFlow.Sweep;

public sealed class SwitchStatesFacts
{
    [Fact]
    public void Of_all_radial_states_of_the_33_bus_feeder_the_published_one_loses_least()
    {
        var closed = Networks.BaranWu33(10, 99);
        var (tried, least, best) = (0, double.PositiveInfinity, "");
        var results = new ScenarioResult[1];
        foreach (var open in Quintuples(closed.Branches.Count))
        {
            if (!IsTree(closed.Branches, open)) continue;
            tried++;
            var inService = (bool[])closed.Branches.InService.Clone();
            for (var k = 0; k < inService.Length; k++) inService[k] = (open >> k & 1) == 0;
            var sweep = RadialSweepFacts.Sweep(closed.With(closed.Branches.WithService(inService)));
            sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(1), Results = results });
            if (results[0].Converged && results[0].LossesP < least) (least, best) = (results[0].LossesP, string.Join(", ", Enumerable.Range(1, inService.Length).Where(k => !inService[k - 1])));
        }
        Assert.Equal(50_751, tried);
        Assert.Equal("7, 9, 14, 32, 37", best);
        Assert.Equal(139.551, least * 1e4, 3);
    }

    [Fact]
    public void All_ties_closed_is_a_ring_for_the_sweep_and_has_its_published_losses_by_Newton()
    {
        var network = Networks.BaranWu33();
        var ties = new Switching([], [32, 33, 34, 35, 36]);
        Assert.Null(new SwitchStates(network).Sweep(ties, out var reason));
        Assert.StartsWith("branches ", reason, StringComparison.Ordinal);
        Assert.Equal(123.291, new NewtonSolver(Networks.BaranWu33(10, 99)).Solve().LossesP * 1e4, 3);
    }

    [Fact]
    public void A_state_is_ordered_once()
    {
        var states = new SwitchStates(Networks.BaranWu33());
        Assert.Same(states.Sweep(new Switching([6, 8], [32, 34]), out _), states.Sweep(new Switching([8, 6], [34, 32]), out _));
    }

    [Fact]
    public void Scenarios_that_open_and_close_are_each_the_network_they_make()
    {
        var network = Networks.BaranWu33();
        Switching[] kinds = [Switching.None, new([4], []), new([6], [32]), new([], [35]), new([20, 8], []), new([13, 6], [33, 34]), new([27], []), new([6], [32])];
        const int Count = 40;
        var switchings = Enumerable.Range(0, Count).Select(s => kinds[s % kinds.Length]).ToArray();
        var (p, q, vm, va) = (new double[Count * 33], new double[Count * 33], new double[Count * 33], new double[Count * 33]);
        for (var s = 0; s < Count; s++) LoadVariation.Fill(network.Loads, 1, s, p.AsSpan(s * 33, 33), q.AsSpan(s * 33, 33));
        var results = new ScenarioResult[Count];
        new SwitchStates(network).Solve(switchings, p, q, results, vm, va);
        for (var s = 0; s < Count; s++)
        {
            var row = (s * 33)..((s + 1) * 33);
            if (switchings[s].Close is [35])
            {
                Assert.False(results[s].Converged);
                Assert.All(vm[row], static v => Assert.Equal(0, v));
                continue;
            }
            var inService = (bool[])network.Branches.InService.Clone();
            foreach (var k in switchings[s].Open) inService[k] = false;
            foreach (var k in switchings[s].Close) inService[k] = true;
            var newton = new NewtonSolver(network.With(network.Branches.WithService(inService)), new NewtonOptions { Tolerance = 1e-12 }).Solve(network.Loads.WithPower(p[row], q[row]));
            Assert.True(results[s].Converged);
            RadialSweepFacts.AssertNear(newton.Vm, vm[row], 1e-9);
            RadialSweepFacts.AssertNear(newton.Va, va[row], 1e-9);
        }
    }

    [Fact]
    public void A_branch_that_is_not_there_or_both_opened_and_closed_is_refused()
    {
        var states = new SwitchStates(Networks.BaranWu33());
        Assert.Throws<ArgumentException>(() => states.Sweep(new Switching([37], []), out _));
        Assert.Throws<ArgumentException>(() => states.Sweep(new Switching([32], [32]), out _));
    }

    /// <summary>Every set of five bits out of <paramref name="count"/>.</summary>
    private static IEnumerable<ulong> Quintuples(int count)
    {
        for (var set = 31UL; set < 1UL << count;)
        {
            yield return set;
            var lowest = set & (~set + 1);
            var ripple = set + lowest;
            set = (((set ^ ripple) >> 2) / lowest) | ripple;
        }
    }

    /// <summary>True when the branches not in <paramref name="open"/> connect all buses without a ring.</summary>
    private static bool IsTree(Branches branches, ulong open)
    {
        Span<int> root = stackalloc int[33];
        for (var i = 0; i < root.Length; i++) root[i] = i;
        for (var k = 0; k < branches.Count; k++)
        {
            if ((open >> k & 1) != 0) continue;
            var (a, b) = (branches.From[k], branches.To[k]);
            while (root[a] != a) a = root[a] = root[root[a]];
            while (root[b] != b) b = root[b] = root[root[b]];
            if (a == b) return false;
            root[a] = b;
        }
        return branches.Count - BitOperations.PopCount(open) == root.Length - 1;
    }
}
