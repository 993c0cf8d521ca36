using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;
using Microsoft.Data.Sqlite;

namespace MekongTwin.History.Tests.Store;

/// <summary>What pages ask of the embedded edition: answered at once, and never with more readings than they allow.</summary>
public sealed class Questions : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mekongtwin-");
    private readonly Archive _archive = new();

    private string Path => System.IO.Path.Combine(_directory.FullName, "twin.db");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(2, false)]
    public async Task ReadingsBeyondTheBoundAreNotGoneThrough(long readingsMax, bool answered)
    {
        var readings = await new StoredQueries(new(Path), _archive).ReadingsAsync(1, 10, 30, readingsMax, Ct);
        Assert.Equal(answered ? _archive.Held[..2] : null, readings);
        Assert.Equal(answered ? 1 : 0, _archive.Reads);
    }

    [Fact]
    public async Task TotalsAreWholeUnlessAPartIsAskedFor()
    {
        using var store = new TwinStore(Path);
        var total = default(Contribution) with { EnergyKwh = 5, Vehicles = 7 };
        store.Put(new AssetWindow(1, 0, total));
        store.Put(new PointWindow(1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0));
        store.Commit(1, new Ledger());
        var queries = new StoredQueries(new(Path), _archive);
        Assert.Equal(total, Assert.Single(await queries.AssetWindowsAsync(1, 0, 1, null, Ct)).Total);
        Assert.Equal(total with { Vehicles = 0 }, Assert.Single(await queries.AssetWindowsAsync(1, 0, 1, TotalPart.Energy, Ct)).Total);
        Assert.Equal(total, Assert.Single(await queries.AssetWindowsAsync([1, 2], 0, 1, Ct)).Total);
        Assert.Equal(1, Assert.Single(await queries.PointWindowsAsync(1, 0, 1, Ct)).Count);
    }

    [Fact]
    public async Task QuarantineIsListedAndEachKindFoundById()
    {
        using var store = new TwinStore(Path);
        store.AddQuarantine(new(1, 50, Refusal.UnknownPoint, "a", "", "", 0, 1, 0, Quality.Good, ReadingFlags.None, []), 1);
        store.Commit(1, new Ledger());
        var queries = new StoredQueries(new(Path), _archive);
        var listed = Assert.Single(await queries.QuarantineAsync(10, Ct));
        Assert.Equal("a", (await queries.QuarantineGroupAsync(listed.Id, Ct))?.Topic);
        Assert.Null(await queries.QuarantineGroupAsync(listed.Id + 1, Ct));
        Assert.Empty(await queries.QuarantineAsync(0, Ct));
    }

    /// <summary>Three readings of one point, of which two are copies.</summary>
    private sealed class Archive : IReadingArchive
    {
        public Reading[] Held { get; } = [.. new long[] { 10, 10, 30 }.Select(time => new Reading(time, 1, 1, 0, Quality.Good, ReadingFlags.None))];

        public int Reads { get; private set; }

        public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
        {
            Reads++;
            into.AddRange(Held.Where(reading => reading.TimeUs >= fromUs && reading.TimeUs < toUs));
            return true;
        }

        public long CountAtMost(int point, long fromUs, long toUs) => Held.Length;
    }
}
