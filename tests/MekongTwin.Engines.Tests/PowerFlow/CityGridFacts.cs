using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.Engines.PowerFlow.Newton;
using MekongTwin.Engines.PowerFlow.Sweep;
using MekongTwin.Engines.Tests.PowerFlow.Completion;

namespace MekongTwin.Engines.Tests.PowerFlow;

/// <summary>A city's own network as one of the power flow.</summary>
public sealed class CityGridFacts
{
    [Fact]
    public void ALineIsLoadedByItsCurrentAgainstItsConductor()
    {
        var (network, assets) = CityGrids.Describe(1, 1, 1);
        var grid = CityGrid.Of(network, assets, new() { Loading = 0.8, PowerFactor = 0.9, HeadVm = 1.02 });
        var solution = RadialSweep.Of(grid.Network, out _)!.Solve();
        var ratingKva = assets[grid.Transformers[0]].RatingKva;
        Assert.Equal(0.8 * 0.9 * ratingKva, grid.Network.Loads.PowerP[grid.BusOf(0)] * 1000, 1e-9);
        var line = network.Lines[0];
        var ampere = Math.Sqrt(Math.Pow(solution.FromP[0], 2) + Math.Pow(solution.FromQ[0], 2)) * 1000 / (Math.Sqrt(3) * 22 * solution.Vm[line.From]);
        Assert.Equal(100 * ampere / network.Conductors[line.Conductor].RatingA, solution.LoadingPercent[0], 1e-6);
        Assert.Equal(1.02, solution.Vm[line.From], 1e-12);
        // At full load and voltage a transformer loses what its type says.
        Assert.InRange((solution.FromP[grid.BranchOf(0)] + solution.ToP[grid.BranchOf(0)]) * 1000 / ratingKva, 0.0018 + (0.0115 * 0.64), 0.0018 * 1.05 + (0.0115 * 0.64 * 1.1));
    }

    [Fact]
    public void EveryFeederHasItsOwnSourceAndSolversAgree()
    {
        var grid = CityGrids.Of(2, 5, 30);
        var (sweep, newton) = (RadialSweep.Of(grid.Network, out _)!.Solve(new SweepOptions { TolerancePu = 1e-12 }), new NewtonSolver(grid.Network, new NewtonOptions { Tolerance = 1e-11 }).Solve());
        for (var bus = 0; bus < sweep.Vm.Length; bus++) Assert.Equal(newton.Vm[bus], sweep.Vm[bus], 1e-9);
        Assert.DoesNotContain(true, sweep.Unserved);
        var losses = 0.0;
        for (var f = 0; f < 5; f++)
        {
            var load = Enumerable.Range(0, grid.Transformers.Length).Where(t => grid.FeederOfBus[grid.BusOf(t)] == f).Sum(t => grid.Network.Loads.PowerP[grid.BusOf(t)]);
            losses += sweep.SourceP[f] - load;
        }
        Assert.Equal(sweep.LossesP, losses, 1e-9);
        Assert.All(Enumerable.Range(0, grid.City.Lines.Length).Where(line => grid.City.Lines[line].Switch == NormalState.Open), line => Assert.Equal(0, sweep.FromP[line]));
    }

    [Fact]
    public void AVoltageThatIsNotStatedIsTakenAndSaid()
    {
        var (network, assets) = CityGrids.Describe(1, 2, 3);
        List<string> notes = [];
        var grid = CityGrid.Of(network with { Nodes = [network.Nodes[0] with { NominalKv = 35 }, network.Nodes[1] with { NominalKv = null }, .. network.Nodes[2..]] }, assets, notes: notes);
        Assert.Equal("fdr/1: 'kv' is not stated; 22 kV is taken", Assert.Single(notes));
        Assert.Equal((35, 35, 22, 0.4), (grid.Network.Buses.NominalKv[0], grid.Network.Buses.NominalKv[2], grid.Network.Buses.NominalKv[1], grid.Network.Buses.NominalKv[grid.BusOf(0)]));
        var perKm = network.Conductors[network.Lines[0].Conductor].ROhmPerKm * network.Lines[0].LengthKm / (35 * 35);
        Assert.Equal(perKm, grid.Network.Branches.R[0], 1e-12);
    }
}
