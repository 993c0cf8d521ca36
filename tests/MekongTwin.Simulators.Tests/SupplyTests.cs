using MekongTwin.Simulators.Cities;
using MekongTwin.Simulators.Living;
using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Tests;

/// <summary>Interruptions: what is not fed measures nothing, what comes back takes more, and everything still adds up.</summary>
public sealed class SupplyTests
{
    private const long MinuteMs = 60_000;

    private static readonly CityFolder Mandalay = CityFolder.Read(Path.Combine(Pilot.Directory, "..", "mm-mdy"));

    /// <summary>The pilot with an outage of every feeder every day.</summary>
    private static readonly CityFolder Troubled = Pilot.Folder with { Simulation = Pilot.Folder.Simulation with { Supply = new() { OutagesPerFeederYear = 366 } } };

    [Fact]
    public void AnOutageIsRestoredSectionBySection()
    {
        var (supply, grid, calm) = (new Supply(Troubled, 7), new GridModel(Troubled, 7), new GridModel(Pilot.Folder, 7));
        for (var feeder = 0; feeder < grid.Network.Feeders; feeder++)
        {
            var (begin, restored) = supply.OutageOf(feeder, Pilot.WednesdayMs(12) / 86_400_000)!.Value;
            Assert.Equal(restored.Order(), restored);
            var tree = grid.Network.NormalTrees[feeder];
            foreach (var (timeMs, sections) in new[] { (begin - 1, 9), (begin, 0), (restored[0] - 1, 0), (restored[0], 1), (restored[1] - 1, 1), (restored[1], 2), (restored[2], 9) })
            {
                if (calm.MomentAt(timeMs).Transfers.Any(transfer => transfer.From == feeder || transfer.To == feeder)) continue;
                var state = grid.FeederAt(feeder, timeMs);
                for (var i = 0; i < state.Transformers.Length; i++)
                {
                    var isFed = tree.Sections[Array.IndexOf(tree.Nodes, grid.Transformers[state.Transformers[i]].Node)] < sections;
                    Assert.Equal((isFed, isFed), (state.TransformerV[i] > 0, state.TransformerKvar[i] > 0));
                    if (!isFed) Assert.Equal(0, state.TransformerKw[i]);
                }
                Assert.Equal((sections > 0, sections > 0, sections > 0), (state.Kw > 0, state.Kv > 0, state.Ampere > 0));
                Assert.Equal(state.TransformerKw.Sum() + state.TransformerLossKw + state.LineLossKw, state.Kw, 6);
            }
        }
    }

    /// <summary>Right after a restoration the feeder takes more than it would have, two hours later hardly.</summary>
    [Fact]
    public void WhatComesBackTakesMoreAtFirst()
    {
        var (supply, grid, calm) = (new Supply(Troubled, 7), new GridModel(Troubled, 7), new GridModel(Pilot.Folder, 7));
        for (var feeder = 0; feeder < grid.Network.Feeders; feeder++)
        {
            var (_, restored) = supply.OutageOf(feeder, Pilot.WednesdayMs(12) / 86_400_000)!.Value;
            double Rise(long timeMs) => grid.FeederAt(feeder, timeMs).TransformerKvar.Sum() / calm.FeederAt(feeder, timeMs).TransformerKvar.Sum();
            Assert.InRange(Rise(restored[2]), 1.05, 1.8);
            Assert.True(Rise(restored[2] + 30 * MinuteMs) < Rise(restored[2]));
            Assert.InRange(Rise(restored[2] + 180 * MinuteMs), 0.999, 1.01);
        }
    }

    [Fact]
    public void InEveryTurnOneGroupIsOffAndAFeederOfNoGroupNever()
    {
        var grid = new GridModel(Mandalay with { Simulation = Mandalay.Simulation with { Supply = new() { Rotation = Mandalay.Simulation.Supply.Rotation } } }, 1);
        var groups = Mandalay.Simulation.Supply.Rotation!.Groups;
        var feeders = Mandalay.Grid.Feeders.Select(feeder => feeder.Id).ToList();
        var offHours = new int[groups.Count];
        // Days of the city's own zone, +06:30, and a minute into the hour.
        for (var hour = 0; hour < 24 * 21; hour++)
        {
            var timeMs = new DateTimeOffset(2026, 6, 1, 0, 1, 0, TimeSpan.FromHours(6.5)).AddHours(hour).ToUnixTimeMilliseconds();
            var off = Enumerable.Range(0, feeders.Count).Where(feeder => grid.FeederAt(feeder, timeMs).Kv == 0).Select(feeder => feeders[feeder]).ToHashSet();
            var group = Assert.Single(Enumerable.Range(0, groups.Count), group => off.SetEquals(groups[group]));
            offHours[group]++;
            Assert.DoesNotContain("fdr/473-chanayethazan", off);
        }
        Assert.All(offHours, hours => Assert.Equal(24 * 21 / groups.Count, hours));
    }

    [Fact]
    public void MetersOfADeadFeederSayZero()
    {
        var devices = CityDevices.Of(Mandalay, 1, Profile.Dense);
        var grid = new GridModel(Mandalay, 1);
        var timeMs = Pilot.WednesdayMs(12);
        var dead = Enumerable.Range(0, Mandalay.Grid.Feeders.Count).Where(feeder => grid.FeederAt(feeder, timeMs).Kv == 0).Select(feeder => Mandalay.Grid.Feeders[feeder].Id).ToList();
        Assert.NotEmpty(dead);
        Assert.All(dead, feeder => Assert.All(devices.Single(device => device.Name == feeder).Measure(timeMs), message =>
            Assert.StartsWith("{\"v\":0.0,", System.Text.Encoding.UTF8.GetString(message.Payload.Span), StringComparison.Ordinal)));
        // A substation that feeds on has its voltage.
        Assert.InRange(grid.SubstationAt(0, timeMs).Kv, 10.8, 11.6);
    }

    [Theory]
    [InlineData(5, "fdr/471-ohbo", "hours is 5")]
    [InlineData(4, "fdr/479-ohbo", "names fdr/479-ohbo, which is no feeder")]
    public void ATimetableThatCannotBeKeptIsNamed(int hours, string feeder, string mistake)
    {
        var rotation = new RotationFile(hours, [[feeder]]);
        Assert.Contains(mistake, Assert.Throws<InvalidDataException>(() => new Supply(Mandalay with { Simulation = Mandalay.Simulation with { Supply = new() { Rotation = rotation } } }, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ACityThatSaysNothingOfInterruptionsHasNone()
    {
        var supply = new Supply(Pilot.Folder, 7);
        for (var hour = 0; hour < 1000; hour++) Assert.Same(FeederSupply.Whole, supply.At(hour % 112, Pilot.WednesdayMs(hour)));
    }
}
