using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using Microsoft.Data.Sqlite;

namespace MekongTwin.History.Tests.Store;

/// <summary>The projection: rows replace rows, and everything of a commit is there or nothing.</summary>
public sealed class Projection : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mekongtwin-");

    private string Path => System.IO.Path.Combine(_directory.FullName, "twin.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void RowsReplaceRowsOfTheirKey()
    {
        using var store = new TwinStore(Path);
        store.Put(Window(1, 0, 10));
        store.Put(Window(1, 0, 20));
        store.Put(Window(1, Instant.Quarter, 30));
        store.Commit(100, new Ledger());
        store.Put(Window(1, 0, 40));
        store.Commit(200, new Ledger());
        Assert.Equal([Window(1, 0, 40), Window(1, Instant.Quarter, 30)], new TwinQueries(Path).PointWindows(1, 0, long.MaxValue));
    }

    [Fact]
    public void TotalsThatWaitAreReadBackBeforeTheyAreCommitted()
    {
        using var store = new TwinStore(Path);
        Assert.True(store.ReadTotal(7, 0).IsZero);
        store.Put(new AssetWindow(7, 0, Total(1)));
        Assert.Equal(Total(1), store.ReadTotal(7, 0));
        store.Commit(1, new Ledger());
        Assert.Equal(Total(1), store.ReadTotal(7, 0));
        store.Put(new AssetWindow(7, 0, Total(2)));
        Assert.Equal(Total(2), store.ReadTotal(7, 0));
        Assert.Equal(Total(1), new TwinQueries(Path).AssetWindows(7, 0, 1).Single().Total);
        store.Commit(2, new Ledger());
        Assert.Equal(Total(2), new TwinQueries(Path).AssetWindows(7, 0, 1).Single().Total);
        Assert.Equal(Total(2), store.ReadTotal(7, 0));
    }

    [Fact]
    public void TotalsOfManyAssetsComeInOneAnswer()
    {
        using var store = new TwinStore(Path);
        for (var asset = 1; asset <= 20; asset++)
        {
            for (var quarter = 0; quarter < 10; quarter++) store.Put(new AssetWindow(asset, quarter * Instant.Quarter, Total(100 * asset + quarter)));
        }
        store.Commit(1, new Ledger());
        var queries = new TwinQueries(Path);
        int[] asked = [17, 3, 99, 4];
        var found = queries.AssetWindows(asked, 2 * Instant.Quarter, 5 * Instant.Quarter);
        Assert.Equal(asked.Order().SelectMany(asset => queries.AssetWindows(asset, 2 * Instant.Quarter, 5 * Instant.Quarter)), found);
        Assert.Equal(9, found.Count);
        Assert.Empty(queries.AssetWindows([], 0, long.MaxValue));
    }

    [Fact]
    public void AMetricsPartOfTheTotalsGivesItsSeries()
    {
        var random = new Random(5);
        using var store = new TwinStore(Path);
        for (var quarter = 0; quarter < 200; quarter++)
        {
            long Some() => random.NextInt64(1, 1_000_000_000);
            store.Put(new AssetWindow(1, quarter * Instant.Quarter, new(Some(), Some(), random.Next(5), Some(), Some(), random.Next(5), Some(), Some(), Some(), Some(), Some(), random.Next(5), Some(), Some())));
        }
        store.Commit(1, new Ledger());
        var queries = new TwinQueries(Path);
        var calendar = new CityCalendar(TimeZoneInfo.Utc);
        foreach (var metric in TotalSeries.Units.Keys)
        {
            IReadOnlyList<SeriesPoint> Series(IReadOnlyList<AssetWindow> windows) => TotalSeries.FromWindows(metric, windows, 5, calendar, WindowSize.Hour, 0, 200 * Instant.Quarter);
            var whole = Series(queries.AssetWindows(1, 0, long.MaxValue));
            Assert.Contains(whole, step => step.Value is not null);
            Assert.Equal(whole, Series(queries.AssetWindows(1, 0, long.MaxValue, TotalSeries.PartOf(metric))));
        }
    }

    [Fact]
    public void WhatIsNotCommittedIsNotThereAfterReopening()
    {
        var ledger = new Ledger();
        using (var store = new TwinStore(Path))
        {
            store.PutLatest(Latest(1, 5));
            store.PutSource(1, "mqtt:a");
            ledger.Book(1, line => line.Stored = 3);
            store.Commit(100, ledger);
            store.PutLatest(Latest(1, 6));
            store.Put(Window(1, 0, 1));
            ledger.Book(1, line => line.Stored = 4);
        }
        using var again = new TwinStore(Path);
        Assert.Equal((100, 3), (again.Applied, again.ReadLedger().Snapshot()[1].Stored));
        Assert.Equal([Latest(1, 5)], again.ReadLatest());
        Assert.Empty(new TwinQueries(Path).PointWindows(1, 0, long.MaxValue));
        Assert.Equal("mqtt:a", Assert.Single(again.ReadSources()).Value);
        Assert.Equal(new(0, 100), TwinQueries.ReadMark(Path));
    }

    [Fact]
    public void AnExtremeWindowKeepsEveryBit()
    {
        var window = new PointWindow(int.MaxValue, long.MinValue, int.MaxValue, 1, 2, Int128.MinValue, long.MinValue, long.MaxValue, -1, long.MaxValue, long.MinValue, 3);
        using var store = new TwinStore(Path);
        store.Put(window);
        store.Commit(1, new Ledger());
        Assert.Equal([window], new TwinQueries(Path).AllPointWindows());
    }

    [Fact]
    public void ARefusedCommitLosesNothing()
    {
        var ledger = new Ledger();
        using var store = new TwinStore(Path);
        store.Commit(1, ledger);
        store.Put(Window(1, 0, 10));
        store.PutLatest(Latest(1, 5));
        store.AddQuarantine(Entry("t"), 7);
        ledger.Book(1, line => line.Stored = 9);
        using (var other = new SqliteConnection($"Data Source={Path};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();
            Assert.Throws<SqliteException>(() => store.Commit(2, ledger));
            Assert.Equal((1, 1), (store.Applied, TwinQueries.ReadMark(Path).End));
        }
        store.Commit(2, ledger);
        Assert.Equal([Window(1, 0, 10)], new TwinQueries(Path).PointWindows(1, 0, 1));
        Assert.Equal(1, new TwinQueries(Path).Quarantine(10).Single().Count);
        Assert.Equal(9, store.ReadLedger().Snapshot()[1].Stored);
    }

    [Fact]
    public void LedgerLinesKeepEveryReason()
    {
        var ledger = new Ledger();
        using (var store = new TwinStore(Path))
        {
            foreach (var reason in Enum.GetValues<Refusal>()) ledger.Book(3, line => line[reason] = 10 + (int)reason);
            ledger.Book(3, line => (line.Journalled, line.Duplicate, line.LastReceivedUs) = (1, 2, 3));
            store.Commit(1, ledger);
        }
        using var again = new TwinStore(Path);
        var kept = again.ReadLedger().Snapshot()[3];
        Assert.Equal((1, 2, 3), (kept.Journalled, kept.Duplicate, kept.LastReceivedUs));
        Assert.All(Enum.GetValues<Refusal>(), reason => Assert.Equal(10 + (int)reason, kept[reason]));
    }

    [Fact]
    public void QuarantineIsGroupedAndReleased()
    {
        using var store = new TwinStore(Path);
        for (var i = 0; i < 5; i++) store.AddQuarantine(Entry("a", received: 100 - i), 10 + i);
        store.AddQuarantine(Entry("b"), 20);
        store.Commit(1, new Ledger());
        var groups = new TwinQueries(Path).Quarantine(10).ToDictionary(group => group.Topic);
        Assert.Equal((5, 96, 100, 10), (groups["a"].Count, groups["a"].FirstUs, groups["a"].LastUs, groups["a"].FirstOffset));
        store.ReleaseQuarantine(new ReleaseEntry(1, Refusal.UnknownPoint, "a", "", new FramePlace[5]));
        store.ReleaseQuarantine(new ReleaseEntry(1, Refusal.UnknownPoint, "nobody", "", new FramePlace[5]));
        store.Commit(2, new Ledger());
        Assert.Equal("b", Assert.Single(new TwinQueries(Path).Quarantine(10)).Topic);
        store.AddQuarantine(Entry("a"), 30);
        store.Commit(3, new Ledger());
        Assert.Equal(30, new TwinQueries(Path).Quarantine(10).Single(group => group.Topic == "a").FirstOffset);
    }

    [Fact]
    public void ASourcesKindsAreBoundedAndLeaveRoomForOtherSourcesAlsoAfterReopening()
    {
        const int beyond = 50;
        using (var store = new TwinStore(Path))
        {
            for (var i = 0; i < QuarantineKinds.PerSourceMax + beyond; i++) store.AddQuarantine(Entry($"t{i}"), i);
            store.Commit(1, new Ledger());
        }
        using var again = new TwinStore(Path);
        again.AddQuarantine(Entry("one more"), 1);
        again.AddQuarantine(Entry("t1"), 1);
        again.AddQuarantine(Entry("another's", source: 2), 1);
        again.Commit(2, new Ledger());
        var groups = new TwinQueries(Path).Quarantine(int.MaxValue);
        Assert.Equal(QuarantineKinds.PerSourceMax + 1, groups.Count(group => group.Source == 1));
        var others = groups.Single(group => group.IsOthers);
        Assert.Equal((1, beyond + 1L, false), (others.Source, others.Count, others.IsMappable));
        Assert.Equal(2, groups.Single(group => group.Topic == "t1").Count);
        Assert.True(groups.Single(group => group.Source == 2).IsMappable);
    }

    [Fact]
    public void KindsAreBoundedInAllAndEverySourceHasItsRestCounted()
    {
        const int sources = QuarantineKinds.Max / QuarantineKinds.PerSourceMax + 2;
        using var store = new TwinStore(Path);
        for (var source = 1; source <= sources; source++)
        {
            for (var i = 0; i < QuarantineKinds.PerSourceMax; i++) store.AddQuarantine(Entry($"t{i}", source: source), i);
        }
        store.Commit(1, new Ledger());
        var groups = new TwinQueries(Path).Quarantine(int.MaxValue);
        Assert.Equal(QuarantineKinds.Max, groups.Count(group => !group.IsOthers));
        Assert.Equal([(sources - 1, 1000L), (sources, 1000L)], groups.Where(group => group.IsOthers).Select(group => (group.Source, group.Count)).Order());
        Assert.Equal(sources * QuarantineKinds.PerSourceMax, groups.Sum(group => group.Count));
    }

    [Fact]
    public void WhatAKindLeftAmongTheOthersIsFoundAndTakenOutWithIt()
    {
        using var store = new TwinStore(Path);
        for (var i = 0; i < QuarantineKinds.PerSourceMax; i++) store.AddQuarantine(Entry($"t{i}"), 10 + i);
        for (var i = 0; i < 3; i++) store.AddQuarantine(Entry("late"), 5000 + i);
        store.AddQuarantine(Entry("never again"), 5003);
        // The others' own line is one of the bound, too.
        foreach (var topic in (string[])["t0", "t1"]) store.DiscardQuarantine(new DiscardEntry(1, Refusal.UnknownPoint, topic, ""));
        store.AddQuarantine(Entry("late"), 6000);
        store.Commit(1, new Ledger());
        var queries = new TwinQueries(Path);
        var late = queries.Quarantine(int.MaxValue).Single(group => group.Topic == "late");
        Assert.Equal(6000, late.FirstOffset);
        Assert.Equal([(1, 5000L)], queries.QuarantineLike(late));
        store.ReleaseQuarantine(new ReleaseEntry(1, Refusal.UnknownPoint, "late", "", new FramePlace[4]));
        store.Commit(2, new Ledger());
        var left = queries.Quarantine(int.MaxValue);
        Assert.DoesNotContain(left, group => group.Topic == "late");
        Assert.Equal(1, left.Single(group => group.IsOthers).Count);
    }

    [Fact]
    public void WhatIsThrownAwayMakesRoomAndTheNextMessageBeginsAnew()
    {
        using var store = new TwinStore(Path);
        for (var i = 0; i < QuarantineKinds.PerSourceMax + 5; i++) store.AddQuarantine(Entry($"t{i}"), i);
        Assert.Equal(1, store.DiscardQuarantine(new DiscardEntry(1, Refusal.UnknownPoint, "t0", "")));
        Assert.Equal(5, store.DiscardQuarantine(new DiscardEntry(1, Refusal.UnknownPoint, QuarantineGroup.OthersTopic, "")));
        Assert.Equal(0, store.DiscardQuarantine(new DiscardEntry(1, Refusal.UnknownPoint, "nobody", "")));
        store.AddQuarantine(Entry("new"), 2000);
        store.Commit(1, new Ledger());
        var groups = new TwinQueries(Path).Quarantine(int.MaxValue);
        Assert.Equal(QuarantineKinds.PerSourceMax, groups.Count);
        Assert.Equal(2000, groups.Single(group => group.Topic == "new").FirstOffset);
        Assert.DoesNotContain(groups, group => group.IsOthers || group.Topic == "t0");
    }

    [Fact]
    public void ThePayloadOfTheNewestAndItsTimeAreTheSample()
    {
        using var store = new TwinStore(Path);
        store.AddQuarantine(Entry("a") with { TimeUs = 5, Payload = [1] }, 1);
        store.AddQuarantine(Entry("a", received: 60) with { TimeUs = 7, Payload = [2, 3] }, 2);
        store.Commit(1, new Ledger());
        var group = new TwinQueries(Path).Quarantine(10).Single();
        Assert.Equal((7, 50, 60), (group.SampleTimeUs, group.FirstUs, group.LastUs));
        Assert.Equal([2, 3], group.Sample);
    }

    [Fact]
    public void AnotherSchemaVersionIsMadeAgain()
    {
        Filled().Dispose();
        Execute("PRAGMA user_version=99");
        AssertEmptyAndUsable();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(100_000)]
    public void AFileThatIsNoDatabaseIsMadeAgain(int length)
    {
        File.WriteAllBytes(Path, [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7 + 3))]);
        Assert.Equal(default, TwinQueries.ReadMark(Path));
        AssertEmptyAndUsable();
    }

    [Fact]
    public void TheJournalThatIsFollowedIsKnownFromOutside()
    {
        using (var store = new TwinStore(Path))
        {
            store.Follow(42);
            store.Commit(7, new Ledger());
            Assert.Throws<JournalException>(() => store.Follow(43));
        }
        Assert.Equal(new(42, 7), TwinQueries.ReadMark(Path));
        using var again = new TwinStore(Path);
        Assert.Equal(42, again.Journal);
    }

    [Fact]
    public void ForgettingKeepsNothingButTheEpoch()
    {
        using var store = Filled();
        store.Clear();
        Assert.Equal(0, store.Applied);
        Assert.Empty(store.ReadLatest());
        Assert.Empty(store.ReadSources());
        Assert.Empty(store.ReadLedger().Snapshot());
        Assert.Empty(new TwinQueries(Path).Quarantine(10));
    }

    private void AssertEmptyAndUsable()
    {
        using var store = new TwinStore(Path);
        Assert.Equal(0, store.Applied);
        Assert.Empty(store.ReadLatest());
        store.PutLatest(Latest(1, 1));
        store.Commit(1, new Ledger());
        Assert.Single(store.ReadLatest());
    }

    private TwinStore Filled()
    {
        var ledger = new Ledger();
        var store = new TwinStore(Path);
        store.PutLatest(Latest(1, 5));
        store.PutSource(1, "mqtt:a");
        store.AddQuarantine(Entry("a"), 1);
        ledger.Book(1, line => line.Stored = 3);
        store.Commit(100, ledger);
        return store;
    }

    private void Execute(string sql)
    {
        SqliteConnection.ClearAllPools();
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static PointWindow Window(int point, long start, long last) => new(point, start, 1, 0, 0, last, last, last, last, start, 0, 0);

    private static Contribution Total(long energy) => default(Contribution) with { EnergyKwh = energy };

    private static Reading Latest(int point, long time) => new(time, 1, point, 0, Quality.Good, ReadingFlags.None);

    private static QuarantineEntry Entry(string topic, long received = 50, int source = 1) => new(source, received, Refusal.UnknownPoint, topic, "", "", 0, 1, 0, Quality.Good, ReadingFlags.None, []);
}
