using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Newton;
using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Engines.Tests.PowerFlow.Sweep;

public sealed class RadialSweepFacts
{
    public static TheoryData<int, int, int> Grids()
    {
        var grids = new TheoryData<int, int, int>();
        for (var seed = 1; seed <= 12; seed++) grids.Add(seed, 2 + (seed * seed * 3), 1 + (seed * 7 % 30));
        return grids;
    }

    [Fact]
    public void The_feeder_of_Baran_and_Wu_has_its_published_losses_and_lowest_voltage()
    {
        var network = Networks.BaranWu33();
        var solution = Sweep(network).Solve();
        Assert.True(solution.Converged);
        Assert.Equal(202.677, solution.LossesP * network.BaseMva * 1e3, 3);
        Assert.Equal(17, Array.IndexOf(solution.Vm, solution.Vm.Min()));
        Assert.Equal(0.91309, solution.Vm[17], 5);
        Assert.InRange(solution.Residual, 0, 1e-10);
    }

    [Fact]
    public void The_best_switch_state_has_its_published_losses() =>
        Assert.Equal(139.551, Sweep(Networks.BaranWu33(10, 7, 9, 14, 32, 37)).Solve().LossesP * 1e4, 3);

    [Theory]
    [MemberData(nameof(Grids))]
    public void Voltages_are_those_of_Newton(int seed, int buses, int width)
    {
        foreach (var network in (Network[])[RadialGrids.Plain(seed, buses, width), RadialGrids.Mixed(seed, buses, width)])
        {
            var solution = Sweep(network).Solve();
            var newton = new NewtonSolver(network, new NewtonOptions { Tolerance = 1e-11 }).Solve();
            Assert.True(solution.Converged);
            Assert.True(newton.Converged);
            Assert.Equal(newton.Unserved, solution.Unserved);
            AssertNear(newton.Vm, solution.Vm, 1e-9);
            AssertNear(newton.Va, solution.Va, 1e-9);
            Assert.InRange(solution.Residual, 0, 1e-8);
        }
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void Losses_are_what_the_sources_bring_less_what_is_drawn(int seed, int buses, int width)
    {
        var network = RadialGrids.Plain(seed, buses, width);
        var solution = Sweep(network).Solve();
        var drawn = network.Loads.PowerP.Sum();
        Assert.InRange(solution.LossesP, 0, drawn);
        Assert.Equal(solution.SourceP.Sum() - drawn, solution.LossesP, (solution.Residual * buses) + 1e-12);
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void The_numbering_of_buses_and_branches_does_not_matter(int seed, int buses, int width)
    {
        var network = RadialGrids.Mixed(seed, buses, width);
        var (shuffled, place) = Shuffled(network, seed);
        var (one, two) = (Sweep(network).Solve(), Sweep(shuffled).Solve());
        for (var i = 0; i < network.Buses.Count; i++)
        {
            Assert.Equal(one.Vm[i], two.Vm[place[i]], 1e-12);
            Assert.Equal(one.Va[i], two.Va[place[i]], 1e-12);
        }
    }

    /// <summary>Where everything draws by voltage it would not show that a place was taken for one that does not.</summary>
    [Theory]
    [InlineData("CurrentP")]
    [InlineData("CurrentQ")]
    [InlineData("ImpedanceP")]
    [InlineData("ImpedanceQ")]
    [InlineData("ShuntG")]
    [InlineData("ShuntB")]
    [InlineData("G")]
    [InlineData("B")]
    public void One_place_that_draws_by_voltage_is_found_among_many_that_do_not(string what)
    {
        var network = RadialGrids.Plain(3, 60);
        foreach (var table in (object[])[network.Loads, network.Buses, network.Branches])
        {
            if (table.GetType().GetProperty(what)?.GetValue(table) is double[] values) values[40] = 0.2;
        }
        network = network.With(network.Loads);
        var newton = new NewtonSolver(network, new NewtonOptions { Tolerance = 1e-12 }).Solve();
        Assert.NotEqual(Sweep(RadialGrids.Plain(3, 60)).Solve().Vm.Min(), newton.Vm.Min(), 1e-5);
        foreach (var width in Enum.GetValues<SimdWidth>().Where(Simd.Has))
        {
            const int Count = 3;
            var (n, results) = (network.Buses.Count, new ScenarioResult[Count]);
            var (vm, va) = (new double[Count * n], new double[Count * n]);
            Sweep(network).Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(Count), Results = results, Vm = vm, Va = va }, new SweepOptions { Width = width });
            for (var s = 0; s < Count; s++)
            {
                AssertNear(newton.Vm, vm[(s * n)..((s + 1) * n)], 1e-9);
                AssertNear(newton.Va, va[(s * n)..((s + 1) * n)], 1e-9);
                Assert.Equal(newton.LossesP, results[s].LossesP, 1e-8);
                Assert.Equal(newton.LossesQ, results[s].LossesQ, 1e-8);
            }
        }
    }

    [Fact]
    public void A_ring_is_refused_by_the_names_of_its_branches()
    {
        Assert.Null(RadialSweep.Of(Networks.BaranWu33(10, 33, 34, 35, 37), out var reason));
        Assert.Equal("branches 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 25, 26, 27, 28, 29, 30, 31, 32, 36 form a ring", reason);
    }

    [Fact]
    public void Parallel_lines_are_a_ring()
    {
        var network = Chain(3, parallel: true);
        Assert.Null(RadialSweep.Of(network, out var reason));
        Assert.Equal("branches 2, 3 form a ring", reason);
    }

    [Fact]
    public void Two_joined_sources_are_refused_by_name()
    {
        var network = Chain(4);
        network.Buses.Type[3] = BusType.Slack;
        Assert.Null(RadialSweep.Of(network.With(network.Loads), out var reason));
        Assert.Equal("sources 1 and 4 are joined by branches 1, 2, 3", reason);
    }

    [Fact]
    public void A_bus_that_holds_its_voltage_is_refused_by_name()
    {
        var network = Chain(4);
        network.Buses.Type[2] = BusType.PV;
        var generators = new Generators(1);
        generators.Bus[0] = 2;
        Assert.Null(RadialSweep.Of(new Network(1, network.Buses, network.Loads, network.Branches, generators), out var reason));
        Assert.Equal("bus 3 holds its voltage (PV)", reason);
    }

    [Fact]
    public void Two_sources_feed_their_own_islands_and_an_island_without_one_is_unserved()
    {
        var network = Chain(9);
        (network.Branches.InService[2], network.Branches.InService[5]) = (false, false);
        (network.Buses.Type[5], network.Buses.StartVm[5], network.Buses.StartVa[5]) = (BusType.Slack, 1.05, -0.2);
        network = network.With(network.Loads);
        var solution = Sweep(network).Solve();
        Assert.Equal([false, false, false, false, false, false, true, true, true], solution.Unserved);
        var newton = new NewtonSolver(network, new NewtonOptions { Tolerance = 1e-12 }).Solve();
        AssertNear(newton.Vm, solution.Vm, 1e-10);
        AssertNear(newton.Va, solution.Va, 1e-10);
        Assert.Equal((1.05, -0.2), (solution.Vm[5], solution.Va[5]));
    }

    [Fact]
    public void A_transformer_that_turns_the_voltage_far_is_exact_too()
    {
        var network = Chain(3);
        (network.Branches.X[1], network.Branches.ShiftRad[1]) = (0.9, Math.PI / 6);
        network.Loads.PowerP[2] = 0.4;
        network = network.With(network.Loads);
        var solution = Sweep(network).Solve();
        var newton = new NewtonSolver(network, new NewtonOptions { Tolerance = 1e-12 }).Solve();
        Assert.InRange(Math.Abs(solution.Va[2] - solution.Va[1] + (Math.PI / 6)), 0.2, 1);
        AssertNear(newton.Vm, solution.Vm, 1e-9);
        AssertNear(newton.Va, solution.Va, 1e-9);
    }

    [Fact]
    public void A_load_that_no_voltage_can_carry_is_said_not_to_converge_and_where()
    {
        var network = Chain(5);
        network.Loads.PowerP[4] = 100;
        network = network.With(network.Loads);
        var results = new ScenarioResult[1];
        Sweep(network).Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(1), Results = results });
        Assert.False(results[0].Converged);
        Assert.InRange(results[0].WorstBus, 1, 4);
        Assert.False(Sweep(network).Solve().Converged);
    }

    [Fact]
    public void A_source_alone_is_solved()
    {
        var buses = new Buses(1);
        buses.Type[0] = BusType.Slack;
        var solution = Sweep(new Network(1, buses, new Loads(1), new Branches(0), new Generators(0))).Solve();
        Assert.True(solution.Converged);
        Assert.Equal([1.0], solution.Vm);
    }

    internal static RadialSweep Sweep(Network network)
    {
        var sweep = RadialSweep.Of(network, out var reason);
        Assert.Null(reason);
        return sweep!;
    }

    internal static void AssertNear(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"[{i}]: {actual[i]:r}, not {expected[i]:r}");
    }

    /// <summary>Buses 1 to <paramref name="count"/> in a row, the first a source.</summary>
    private static Network Chain(int count, bool parallel = false)
    {
        var (buses, loads, branches) = (new Buses(count), new Loads(count), new Branches(count - 1 + (parallel ? 1 : 0)));
        buses.Type[0] = BusType.Slack;
        for (var i = 0; i < count; i++) (buses.Number[i], loads.PowerP[i], loads.PowerQ[i]) = (i + 1, 0.05, 0.02);
        for (var b = 0; b < branches.Count; b++)
        {
            var k = Math.Min(b, count - 2);
            (branches.From[b], branches.To[b], branches.R[b], branches.X[b]) = (k, k + 1, 0.01, 0.02);
        }
        return new Network(1, buses, loads, branches, new Generators(0));
    }

    private static (Network Network, int[] Place) Shuffled(Network network, int seed)
    {
        var random = new Random(seed);
        var (place, order) = (new int[network.Buses.Count], new int[network.Branches.Count]);
        for (var i = 0; i < place.Length; i++) place[i] = i;
        for (var k = 0; k < order.Length; k++) order[k] = k;
        random.Shuffle(place);
        random.Shuffle(order);
        var (buses, loads, branches, generators) = (new Buses(place.Length), new Loads(place.Length), new Branches(order.Length), new Generators(network.Generators.Count));
        for (var i = 0; i < place.Length; i++)
        {
            Copy(network.Buses, i, buses, place[i]);
            Copy(network.Loads, i, loads, place[i]);
        }
        for (var k = 0; k < order.Length; k++)
        {
            Copy(network.Branches, k, branches, order[k]);
            (branches.From[order[k]], branches.To[order[k]]) = (place[network.Branches.From[k]], place[network.Branches.To[k]]);
        }
        for (var g = 0; g < generators.Count; g++)
        {
            Copy(network.Generators, g, generators, g);
            generators.Bus[g] = place[network.Generators.Bus[g]];
        }
        return (new Network(network.BaseMva, buses, loads, branches, generators, network.LoadingBy), place);
    }

    /// <summary>Copies row <paramref name="i"/> of every array to row <paramref name="j"/>.</summary>
    private static void Copy<T>(T from, int i, T to, int j)
    {
        foreach (var property in typeof(T).GetProperties().Where(static p => p.PropertyType.IsArray))
        {
            ((Array)property.GetValue(to)!).SetValue(((Array)property.GetValue(from)!).GetValue(i), j);
        }
    }
}
