using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>Facts are a function of the set of readings.</summary>
public abstract partial class TwinsContract
{
    [Fact]
    public async Task FactsInOrderAreThoseOfTheOracle()
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Traffic(model, 1, 6 * Instant.Hour, 5 * Instant.Minute);
        Facts.AssertSame(Facts.ByOracle(model, readings), await FactsOfAsync(model, readings, 500), "in order");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(300)]
    [InlineData(10_000)]
    public async Task FactsAreTheSameInAnyOrderAndAnyBatchSize(int batchSize)
    {
        var model = SmallCity.Make(8, 4);
        var readings = SmallCity.Traffic(model, 2, 4 * Instant.Hour, 10 * Instant.Minute);
        var expected = Facts.ByOracle(model, readings);
        Shuffle(readings, batchSize);
        Facts.AssertSame(expected, await FactsOfAsync(model, readings, batchSize), $"shuffled, batches of {batchSize}");
        readings.Reverse();
        Facts.AssertSame(expected, await FactsOfAsync(model, readings, batchSize), $"reversed, batches of {batchSize}");
    }

    [Fact]
    public async Task FactsAreTheSameForAnyNumberOfWorkers()
    {
        var model = SmallCity.Make(60, 40);
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 3, 6 * Instant.Hour, 5 * Instant.Minute), 3);
        var expected = Facts.ByOracle(model, readings);
        foreach (var workers in WorkerCounts) Facts.AssertSame(expected, await FactsOfAsync(model, readings, 9_000, workers), $"{workers} workers");
    }

    [Fact]
    public async Task ApplyingTheSameBatchAgainChangesNothingAndCountsDuplicates()
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Traffic(model, 4, 3 * Instant.Hour, 5 * Instant.Minute);
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture, readings, 1000);
        var before = await fixture.ReadFactsAsync();
        var (again, _) = await ApplyAsync(fixture, readings, 700);
        Assert.All(again, outcome => Assert.Equal(FoldOutcome.Duplicate, outcome));
        Facts.AssertSame(before, await fixture.ReadFactsAsync(), "applied twice");
    }

    [Fact]
    public async Task EveryInstantOfAPointIsStoredOnceAndEveryOtherCopyIsADuplicate()
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 5, 5 * Instant.Hour, 5 * Instant.Minute), 5);
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        var (outcomes, faulted) = await ApplyAsync(fixture, readings, 333);
        Assert.Empty(faulted);
        var distinct = readings.Select(reading => (reading.Point, reading.TimeUs)).Distinct().Count();
        Assert.Equal(distinct, outcomes.Count(outcome => outcome == FoldOutcome.Stored));
        Assert.Equal(readings.Count - distinct, outcomes.Count(outcome => outcome == FoldOutcome.Duplicate));
    }

    [Fact]
    public async Task EveryParentIsTheSumOfItsChildrenInBothTrees()
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 6, 5 * Instant.Hour, 5 * Instant.Minute), 6);
        var facts = await FactsOfAsync(model, readings, 250);
        var totals = facts.Totals.ToDictionary(total => (total.Asset, total.StartUs), total => total.Total);
        var children = model.ChildrenByParent();
        foreach (var start in facts.Totals.Select(total => total.StartUs).Distinct())
        {
            foreach (var parent in children)
            {
                var sum = parent.Aggregate(default(Contribution), (total, child) => total + totals.GetValueOrDefault((child.Number, start)));
                Assert.Equal(sum, totals.GetValueOrDefault((parent.Key, start)));
            }
        }
        var city = model.FindAsset("vn-dad")!.Number;
        var substations = model.Assets.Where(asset => asset.Kind == AssetKind.Substation).Select(asset => asset.Number).ToHashSet();
        Assert.Equal(
            facts.Totals.Where(total => total.Asset == city).Sum(total => total.Total.EnergyKwh),
            facts.Totals.Where(total => substations.Contains(total.Asset)).Sum(total => total.Total.EnergyKwh));
    }

    [Fact]
    public async Task DataUpToFortyEightHoursLateRestatesWindowsAndTotals()
    {
        var model = SmallCity.Make(5, 2);
        var readings = SmallCity.Traffic(model, 7, 50 * Instant.Hour, 10 * Instant.Minute);
        var late = readings.Where((reading, i) => i % 10 == 0 && reading.TimeUs < SmallCity.StartUs + 2 * Instant.Hour).ToList();
        Assert.NotEmpty(late);
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture, readings.Except(late).ToList(), 400);
        var before = await fixture.ReadFactsAsync();
        await ApplyAsync(fixture, late, 5);
        var after = await fixture.ReadFactsAsync();
        Assert.NotEqual(before.Hash, after.Hash);
        Facts.AssertSame(Facts.ByOracle(model, readings), after, "48 hours late");
    }

    [Fact]
    public async Task AWindowThatLosesEverythingIsNoFactAnyMore()
    {
        var model = SmallCity.Make();
        var point = PointOf(model, "vn-dad/tx/000", "P");
        Reading[] readings =
        [
            new(SmallCity.StartUs + Instant.Minute, 5_000_000, point, 0, Quality.Good, ReadingFlags.None),
            new(SmallCity.StartUs + 31 * Instant.Minute, 6_000_000, point, 0, Quality.Good, ReadingFlags.None),
            new(SmallCity.StartUs + 31 * Instant.Minute, 0, point, 1, Quality.Bad, ReadingFlags.None),
        ];
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture, readings[..2], 10);
        Assert.Equal(3, (await fixture.ReadFactsAsync()).Windows.Count);
        await ApplyAsync(fixture, readings[2..], 10);
        Facts.AssertSame(Facts.ByOracle(model, readings), await fixture.ReadFactsAsync(), "revised to bad");
    }

    [Fact]
    public async Task ARestartContinuesWithTheSameFacts()
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 8, 8 * Instant.Hour, 5 * Instant.Minute), 8);
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        var third = readings.Count / 3;
        await ApplyAsync(fixture, readings[..third], 200);
        await fixture.RestartAsync();
        await ApplyAsync(fixture, readings[third..(2 * third)], 77);
        await fixture.RestartAsync();
        await fixture.RestartAsync();
        await ApplyAsync(fixture, readings[(2 * third)..], 1000);
        Facts.AssertSame(Facts.ByOracle(model, readings), await fixture.ReadFactsAsync(), "restarted thrice");
    }

    [Fact]
    public async Task ARestartTakesTheVeryNextReading()
    {
        var model = SmallCity.Make();
        var point = PointOf(model, "vn-dad/tx/001", "P");
        Reading At(int minutes) => new(SmallCity.StartUs + minutes * Instant.Minute, minutes, point, 0, Quality.Good, ReadingFlags.None);
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture, [.. Enumerable.Range(0, 60).Select(At)], 10);
        await fixture.RestartAsync();
        var (outcomes, _) = await ApplyAsync(fixture, [At(60)], 10);
        Assert.Equal([FoldOutcome.Stored], outcomes);
        Assert.Equal(60, (await fixture.ReadFactsAsync()).Latest.Single().Value);
    }
}
