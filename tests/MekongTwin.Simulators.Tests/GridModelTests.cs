using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Tests;

public sealed class GridModelTests
{
    public static TheoryData<double> Hours => [0, 3.5, 7, 11.2, 14, 19.75, 23.99];

    private static IEnumerable<long> AYear => Enumerable.Range(0, 365 * 24 / 41).Select(i => Pilot.WednesdayMs(41 * i));

    [Theory]
    [MemberData(nameof(Hours))]
    public void FeedersCarryTheirTransformersAndTheirLosses(double hour)
    {
        var grid = new GridModel(Pilot.Folder, 7);
        for (var feeder = 0; feeder < grid.Network.Feeders; feeder++)
        {
            var state = grid.FeederAt(feeder, Pilot.WednesdayMs(hour));
            var served = state.TransformerKw.Sum();
            Assert.Equal(served + state.TransformerLossKw + state.LineLossKw, state.Kw, 6);
            Assert.InRange(state.TransformerLossKw / served, 0.003, 0.03);
            Assert.InRange(state.LineLossKw / served, 0, 0.06);
        }
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public void SubstationsCarryTheirFeedersAndTheirLossesAndTheCityItsSubstations(double hour)
    {
        var folder = Pilot.Folder.Grid;
        var grid = new GridModel(Pilot.Folder, 7);
        var city = grid.CityAt(Pilot.WednesdayMs(hour));
        var supply = 0.0;
        for (var substation = 0; substation < folder.Substations.Count; substation++)
        {
            var file = folder.Substations[substation];
            var state = grid.SubstationAt(substation, Pilot.WednesdayMs(hour));
            supply += state.Kw;
            if (file.Customers is not null) continue;
            var served = folder.Feeders.Select((feeder, i) => feeder.Substation == file.Id ? grid.FeederAt(i, Pilot.WednesdayMs(hour)).Kw : 0).Sum();
            Assert.Equal(served + state.LossKw, state.Kw, 6);
            Assert.InRange(double.Hypot(state.Kw, state.Kvar) / file.RatingKva, 0.05, 1);
        }
        Assert.Equal(supply, city.SupplyKw, 6);
        Assert.Equal(city.SupplyKw, city.SalesKw + city.LossKw, 6);
        Assert.InRange(city.LossKw / city.SupplyKw, 0.02, 0.05);
    }

    /// <summary>The two sweeps against twenty, in the complex numbers of the textbook: currents inward, voltages outward.</summary>
    [Fact]
    public void TheSweepAgreesWithTheFullPowerFlow()
    {
        var grid = new GridModel(Pilot.Folder, 7);
        var timeMs = Pilot.WednesdayMs(19);
        Assert.Empty(grid.MomentAt(timeMs).Transfers);
        for (var feeder = 0; feeder < grid.Network.Feeders; feeder++)
        {
            var state = grid.FeederAt(feeder, timeMs);
            var tree = grid.Network.NormalTrees[feeder];
            var load = new System.Numerics.Complex[tree.Nodes.Length];
            for (var i = 0; i < state.Transformers.Length; i++)
            {
                var transformer = grid.Transformers[state.Transformers[i]];
                var losses = transformer.Losses(state.TransformerKw[i], state.TransformerKvar[i]);
                load[Array.IndexOf(tree.Nodes, transformer.Node)] += new System.Numerics.Complex(state.TransformerKw[i] + losses.Kw, state.TransformerKvar[i] + losses.Kvar) / 1000;
            }
            var voltage = Enumerable.Repeat(new System.Numerics.Complex(state.Kv, 0), load.Length).ToArray();
            var current = new System.Numerics.Complex[load.Length];
            for (var sweep = 0; sweep < 20; sweep++)
            {
                for (var at = 0; at < load.Length; at++) current[at] = System.Numerics.Complex.Conjugate(load[at] / voltage[at]);
                for (var at = load.Length - 1; at > 0; at--) current[tree.FedFrom[at]] += current[at];
                for (var at = 1; at < load.Length; at++)
                {
                    var line = grid.Network.Lines[tree.Lines[at]];
                    voltage[at] = voltage[tree.FedFrom[at]] - current[at] * new System.Numerics.Complex(line.ROhm, line.XOhm);
                }
            }
            var head = voltage[0] * System.Numerics.Complex.Conjugate(current[0]) * 1000;
            Assert.Equal(head.Real, state.Kw, head.Real * 0.0005);
            Assert.Equal(head.Imaginary, state.Kvar, Math.Abs(head.Real) * 0.002);
        }
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public void CurrentsAndVoltagesFitThePowers(double hour)
    {
        var grid = new GridModel(Pilot.Folder, 7);
        for (var feeder = 0; feeder < grid.Network.Feeders; feeder++)
        {
            var state = grid.FeederAt(feeder, Pilot.WednesdayMs(hour));
            Assert.Equal(double.Hypot(state.Kw, state.Kvar) / (Math.Sqrt(3) * state.Kv), state.Ampere, 9);
            Assert.InRange(state.Kv, 22 * 0.98, 22 * 1.05);
            Assert.All(state.TransformerV, volt => Assert.InRange(volt, 200, 250));
        }
    }

    /// <summary>On the hottest day half of the transformers load to 45 to 60 %, some beyond their rating; feeders stay within theirs.</summary>
    [Fact]
    public void LoadingsOfTheHottestDayAreThoseOfARealGrid()
    {
        var grid = new GridModel(Pilot.Folder, 1);
        var (loadings, amperes) = (new double[grid.Transformers.Count], new double[grid.Network.Feeders]);
        foreach (var hour in Enumerable.Range(0, 24))
        {
            for (var feeder = 0; feeder < amperes.Length; feeder++)
            {
                var state = grid.FeederAt(feeder, Published.HotDayMs(hour));
                amperes[feeder] = Math.Max(amperes[feeder], state.Ampere);
                for (var i = 0; i < state.Transformers.Length; i++)
                {
                    ref var loading = ref loadings[state.Transformers[i]];
                    loading = Math.Max(loading, double.Hypot(state.TransformerKw[i], state.TransformerKvar[i]) / grid.Transformers[state.Transformers[i]].RatingKva);
                }
            }
        }
        Assert.InRange(loadings.Order().ElementAt(loadings.Length / 2), 0.45, 0.60);
        Assert.InRange(loadings.Count(loading => loading > 1), 20, 400);
        Assert.InRange(amperes.Order().ElementAt(amperes.Length / 2), 150, 200);
        Assert.All(amperes.Select((ampere, feeder) => ampere / (Pilot.Folder.Grid.Feeders[feeder].RatingKva / Math.Sqrt(3) / 22)), share => Assert.InRange(share, 0.1, 1));
    }

    /// <summary>3 % of the transformers hang on another feeder than the folder says: a neighbour, and the same one always.</summary>
    [Fact]
    public void SomeTransformersHangOnANeighbourOfTheFeederThatTheFolderNames()
    {
        var grid = new GridModel(Pilot.Folder, 7);
        var transformers = Pilot.Folder.Grid.Transformers;
        var wrong = Enumerable.Range(0, transformers.Count).Where(i => grid.TrueFeederOf(i) != grid.Network.FeederOf(grid.Network.NodeOf(transformers[i]))).ToList();
        Assert.InRange(wrong.Count / (double)transformers.Count, GridModel.WrongFeederShare - 0.008, GridModel.WrongFeederShare + 0.008);
        var pairs = grid.Network.Lines.Where(line => line.IsNormallyOpen).Select(line => (grid.Network.FeederOf(line.From), grid.Network.FeederOf(line.To))).ToHashSet();
        Assert.All(wrong, i =>
        {
            var (named, real) = (grid.Network.FeederOf(grid.Network.NodeOf(transformers[i])), grid.TrueFeederOf(i));
            Assert.True(pairs.Contains((named, real)) || pairs.Contains((real, named)));
        });
        var again = new GridModel(Pilot.Folder, 7);
        Assert.Equal(Enumerable.Range(0, transformers.Count).Select(grid.TrueFeederOf), Enumerable.Range(0, transformers.Count).Select(again.TrueFeederOf));
    }

    /// <summary>Whatever is switched, every transformer is fed once, and the neighbour carries what the feeder gave away.</summary>
    [Fact]
    public void SwitchingMovesTransformersAndLosesNone()
    {
        var grid = new GridModel(Pilot.Folder, 7);
        var moved = 0;
        foreach (var timeMs in AYear)
        {
            var transfers = grid.MomentAt(timeMs).Transfers;
            if (transfers.Count == 0) continue;
            moved += transfers.Count;
            var fed = Enumerable.Range(0, grid.Network.Feeders).SelectMany(feeder => grid.FeederAt(feeder, timeMs).Transformers);
            Assert.Equal(Enumerable.Range(0, grid.Transformers.Count), fed.Order());
            foreach (var transfer in transfers)
            {
                Assert.True(grid.FeederAt(transfer.From, timeMs).Transformers.Length < Enumerable.Range(0, grid.Transformers.Count).Count(i => grid.TrueFeederOf(i) == transfer.From));
                Assert.True(grid.FeederAt(transfer.To, timeMs).Transformers.Length > Enumerable.Range(0, grid.Transformers.Count).Count(i => grid.TrueFeederOf(i) == transfer.To));
            }
        }
        Assert.InRange(moved, 10, 200);
    }

    /// <summary>A step of the weather comes into the load over hours: buildings are slow.</summary>
    [Fact]
    public void HeatRaisesTheLoadWithALagAndSaturates()
    {
        var demand = Pilot.Folder.Simulation.Demand;
        var cooling = new Cooling(demand);
        double Felt(double hoursAfter) => Cooling.FeltC(timeMs => new(timeMs >= 0 ? 36 : 30, 70, 0, 0, 2), (long)(hoursAfter * 3_600_000));
        Assert.Equal((30, 36), (Felt(-1), Felt(25)));
        Assert.Equal([.. new[] { 0.0, 2, 4, 8, 16, 25 }.Select(Felt).Order()], new[] { 0.0, 2, 4, 8, 16, 25 }.Select(Felt));
        Assert.InRange(Felt(0), 30.5, 33);
        // The slope is of a hot afternoon's load; from degree to degree it falls.
        var hot = demand.CoolingBaseC + 8;
        var slopes = Enumerable.Range(0, 12).Select(degree => (cooling.Rise(hot + degree + 1) - cooling.Rise(hot + degree)) / (1 + cooling.Rise(hot + degree))).ToList();
        Assert.InRange(slopes[0], 0.015, 0.04);
        Assert.Equal(slopes.OrderDescending(), slopes);
        Assert.InRange(cooling.Rise(demand.CoolingBaseC - 8), 0, 0.005);
    }

    [Fact]
    public void TheNewYearAndSundaysAreQuietEveningsAreNot()
    {
        var grid = new GridModel(Pilot.Folder, 7);
        double Total(int month, int day, double hour) => grid.CityAt(Published.Ms(2024, month, day, hour)).SupplyKw;
        Assert.True(Total(6, 12, 19) > 1.2 * Total(6, 12, 4));
        Assert.True(Total(6, 12, 10) > 1.03 * Total(6, 16, 10));
        // Tết 2024 was on 10 February.
        Assert.True(Total(2, 12, 10) < 0.85 * Total(2, 26, 10));
    }

    [Fact]
    public void CloudsAndNightTakeTheSunFromTheRoofs()
    {
        var without = Pilot.Folder with { Simulation = Pilot.Folder.Simulation with { Demand = Pilot.Folder.Simulation.Demand with { RooftopPvMwp = 0 } } };
        var (roofs, bare) = (new GridModel(Pilot.Folder, 7), new GridModel(without, 7));
        double PvKw(int hour) => bare.CityAt(Published.HotDayMs(hour)).SupplyKw - roofs.CityAt(Published.HotDayMs(hour)).SupplyKw;
        Assert.Equal(0, PvKw(22), 6);
        Assert.InRange(PvKw(12), 0.6 * 1000 * Pilot.Folder.Simulation.Demand.RooftopPvMwp, 0.9 * 1000 * Pilot.Folder.Simulation.Demand.RooftopPvMwp);
        Assert.True(PvKw(12) > PvKw(8));
    }
}
