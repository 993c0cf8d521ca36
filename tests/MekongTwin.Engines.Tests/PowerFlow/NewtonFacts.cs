using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Newton;

namespace MekongTwin.Engines.Tests.PowerFlow;

public sealed class NewtonFacts
{
    /// <summary>Published figures of the 33-bus feeder: as built and best switched (139.551 kW, the least of all 50,751 radial
    /// configurations), and with every tie closed; MATPOWER gives the same.</summary>
    [Theory]
    [InlineData(202.677, 0.91309, 18)]
    [InlineData(139.551, 0.93782, 32, 7, 9, 14, 32, 37)]
    [InlineData(123.291, 0.95328, 32, 0)]
    public void The_feeder_of_Baran_and_Wu_has_its_published_losses(double lossesKw, double lowestVm, int lowestBus, params int[] open)
    {
        var network = Networks.BaranWu33(10, open);
        var solution = new NewtonSolver(network).Solve();
        Assert.True(solution.Converged);
        Assert.Equal(lossesKw, solution.LossesP * 1e4, 5e-4);
        Assert.Equal(lowestVm, solution.Vm.Min(), 5e-6);
        Assert.Equal(lowestBus, network.Buses.Number[Array.IndexOf(solution.Vm, solution.Vm.Min())]);
    }

    [Fact]
    public void What_has_no_source_is_unserved_and_the_rest_is_solved()
    {
        var network = Networks.BaranWu33(10, 7, 33, 34, 35, 36, 37);
        var solution = new NewtonSolver(network).Solve();
        Assert.True(solution.Converged);
        Assert.Equal(Enumerable.Range(8, 11), network.Buses.Number.Where((_, i) => solution.Unserved[i]));
        Assert.All(Enumerable.Range(7, 11), i => Assert.Equal((0.0, 0.0, 0.0), (solution.Vm[i], solution.Va[i], solution.SourceP[i])));
        Assert.Equal((0.0, 0.0), (solution.FromP[9], solution.ToP[9]));
    }

    [Fact]
    public void Every_island_with_a_slack_is_solved_as_if_it_were_alone()
    {
        var (buses, loads, branches) = (new Buses(5), new Loads(5), new Branches(3));
        for (var i = 0; i < 5; i++) (buses.Number[i], loads.PowerP[i]) = (i, 0.1 * i);
        (buses.Type[0], buses.Type[4], buses.StartVa[4]) = (BusType.Slack, BusType.Slack, 0.3);
        ((int From, int To)[] ends, double[] x) = ([(0, 1), (1, 2), (4, 3)], [0.1, 0.2, 0.15]);
        for (var k = 0; k < 3; k++) (branches.From[k], branches.To[k], branches.X[k]) = (ends[k].From, ends[k].To, x[k]);
        var network = new Network(1, buses, loads, branches, new Generators(0));
        var both = new NewtonSolver(network).Solve();
        buses.Type[4] = BusType.Isolated;
        var alone = new NewtonSolver(new Network(1, buses, loads, branches, new Generators(0))).Solve();
        Assert.True(both.Converged && alone.Converged);
        Assert.All(Enumerable.Range(0, 3), i => Assert.Equal(alone.Vm[i], both.Vm[i], 1e-9));
        Assert.Equal(0.3 - Math.Asin(0.3 * 0.15 / both.Vm[3]), both.Va[3], 1e-9);
        Assert.Equal([false, false, false, true, true], alone.Unserved);
    }

    [Fact]
    public void More_than_a_line_can_carry_does_not_converge_and_names_the_bus()
    {
        var (buses, loads, branches) = (new Buses(3), new Loads(3), new Branches(2));
        for (var i = 0; i < 3; i++) buses.Number[i] = 10 * (i + 1);
        buses.Type[0] = BusType.Slack;
        (branches.To[0], branches.From[1], branches.To[1], branches.X[0], branches.X[1]) = (1, 1, 2, 0.1, 0.1);
        // A line of 0.2 pu carries at most 1/(2·0.2) = 2.5 pu.
        loads.PowerP[2] = 2.6;
        var solution = new NewtonSolver(new Network(1, buses, loads, branches, new Generators(0))).Solve();
        Assert.False(solution.Converged);
        Assert.Equal(30, buses.Number[solution.WorstBus]);
        Assert.True(double.IsFinite(solution.Residual) && solution.Residual > 1e-8);
        Assert.All(solution.Vm, vm => Assert.True(double.IsFinite(vm)));
        loads.PowerP[2] = 2.4;
        Assert.True(new NewtonSolver(new Network(1, buses, loads, branches, new Generators(0))).Solve().Converged);
    }

    [Fact]
    public void Only_a_slack_is_a_grid_too()
    {
        var (buses, loads) = (new Buses(1), new Loads(1));
        (buses.Type[0], loads.PowerP[0]) = (BusType.Slack, 0.7);
        var solution = new NewtonSolver(new Network(1, buses, loads, new Branches(0), new Generators(0))).Solve();
        Assert.Equal((true, 0, 0.7), (solution.Converged, solution.Iterations, solution.SourceP[0]));
    }

    [Fact]
    public void Nothing_served_is_solved()
    {
        var solution = new NewtonSolver(new Network(1, new Buses(1), new Loads(1), new Branches(0), new Generators(0))).Solve();
        Assert.Equal((true, -1), (solution.Converged, solution.WorstBus));
        Assert.Equal([true], solution.Unserved);
    }

    /// <summary>An angle of 150 degrees that the start does not know of is found by the second start.</summary>
    [Fact]
    public void Angles_far_from_the_start_are_found()
    {
        var (buses, loads, branches) = (new Buses(3), new Loads(3), new Branches(2));
        for (var i = 0; i < 3; i++) (buses.Number[i], loads.PowerP[i]) = (i, 0.5 * i);
        buses.Type[0] = BusType.Slack;
        (branches.To[0], branches.From[1], branches.To[1], branches.X[0], branches.X[1], branches.ShiftRad[0]) = (1, 1, 2, 0.1, 0.1, 5 * Math.PI / 6);
        var solution = new NewtonSolver(new Network(1, buses, loads, branches, new Generators(0))).Solve();
        Assert.True(solution.Converged);
        Assert.InRange(solution.Vm[2], 0.9, 1);
        Assert.InRange(solution.Va[1], (-5 * Math.PI / 6) - 0.2, -5 * Math.PI / 6);
    }

    /// <summary>A line of 6e-10 pu leaves a mismatch of its own rounding, 4e-7 pu; the voltages stand all the same.</summary>
    [Fact]
    public void A_line_next_to_nothing_still_converges()
    {
        var (buses, loads, branches) = (new Buses(3), new Loads(3), new Branches(2));
        for (var i = 0; i < 3; i++) (buses.Number[i], loads.PowerP[i], loads.PowerQ[i]) = (i, 0.31 * i, 0.17 * i);
        buses.Type[0] = BusType.Slack;
        (branches.To[0], branches.From[1], branches.To[1], branches.R[0], branches.X[0], branches.X[1]) = (1, 1, 2, 0.03, 0.07, 6.2e-10);
        var solution = new NewtonSolver(new Network(1, buses, loads, branches, new Generators(0))).Solve();
        Assert.True(solution.Converged);
        Assert.Equal(solution.Vm[1], solution.Vm[2], 1e-9);
        var (p, q) = (0.93, 0.51);
        var b = 1 - (2 * ((0.03 * p) + (0.07 * q)));
        Assert.Equal(Math.Sqrt((b + Math.Sqrt((b * b) - (4 * ((0.03 * 0.03) + (0.07 * 0.07)) * ((p * p) + (q * q))))) / 2), solution.Vm[1], 1e-8);
    }

    /// <summary>A generator that cannot bring what its voltage needs is held at its limit; with room enough it holds the voltage.</summary>
    [Theory]
    [InlineData(-0.05, 0.1, 0.1)]
    [InlineData(-0.02, 9, null)]
    [InlineData(0.9, 2, 0.9)]
    public void A_generator_keeps_to_its_reactive_limits_when_asked(double least, double most, double? heldAt)
    {
        var (buses, loads, branches, generators) = (new Buses(3), new Loads(3), new Branches(2), new Generators(2));
        for (var i = 0; i < 3; i++) (buses.Number[i], loads.PowerP[i], loads.PowerQ[i]) = (i, 0.3 * i, 0.2 * i);
        (buses.Type[0], buses.Type[2]) = (BusType.Slack, BusType.PV);
        (branches.To[0], branches.From[1], branches.To[1], branches.X[0], branches.X[1]) = (1, 1, 2, 0.1, 0.1);
        // Two on one bus: what they can do adds up.
        (generators.Bus[0], generators.Bus[1]) = (2, 2);
        for (var g = 0; g < 2; g++) (generators.MinQ[g], generators.MaxQ[g]) = (least / 2, most / 2);
        var network = new Network(1, buses, loads, branches, generators);
        var free = new NewtonSolver(network).Solve();
        Assert.Equal(1, free.Vm[2]);
        var solver = new NewtonSolver(network, new NewtonOptions { ReactiveLimits = true });
        foreach (var solution in (Solution[])[solver.Solve(), solver.Solve()])
        {
            Assert.True(solution.Converged && solution.Residual < 1e-8);
            Assert.Equal(heldAt ?? free.SourceQ[2], solution.SourceQ[2], 1e-8);
            Assert.Equal(heldAt is null, solution.Vm[2] == 1);
            Assert.Equal(heldAt > free.SourceQ[2], solution.Vm[2] > 1);
        }
    }

    [Fact]
    public void The_loop_allocates_nothing()
    {
        var network = Networks.BaranWu33();
        var equations = new Equations(network);
        var iteration = new Iteration<Lane8>(network, equations, equations.HoldsVoltage(network));
        Array.Fill(iteration.Vm, Lane8.Of(1));
        iteration.Run(1e-8, 30);
        Array.Fill(iteration.Vm, Lane8.Of(1));
        var before = GC.GetAllocatedBytesForCurrentThread();
        iteration.Run(1e-8, 30);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
