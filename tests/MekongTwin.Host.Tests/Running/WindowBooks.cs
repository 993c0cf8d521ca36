using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;
using MekongTwin.Host.Scenarios;

namespace MekongTwin.Host.Tests.Running;

/// <summary>The book of means says what the stored windows say, whenever it was filled and whatever comes late.</summary>
public sealed class WindowBooks : IDisposable
{
    private const int Points = 5;
    private const int Quarters = 20;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task SaysWhatIsStored(int seed)
    {
        var random = new Random(seed);
        var path = _directory.In("twin.db");
        using var store = new TwinStore(path);
        var queries = new StoredQueries(new TwinQueries(path), null!);
        var (now, applied) = (1_000_000L, 0L);
        void Commit()
        {
            for (var i = random.Next(30); i > 0; i--) store.Put(Window(random, random.Next(Points + 2), now - random.Next(Quarters + 5)));
            store.Commit(++applied, new Ledger());
            now += random.Next(3) == 0 ? random.Next(Quarters) : 1;
        }
        for (var i = 0; i < 10; i++) Commit();
        var book = new WindowBook(Enumerable.Range(0, Points), Quarters, now * Instant.Quarter);
        store.WindowsCommitted += book.Put;
        Commit();
        Assert.False(book.TryRead(0, now * Instant.Quarter, new double[1]));
        await book.FillAsync(queries, Ct);
        for (var i = 0; i < 30; i++)
        {
            Commit();
            for (var point = 0; point < Points; point++)
            {
                // From the oldest quarter that the book can hold once it has heard of the newest.
                var newest = (await queries.PointWindowsAsync(point, 0, long.MaxValue, Ct)).Select(static window => window.StartUs / Instant.Quarter).Append(0).Max();
                var from = Math.Max(newest, now) - Quarters + 1;
                var (read, stored) = (new double[Quarters], new double[Quarters]);
                Array.Fill(stored, double.NaN);
                foreach (var window in await queries.PointWindowsAsync(point, from * Instant.Quarter, (from + Quarters) * Instant.Quarter, Ct)) stored[(window.StartUs / Instant.Quarter) - from] = WindowBook.MeanOf(window) ?? double.NaN;
                Assert.True(book.TryRead(point, from * Instant.Quarter, read));
                Assert.Equal(stored, read);
            }
        }
        Assert.False(book.TryRead(Points, now * Instant.Quarter, new double[1]));
        Assert.False(book.TryRead(0, (now - Quarters - Quarters) * Instant.Quarter, new double[1]));
    }

    private static PointWindow Window(Random random, int point, long quarter)
    {
        var count = random.Next(4);
        var value = random.Next(1, 1000) * FixedPointOne;
        return count == 0
            ? new(point, quarter * Instant.Quarter, 0, 0, 0, 0, 0, 0, 0, long.MinValue, 0, 0)
            : new(point, quarter * Instant.Quarter, count, 0, 0, count * value, value, value, value, quarter * Instant.Quarter, random.Next(2) == 0 ? 0 : value / 4, random.Next(2) == 0 ? 0 : Instant.Quarter);
    }

    private const long FixedPointOne = 1_000_000;
}
