using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Tests;

public sealed class GridModelTests
{
    public static TheoryData<double> Hours => [0, 3.5, 7, 11.2, 14, 19.75, 23.99];

    [Theory]
    [MemberData(nameof(Hours))]
    public void FeedersCarryTheirTransformersAndTheirLosses(double hour)
    {
        var grid = Pilot.Folder.Grid;
        var network = new NetworkModel(grid);
        var state = new GridModel(Pilot.Folder, 7).At(Pilot.WednesdayMs(hour));
        for (var feeder = 0; feeder < grid.Feeders.Count; feeder++)
        {
            var served = grid.Transformers.Select((transformer, i) => network.FeederOf(network.NodeOf(transformer)) == feeder ? state.TransformerKw[i] : 0).Sum();
            Assert.Equal(served + state.FeederLossKw[feeder], state.FeederKw[feeder], 6);
            Assert.InRange(state.FeederLossKw[feeder] / served, 0.015, 0.03);
        }
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public void SubstationsCarryTheirFeedersAndTheirLosses(double hour)
    {
        var grid = Pilot.Folder.Grid;
        var state = new GridModel(Pilot.Folder, 7).At(Pilot.WednesdayMs(hour));
        for (var substation = 0; substation < grid.Substations.Count; substation++)
        {
            var served = grid.Feeders.Select((feeder, i) => feeder.Substation == grid.Substations[substation].Id ? state.FeederKw[i] : 0).Sum();
            Assert.Equal(served + state.SubstationLossKw[substation], state.SubstationKw[substation], 6);
            Assert.InRange(state.SubstationLossKw[substation] / grid.Substations[substation].RatingKva, 0.0006, 0.0043);
        }
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public void CurrentsAndVoltagesFitThePowers(double hour)
    {
        var state = new GridModel(Pilot.Folder, 7).At(Pilot.WednesdayMs(hour));
        for (var i = 0; i < state.FeederKw.Length; i++)
        {
            var kva = Math.Sqrt(state.FeederKw[i] * state.FeederKw[i] + state.FeederKvar[i] * state.FeederKvar[i]);
            Assert.Equal(kva / (Math.Sqrt(3) * state.FeederKv[i]), state.FeederAmpere[i], 9);
            Assert.InRange(state.FeederKv[i], 22 * 0.95, 22 * 1.05);
        }
        for (var i = 0; i < state.TransformerKw.Length; i++)
        {
            var kva = Math.Sqrt(state.TransformerKw[i] * state.TransformerKw[i] + state.TransformerKvar[i] * state.TransformerKvar[i]);
            Assert.InRange(state.TransformerKw[i] / kva, 0.8999, 0.9801);
            Assert.InRange(state.TransformerV[i], 207, 242);
        }
    }

    [Fact]
    public void HeatRaisesTheLoadByTheNamedSlope()
    {
        var folder = Pilot.Folder;
        var warmer = folder with { Simulation = folder.Simulation with { Climate = folder.Simulation.Climate with { CoastalOffsetC = folder.Simulation.Climate.CoastalOffsetC + 1 } } };
        var (before, after) = (new GridModel(folder, 7).At(Pilot.WednesdayMs(14)), new GridModel(warmer, 7).At(Pilot.WednesdayMs(14)));
        Assert.Equal(1, after.TemperatureC - before.TemperatureC, 9);
        var rise = after.TransformerKw.Sum() / before.TransformerKw.Sum() - 1;
        Assert.InRange(rise, 0.015, 0.032);
    }

    [Fact]
    public void EveningsOutdoNightsAndWorkdaysOutdoSundays()
    {
        var grid = new GridModel(Pilot.Folder, 7);
        double Total(long timeMs) => grid.At(timeMs).SubstationKw.Sum();
        Assert.True(Total(Pilot.WednesdayMs(19)) > 1.3 * Total(Pilot.WednesdayMs(3)));
        Assert.True(Total(Pilot.WednesdayMs(10)) > Total(Pilot.WednesdayMs(10 + 4 * 24)));
    }

    [Fact]
    public void AHotWorkingDayHasAboutTheLoadFactorOfThePublicPeakDay()
    {
        var grid = new GridModel(Pilot.Folder, 7);
        var day = Enumerable.Range(0, 96).Select(quarter => grid.At(Pilot.WednesdayMs(quarter / 4.0)).SubstationKw.Sum()).ToList();
        Assert.InRange(day.Average() / day.Max(), 0.8546 - 0.08, 0.8546 + 0.03);
    }

    [Fact]
    public void TheYearKeepsWithinRatings()
    {
        var grid = new GridModel(Pilot.Folder, 1);
        var transformers = Pilot.Folder.Grid.Transformers;
        var feeders = Pilot.Folder.Grid.Feeders;
        for (var hour = 0; hour < 365 * 24; hour += 5)
        {
            var state = grid.At(Pilot.WednesdayMs(hour));
            Assert.All(transformers.Select((transformer, i) => state.TransformerKw[i] / transformer.RatingKva), loading => Assert.InRange(loading, 0.03, 1.3));
            Assert.All(feeders.Select((feeder, i) => state.FeederKw[i] / feeder.RatingKva), loading => Assert.InRange(loading, 0.05, 1.05));
        }
    }
}
