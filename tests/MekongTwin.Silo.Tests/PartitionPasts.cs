using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;

namespace MekongTwin.Silo.Tests;

/// <summary>A partition's past is partly in memory and partly stored, and moves from one to the other while it is asked for.</summary>
public sealed class PartitionPasts
{
    private static readonly Model City = SmallCity.Make();
    private static readonly PartitionMap Map = new(City, partitions: 1);

    private static Reading At(long timeUs) => new(timeUs, 1_000_000, 0, 0, Quality.Good, ReadingFlags.None);

    [Fact]
    public void WhatWasReadBeforeAStretchWasStoredIsAskedForAgain()
    {
        var asset = Map.AssetOf(0);
        var readings = new PartitionReadings(0, () => Map);
        readings.Stored(0, 1_000);
        readings.Add([At(500)], 100);
        readings.Close(100);
        Assert.False(readings.TryRead(0, 0, 1_000, []));
        var (ranges, drops) = readings.TakeWanted(asset);
        // The database answers; before its answer is here, the commit that stores the stretch is through.
        readings.Drop(readings.Sort());
        readings.Fetched(ranges, [[]], drops);
        Assert.False(readings.TryRead(0, 0, 1_000, []));
        (ranges, drops) = readings.TakeWanted(asset);
        readings.Fetched(ranges, [[At(500)]], drops);
        var found = new List<Reading>();
        Assert.True(readings.TryRead(0, 0, 1_000, found));
        Assert.Equal([At(500)], found);
    }

    [Fact]
    public void WhatWasReadBeforeAQuarterWasCommittedIsAskedForAgain()
    {
        var asset = Map.AssetOf(0);
        var facts = new PartitionFacts(() => Map);
        facts.Put(WindowOf(0, count: 2));
        facts.Load([(asset, 0L)], []);
        Assert.Throws<NotAtHandException>(() => facts.TryReadWindow(0, -Instant.Quarter, out _));
        Assert.True(facts.TryTakeWanted(asset, out var fromUs, out var trims));
        var change = new FactsChange { Partition = 0, Epoch = 1, Revision = 0, Applied = 0, Doors = [] };
        facts.TakeInto(change);
        // Much later a newer quarter comes, and the old one is let go.
        facts.Put(WindowOf(100 * Instant.Quarter, count: 1));
        facts.Trim();
        facts.Load(asset, fromUs, [], trims);
        Assert.Throws<NotAtHandException>(() => facts.TryReadWindow(0, 0, out _));
        Assert.True(facts.TryTakeWanted(asset, out fromUs, out trims));
        facts.Load(asset, fromUs, change.Windows, trims);
        Assert.True(facts.TryReadWindow(0, 0, out var window));
        Assert.Equal(2, window.Count);
    }

    private static PointWindow WindowOf(long startUs, int count) => new(0, startUs, count, 0, 0, 5, 1, 1, 1, startUs, 0, 0);
}
