using System.Numerics;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Newton;

namespace MekongTwin.Engines.Tests.PowerFlow;

/// <summary>What holds for every grid.</summary>
public sealed class NewtonLaws
{
    /// <summary>The balance is worked out here by complex numbers from the pi sections, not by the solver's or the flows' own formulas.</summary>
    [Fact]
    public void Power_balances_at_every_bus() => Law.Holds(Grids.Any, network =>
    {
        var solution = new NewtonSolver(network).Solve();
        Assert.True(solution.Converged);
        var (buses, branches, loads) = (network.Buses, network.Branches, network.Loads);
        var v = solution.Vm.Zip(solution.Va, Complex.FromPolarCoordinates).ToArray();
        var leaving = new Complex[buses.Count];
        for (var k = 0; k < branches.Count; k++)
        {
            if (!branches.InService[k]) continue;
            var (f, t) = (branches.From[k], branches.To[k]);
            var turns = Complex.FromPolarCoordinates(branches.Ratio[k], branches.ShiftRad[k]);
            var (inner, half) = (v[f] / turns, new Complex(branches.G[k], branches.B[k]) / 2);
            var through = (inner - v[t]) / new Complex(branches.R[k], branches.X[k]);
            var from = v[f] * Complex.Conjugate((through + (inner * half)) / Complex.Conjugate(turns));
            var to = v[t] * Complex.Conjugate((v[t] * half) - through);
            Assert.Equal(from.Real, solution.FromP[k], 1e-11);
            Assert.Equal(from.Imaginary, solution.FromQ[k], 1e-11);
            Assert.Equal(to.Real, solution.ToP[k], 1e-11);
            Assert.Equal(to.Imaginary, solution.ToQ[k], 1e-11);
            (leaving[f], leaving[t]) = (leaving[f] + from, leaving[t] + to);
        }
        for (var i = 0; i < buses.Count; i++)
        {
            var (vm, square) = (solution.Vm[i], solution.Vm[i] * solution.Vm[i]);
            var load = new Complex(loads.PowerP[i], loads.PowerQ[i]) + (new Complex(loads.CurrentP[i], loads.CurrentQ[i]) * vm) + (new Complex(loads.ImpedanceP[i], loads.ImpedanceQ[i]) * square);
            var shunt = new Complex(buses.ShuntG[i], -buses.ShuntB[i]) * square;
            var source = new Complex(solution.SourceP[i], solution.SourceQ[i]);
            Assert.True((source - load - shunt - leaving[i]).Magnitude < 1.5e-8, $"bus {buses.Number[i]}: {source - load - shunt - leaving[i]}");
            if (network.SolvedAs[i] != BusType.Slack) Assert.Equal(network.GenerationP[i], solution.SourceP[i]);
            if (network.SolvedAs[i] == BusType.PQ) Assert.Equal(network.GenerationQ[i], solution.SourceQ[i]);
            else Assert.Equal(network.SetVm[i], solution.Vm[i]);
        }
    });

    [Fact]
    public void Branches_without_sources_lose_and_never_win() => Law.Holds(Grids.Any, network =>
    {
        var solution = new NewtonSolver(network).Solve();
        Assert.All(Enumerable.Range(0, network.Branches.Count), k => Assert.True(solution.FromP[k] + solution.ToP[k] >= -1e-12));
        Assert.Equal(solution.FromP.Sum() + solution.ToP.Sum(), solution.LossesP, 1e-12);
        Assert.Equal(solution.FromQ.Sum() + solution.ToQ.Sum(), solution.LossesQ, 1e-12);
    });

    [Fact]
    public void Another_base_power_changes_nothing() => Law.Holds(Grids.Any, network => Same(network, new NewtonSolver(network).Solve(), Rebased(network, 3.7), new NewtonSolver(Rebased(network, 3.7)).Solve(), static i => i, static k => k));

    [Fact]
    public void Another_order_of_buses_and_branches_changes_nothing() => Law.Holds(Grids.Any, network =>
    {
        var random = new Random(network.Buses.Count);
        var (bus, branch) = (Enumerable.Range(0, network.Buses.Count).ToArray(), Enumerable.Range(0, network.Branches.Count).ToArray());
        random.Shuffle(bus);
        random.Shuffle(branch);
        var permuted = Permuted(network, bus, branch);
        Same(network, new NewtonSolver(network).Solve(), permuted, new NewtonSolver(permuted).Solve(), i => bus[i], k => branch[k]);
    });

    [Fact]
    public void Removing_a_branch_that_is_open_changes_nothing() => Law.Holds(Grids.Any, network =>
    {
        var kept = Enumerable.Range(0, network.Branches.Count).Where(k => network.Branches.InService[k]).ToArray();
        var removed = network.With(Picked(network.Branches, kept, static i => i));
        var (before, after) = (new NewtonSolver(network).Solve(), new NewtonSolver(removed).Solve());
        Assert.Equal(before.Vm, after.Vm);
        Assert.Equal(before.Va, after.Va);
        Assert.Equal(kept.Select(k => before.FromP[k]), after.FromP);
    });

    [Fact]
    public void A_second_solution_by_the_same_solver_has_the_same_bits() => Law.Holds(Grids.Any, network =>
    {
        var solver = new NewtonSolver(network);
        Assert.Equal(solver.Solve().Vm, solver.Solve().Vm);
    }, 50);

    /// <summary>One line, one load: the voltage is the root of a quadratic equation.</summary>
    [Fact]
    public void Two_buses_agree_with_the_closed_form() => Law.Holds(Grids.Any, sample =>
    {
        var (r, x, p, q) = (sample.Branches.R[0], sample.Branches.X[0], 1 + sample.Loads.PowerP[1], 0.4 + sample.Loads.PowerQ[1]);
        var (buses, loads, branches) = (new Buses(2), new Loads(2), new Branches(1));
        (buses.Number[1], buses.Type[0], branches.To[0], branches.R[0], branches.X[0]) = (1, BusType.Slack, 1, r, x);
        (loads.PowerP[1], loads.PowerQ[1]) = (p, q);
        var solution = new NewtonSolver(new Network(1, buses, loads, branches, new Generators(0)), new NewtonOptions { Tolerance = 1e-12 }).Solve();
        var b = 1 - (2 * ((r * p) + (x * q)));
        var square = (b + Math.Sqrt((b * b) - (4 * ((r * r) + (x * x)) * ((p * p) + (q * q))))) / 2;
        Assert.Equal(Math.Sqrt(square), solution.Vm[1], 1e-12);
        Assert.Equal(-Math.Asin(((x * p) - (r * q)) / Math.Sqrt(square)), solution.Va[1], 1e-12);
        Assert.Equal(r * ((p * p) + (q * q)) / square, solution.LossesP, 1e-12);
    });

    private static void Same(Network a, Solution before, Network b, Solution after, Func<int, int> bus, Func<int, int> branch)
    {
        var scale = a.BaseMva / b.BaseMva;
        Assert.Equal(before.Converged, after.Converged);
        for (var i = 0; i < a.Buses.Count; i++)
        {
            Assert.Equal(before.Vm[bus(i)], after.Vm[i], 1e-9);
            Assert.Equal(before.Va[bus(i)], after.Va[i], 1e-9);
        }
        for (var k = 0; k < a.Branches.Count; k++)
        {
            Assert.Equal(before.FromP[branch(k)] * scale, after.FromP[k], 1e-6);
            Assert.Equal(before.ToQ[branch(k)] * scale, after.ToQ[k], 1e-6);
            Assert.Equal(before.LoadingPercent[branch(k)], after.LoadingPercent[k], 1e-4);
        }
    }

    private static Network Rebased(Network network, double baseMva)
    {
        var scale = network.BaseMva / baseMva;
        var same = Permuted(network, [.. Enumerable.Range(0, network.Buses.Count)], [.. Enumerable.Range(0, network.Branches.Count)]);
        var (buses, loads, branches, generators) = (same.Buses, same.Loads, same.Branches, same.Generators);
        foreach (var powers in (double[][])[buses.ShuntG, buses.ShuntB, loads.PowerP, loads.PowerQ, loads.CurrentP, loads.CurrentQ, loads.ImpedanceP, loads.ImpedanceQ, branches.G, branches.B, branches.RatingFrom, branches.RatingTo, generators.P, generators.Q])
        {
            for (var i = 0; i < powers.Length; i++) powers[i] *= scale;
        }
        foreach (var impedances in (double[][])[branches.R, branches.X])
        {
            for (var i = 0; i < impedances.Length; i++) impedances[i] /= scale;
        }
        return new Network(baseMva, buses, loads, branches, generators, network.LoadingBy);
    }

    private static Network Permuted(Network network, int[] bus, int[] branch)
    {
        var place = new int[bus.Length];
        for (var i = 0; i < bus.Length; i++) place[bus[i]] = i;
        var (buses, loads, generators) = (new Buses(bus.Length), new Loads(bus.Length), new Generators(network.Generators.Count));
        var (old, drawn, sources) = (network.Buses, network.Loads, network.Generators);
        for (var i = 0; i < bus.Length; i++)
        {
            var o = bus[i];
            (buses.Number[i], buses.Type[i], buses.NominalKv[i], buses.ShuntG[i], buses.ShuntB[i], buses.StartVm[i], buses.StartVa[i]) = (old.Number[o], old.Type[o], old.NominalKv[o], old.ShuntG[o], old.ShuntB[o], old.StartVm[o], old.StartVa[o]);
            (loads.PowerP[i], loads.PowerQ[i], loads.CurrentP[i], loads.CurrentQ[i], loads.ImpedanceP[i], loads.ImpedanceQ[i]) = (drawn.PowerP[o], drawn.PowerQ[o], drawn.CurrentP[o], drawn.CurrentQ[o], drawn.ImpedanceP[o], drawn.ImpedanceQ[o]);
        }
        for (var g = 0; g < sources.Count; g++)
        {
            (generators.Bus[g], generators.P[g], generators.Q[g], generators.SetVm[g], generators.InService[g]) = (place[sources.Bus[g]], sources.P[g], sources.Q[g], sources.SetVm[g], sources.InService[g]);
        }
        return new Network(network.BaseMva, buses, loads, Picked(network.Branches, branch, i => place[i]), generators, network.LoadingBy);
    }

    private static Branches Picked(Branches old, int[] kept, Func<int, int> place)
    {
        var branches = new Branches(kept.Length);
        for (var k = 0; k < kept.Length; k++)
        {
            var o = kept[k];
            (branches.From[k], branches.To[k], branches.R[k], branches.X[k], branches.G[k], branches.B[k]) = (place(old.From[o]), place(old.To[o]), old.R[o], old.X[o], old.G[o], old.B[o]);
            (branches.Ratio[k], branches.ShiftRad[k], branches.RatingFrom[k], branches.RatingTo[k], branches.InService[k]) = (old.Ratio[o], old.ShiftRad[o], old.RatingFrom[o], old.RatingTo[o], old.InService[o]);
        }
        return branches;
    }
}
