using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>Faults, views, cursors, watching, snapshots.</summary>
public abstract partial class TwinsContract
{
    private static readonly WatchFilter Everything = new(["vn-dad"], TimeSpan.Zero);

    private static Reading ReadingAt(int point, double minutes, long value, ReadingFlags flags = ReadingFlags.None, int revision = 0) =>
        new(SmallCity.StartUs + (long)(minutes * Instant.Minute), value, point, (ushort)revision, Quality.Good, flags);

    [Fact]
    public async Task ATwinThatFailsIsListedAndTheOthersGoOn()
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Traffic(model, 11, 2 * Instant.Hour, 5 * Instant.Minute);
        var broken = model.FindAsset("vn-dad/tx/003")!;
        foreach (var workers in WorkerCounts)
        {
            await using var fixture = await OpenAsync(new TwinsSetup(model, workers));
            fixture.BrokenPoint = PointOf(model, "vn-dad/tx/003", "Q");
            var (outcomes, faulted) = await ApplyAsync(fixture, readings, 5000);
            Assert.Equal([broken.Id], faulted.Distinct());
            for (var i = 0; i < readings.Count; i++)
            {
                Assert.Equal(model.Points[readings[i].Point].Asset == broken.Number, outcomes[i] == FoldOutcome.Faulted);
                Assert.NotEqual(FoldOutcome.Pending, outcomes[i]);
            }
            bool IsOther(Reading reading) => model.Points[reading.Point].Asset != broken.Number;
            var facts = await fixture.ReadFactsAsync();
            var others = new Facts(facts.Latest.Where(IsOther), facts.Windows, facts.Totals);
            Facts.AssertSame(Facts.ByOracle(model, readings.Where(IsOther)), others, $"one twin fails, {workers} workers");
            var views = await fixture.Twins.ViewAsync([broken.Id, new("vn-dad/tx/004")], Ct);
            Assert.Equal([true, false], views.Select(view => view.Faulted));
        }
    }

    [Fact]
    public async Task TheCursorAdvancesPastABatchOnWhichATwinFailed()
    {
        var model = SmallCity.Make();
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        fixture.BrokenPoint = PointOf(model, "vn-dad/tx/003", "Q");
        await ApplyAsync(fixture, [ReadingAt(fixture.BrokenPoint.Value, 1, 1)], 1);
        Assert.Equal([1L], (await fixture.Twins.AppliedAsync(Ct)).Offsets);
    }

    [Fact]
    public async Task ATwinThatFailedGoesOnOnceItsReadingsAreThereAgain()
    {
        var model = SmallCity.Make();
        var point = PointOf(model, "vn-dad/tx/003", "Q");
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        fixture.BrokenPoint = point;
        await ApplyAsync(fixture, [ReadingAt(point, 1, 1)], 1);
        fixture.BrokenPoint = null;
        var (outcomes, faulted) = await ApplyAsync(fixture, [ReadingAt(point, 2, 2)], 1);
        Assert.Empty(faulted);
        Assert.Equal([FoldOutcome.Stored], outcomes);
        Assert.False((await fixture.Twins.ViewAsync([new("vn-dad/tx/003")], Ct))[0].Faulted);
    }

    [Fact]
    public async Task AReadingOfAPointNobodyKnowsIsSetAsideAlone()
    {
        var model = SmallCity.Make();
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        var (outcomes, _) = await ApplyAsync(fixture, [ReadingAt(model.Points.Length + 5, 1, 1), ReadingAt(0, 1, 1)], 10);
        Assert.Equal([FoldOutcome.Faulted, FoldOutcome.Stored], outcomes);
    }

    [Fact]
    public async Task AppliedIsTheEndOfTheLastBatchEvenOfAnEmptyOne()
    {
        await using var fixture = await OpenAsync(new TwinsSetup(SmallCity.Make()));
        Assert.Equal([0L], (await fixture.Twins.AppliedAsync(Ct)).Offsets);
        var result = await fixture.Twins.ApplyAsync(new PartitionBatch(0, 0, 640, Array.Empty<Reading>(), []), Ct);
        Assert.Equal(640, result.To);
        Assert.Empty(result.Faulted);
        Assert.Equal([640L], (await fixture.Twins.AppliedAsync(Ct)).Offsets);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(20)]
    public async Task AStretchThatDoesNotBeginWhereTheLastEndedIsRefused(long from)
    {
        var model = SmallCity.Make();
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        var readings = Enumerable.Range(0, 10).Select(i => ReadingAt(0, i, i)).ToList();
        await ApplyAsync(fixture, readings, 10);
        var before = await fixture.ReadFactsAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await fixture.Twins.ApplyAsync(new PartitionBatch(0, from, from + 10, new[] { ReadingAt(0, 50, 1) }, []), Ct));
        Assert.Equal([10L], (await fixture.Twins.AppliedAsync(Ct)).Offsets);
        Facts.AssertSame(before, await fixture.ReadFactsAsync(), "refused");
        await ApplyAsync(fixture, [ReadingAt(0, 51, 1)], 1);
        Assert.Equal([11L], (await fixture.Twins.AppliedAsync(Ct)).Offsets);
    }

    [Fact]
    public async Task ViewsComeInTheOrderAskedWithoutThoseNobodyKnows()
    {
        var model = SmallCity.Make();
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture, [ReadingAt(PointOf(model, "vn-dad/tx/002", "V"), 1, 230), ReadingAt(PointOf(model, "vn-dad/tx/002", "P"), 2, 5)], 10);
        AssetId[] ids = [new("vn-dad/tx/002"), new("vn-dad"), new("vn-dad/none"), new("vn-dad/tx/001"), new("vn-dad/tx/002")];
        var views = await fixture.Twins.ViewAsync(ids, Ct);
        Assert.Equal(["vn-dad/tx/002", "vn-dad", "vn-dad/tx/001", "vn-dad/tx/002"], views.Select(view => view.Asset.Id.Path));
        Assert.Equal(["P", "V"], views[0].Latest.Select(latest => latest.Point.Metric));
        Assert.Equal([5L, 230L], views[0].Latest.Select(latest => latest.Reading.Value));
        Assert.Empty(views[1].Latest);
        Assert.Empty(views[2].Latest);
    }

    [Fact]
    public async Task AfterARestartViewsShowTheStoredLatestValues()
    {
        var model = SmallCity.Make();
        var point = PointOf(model, "vn-dad/tx/002", "V");
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture, [ReadingAt(point, 1, 230)], 10);
        await fixture.RestartAsync();
        var view = (await fixture.Twins.ViewAsync([new("vn-dad/tx/002")], Ct)).Single();
        Assert.Equal(ReadingAt(point, 1, 230), view.Latest.Single().Reading);
        Assert.Equal([1L], (await fixture.Twins.AppliedAsync(Ct)).Offsets);
    }

    [Fact]
    public async Task WatchingGivesTheFullStateFirstThenWhatChanges()
    {
        var model = SmallCity.Make();
        var point = PointOf(model, "vn-dad/tx/002", "P");
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture, [ReadingAt(point, 1, 1)], 10);
        await using var watch = fixture.Twins.WatchAsync(Everything, Ct).GetAsyncEnumerator(Ct);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(model.Assets.Length, watch.Current.Views.Count);
        Assert.Equal(0, watch.Current.Skipped);
        Assert.Equal(1, watch.Current.Views.Single(view => view.Asset.Id.Path == "vn-dad/tx/002").Latest.Single().Reading.Value);
        await ApplyAsync(fixture, [ReadingAt(point, 2, 2)], 10);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(2, watch.Current.Views.Single(view => view.Asset.Id.Path == "vn-dad/tx/002").Latest.Single().Reading.Value);
        Assert.DoesNotContain(watch.Current.Views, view => view.Asset.Id.Path == "vn-dad/tx/001");
    }

    [Fact]
    public async Task ASlowWatcherGetsTheNewestStateAndHowManyItNeverSaw()
    {
        var model = SmallCity.Make();
        var point = PointOf(model, "vn-dad/tx/002", "V");
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await using var watch = fixture.Twins.WatchAsync(new(["vn-dad/tx/002"], TimeSpan.Zero), Ct).GetAsyncEnumerator(Ct);
        Assert.True(await watch.MoveNextAsync());
        for (var minute = 1; minute <= 10; minute++) await ApplyAsync(fixture, [ReadingAt(point, minute, minute)], 10);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(10, watch.Current.Views.Single().Latest.Single().Reading.Value);
        Assert.Equal(9, watch.Current.Skipped);
    }

    [Fact]
    public async Task AWatcherIsNotToldOfAssetsOutsideItsFilterNorCountsThem()
    {
        var model = SmallCity.Make();
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await using var watch = fixture.Twins.WatchAsync(new(["vn-dad/tx/002"], TimeSpan.Zero), Ct).GetAsyncEnumerator(Ct);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(["vn-dad/tx/002"], watch.Current.Views.Select(view => view.Asset.Id.Path));
        for (var minute = 1; minute <= 10; minute++) await ApplyAsync(fixture, [ReadingAt(PointOf(model, "vn-dad/tx/005", "V"), minute, minute)], 10);
        await ApplyAsync(fixture, [ReadingAt(PointOf(model, "vn-dad/tx/002", "V"), 1, 7)], 10);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(["vn-dad/tx/002"], watch.Current.Views.Select(view => view.Asset.Id.Path));
        Assert.Equal(0, watch.Current.Skipped);
    }

    [Fact]
    public async Task AWatcherThatLeavesDoesNotStopTheOthers()
    {
        var model = SmallCity.Make();
        var point = PointOf(model, "vn-dad/tx/002", "V");
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await using var stays = fixture.Twins.WatchAsync(Everything, Ct).GetAsyncEnumerator(Ct);
        Assert.True(await stays.MoveNextAsync());
        await using (var leaves = fixture.Twins.WatchAsync(Everything, Ct).GetAsyncEnumerator(Ct))
        {
            Assert.True(await leaves.MoveNextAsync());
        }
        await ApplyAsync(fixture, [ReadingAt(point, 1, 1)], 10);
        Assert.True(await stays.MoveNextAsync());
        Assert.Contains(stays.Current.Views, view => view.Asset.Id.Path == "vn-dad/tx/002");
    }

    [Fact]
    public async Task WatchingEndsWhenItIsCancelled()
    {
        await using var fixture = await OpenAsync(new TwinsSetup(SmallCity.Make()));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        await using var watch = fixture.Twins.WatchAsync(Everything, stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
    }

    [Fact]
    public async Task ASnapshotShowsTheLatestValuesUpToAnInstant()
    {
        var model = SmallCity.Make();
        var (power, voltage) = (PointOf(model, "vn-dad/tx/002", "P"), PointOf(model, "vn-dad/tx/002", "V"));
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture,
        [
            ReadingAt(power, 1, 1), ReadingAt(power, 300, 2), ReadingAt(power, 299, 9, ReadingFlags.Historical), ReadingAt(power, 3000, 3),
            ReadingAt(voltage, 400, 230),
        ], 10);
        async Task<string> At(double minutes)
        {
            var asOf = Instant.ToTime(SmallCity.StartUs + (long)(minutes * Instant.Minute));
            var texts = new List<string>();
            var city = await fixture.Twins.SnapshotAsync("vn-dad", asOf, Ct);
            Assert.Equal((await fixture.Twins.AppliedAsync(Ct)).Offsets, city.Cut.Offsets);
            foreach (var snapshot in city.Twins)
            {
                foreach (var latest in snapshot.Latest) texts.Add($"{snapshot.Asset.Id} {latest.Point.Metric} {latest.Reading.Value}");
            }
            return string.Join("; ", texts);
        }
        Assert.Equal("", await At(0));
        Assert.Equal("vn-dad/tx/002 P 1", await At(1));
        Assert.Equal("vn-dad/tx/002 P 1", await At(299));
        Assert.Equal("vn-dad/tx/002 P 2", await At(300));
        Assert.Equal("vn-dad/tx/002 P 2; vn-dad/tx/002 V 230", await At(2999));
        Assert.Equal("vn-dad/tx/002 P 3; vn-dad/tx/002 V 230", await At(100_000));
    }

    [Fact]
    public async Task ASnapshotMergesCopiesBeforeItAsksWhatIsHistory()
    {
        var model = SmallCity.Make();
        var point = PointOf(model, "vn-dad/tx/002", "P");
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        await ApplyAsync(fixture, [ReadingAt(point, 5, 1), ReadingAt(point, 5, 8, ReadingFlags.Historical, revision: 1), ReadingAt(point, 50, 2)], 10);
        var asOf = Instant.ToTime(SmallCity.StartUs + 6 * Instant.Minute);
        var snapshot = await fixture.Twins.SnapshotAsync("vn-dad", asOf, Ct);
        Assert.Equal(8, snapshot.Twins.SelectMany(twin => twin.Latest).Single().Reading.Value);
    }

    [Fact]
    public async Task ASnapshotHasEveryAssetOfTheCityAndOnlyThose()
    {
        var model = SmallCity.Make();
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        var snapshot = await fixture.Twins.SnapshotAsync("vn-dad", DateTimeOffset.UnixEpoch, Ct);
        Assert.Equal(model.Assets.Select(asset => asset.Id.Path), snapshot.Twins.Select(twin => twin.Asset.Id.Path));
        // Another city's name is not a beginning of this one's.
        Assert.Empty((await fixture.Twins.SnapshotAsync("vn-da", DateTimeOffset.UnixEpoch, Ct)).Twins);
    }
}
