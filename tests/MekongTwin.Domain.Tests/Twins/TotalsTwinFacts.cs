using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Twins;

public sealed class TotalsTwinFacts
{
    private const long StartUs = 1_790_000_000L / 900 * 900 * Instant.Second;

    private static Delta Delta(int child, int quarter, long epoch, long revision, long energy) =>
        new(child, StartUs + quarter * Instant.Quarter, epoch, revision, new Contribution { EnergyKwh = energy, Meters = 1 });

    private static Contribution Total(TotalsTwin twin, Stored store)
    {
        var up = new List<Delta>();
        twin.Settle(up);
        foreach (var total in up) store.Put(total);
        return up.Count > 0 ? up[^1].Contribution : default;
    }

    [Fact]
    public void ADeltaReplacesItNeverAdds()
    {
        var twin = new TotalsTwin(9, [1, 2], 1);
        var store = new Stored();
        Assert.True(twin.Take(Delta(1, 0, 1, 1, 10), store));
        Assert.True(twin.Take(Delta(2, 0, 1, 1, 5), store));
        Assert.True(twin.Take(Delta(1, 0, 1, 2, 12), store));
        Assert.Equal(new Contribution { EnergyKwh = 17, Meters = 2 }, Total(twin, store));
    }

    [Fact]
    public void OldDuplicateAndForeignDeltasChangeNothing()
    {
        var twin = new TotalsTwin(9, [1], 1);
        var store = new Stored();
        twin.Take(Delta(1, 0, 2, 5, 10), store);
        Assert.False(twin.Take(Delta(1, 0, 2, 5, 11), store));
        Assert.False(twin.Take(Delta(1, 0, 2, 4, 12), store));
        Assert.False(twin.Take(Delta(1, 0, 1, 99, 13), store));
        Assert.False(twin.Take(Delta(3, 0, 9, 9, 14), store));
        Assert.True(twin.Take(Delta(1, 0, 3, 1, 15), store));
        Assert.Equal(15, Total(twin, store).EnergyKwh);
    }

    [Fact]
    public void TheGreatestDeltaOfEachChildAndWindowCountsInAnyOrder()
    {
        var delta = from child in Gen.Choose(1, 3) from quarter in Gen.Choose(0, 3) from epoch in Gen.Choose(1, 3) from revision in Gen.Choose(1, 4)
                    select Delta(child, quarter, epoch, revision, child * 1000 + quarter * 100 + epoch * 10 + revision);
        Law.Holds(delta.ArrayOf(30), deltas =>
        {
            var twin = new TotalsTwin(9, [1, 2, 3], 1);
            var store = new Stored();
            foreach (var batch in deltas.Chunk(4))
            {
                foreach (var item in batch) twin.Take(item, store);
                Total(twin, store);
            }
            foreach (var window in deltas.GroupBy(item => item.StartUs))
            {
                var expected = window.GroupBy(item => item.Child).Sum(child => child.MaxBy(item => (item.Epoch, item.Revision)).Contribution.EnergyKwh);
                Assert.Equal(expected, store.Totals[(9, window.Key)].Contribution.EnergyKwh);
            }
        });
    }

    [Fact]
    public void AfterARestartTheOtherChildrensStoredTotalsCount()
    {
        var store = new Stored();
        store.Put(Delta(1, 0, 1, 7, 10));
        store.Put(Delta(2, 0, 1, 8, 20));
        var twin = new TotalsTwin(9, [1, 2, 3], 2);
        twin.Take(Delta(1, 0, 2, 1, 11), store);
        Assert.Equal(new Contribution { EnergyKwh = 31, Meters = 2 }, Total(twin, store));
    }

    [Fact]
    public void AColdWindowThatWasLetGoComesBackFromTheStore()
    {
        var twin = new TotalsTwin(9, [1, 2], 1);
        var store = new Stored();
        long revision = 0;
        for (var quarter = 0; quarter < 400; quarter++)
        {
            foreach (var child in (int[])[1, 2])
            {
                twin.Take(Delta(child, quarter, 1, ++revision, child), store);
                store.Put(Delta(child, quarter, 1, revision, child));
            }
            Total(twin, store);
        }
        twin.Take(Delta(1, 3, 1, ++revision, 50), store);
        Assert.Equal(52, Total(twin, store).EnergyKwh);
        for (var quarter = 0; quarter < 400; quarter++) Assert.Equal(quarter == 3 ? 52 : 3, store.Totals[(9, StartUs + quarter * Instant.Quarter)].Contribution.EnergyKwh);
    }

    [Fact]
    public void AParentOfVeryManyHoldsFewWindowsAndTheSameTotals()
    {
        const int Children = TotalsTwin.HeldMax / 3;
        var twin = new TotalsTwin(9, Enumerable.Range(10, Children), 1);
        var store = new Stored();
        for (var quarter = 0; quarter < 4; quarter++)
        {
            foreach (var child in (int[])[10, Children])
            {
                twin.Take(Delta(child, quarter, 1, quarter + 1, child), store);
                store.Put(Delta(child, quarter, 1, quarter + 1, child));
            }
            Total(twin, store);
        }
        var reads = store.Reads;
        twin.Take(Delta(10, 3, 1, 9, 11), store);
        Assert.Equal(Children + 11, Total(twin, store).EnergyKwh);
        Assert.Equal(reads, store.Reads);
        twin.Take(Delta(10, 0, 1, 9, 12), store);
        Assert.Equal(Children + 12, Total(twin, store).EnergyKwh);
        Assert.Equal(reads + Children + 1, store.Reads);
    }

    [Fact]
    public void EveryWindowIsEmittedOnceABatchWithRisingRevisions()
    {
        var twin = new TotalsTwin(9, [1, 2], 4);
        var up = new List<Delta>();
        for (var i = 1; i <= 3; i++) twin.Take(Delta(1, 0, 4, i, i), new Stored());
        twin.Take(Delta(2, 1, 4, 1, 1), new Stored());
        twin.Settle(up);
        twin.Settle(up);
        Assert.Equal([(4L, 1L), (4L, 2L)], up.Select(item => (item.Epoch, item.Revision)));
    }

    private sealed class Stored : ITotalsSource
    {
        public Dictionary<(int Asset, long StartUs), Delta> Totals { get; } = [];

        public int Reads { get; private set; }

        public void Put(in Delta total) => Totals[(total.Child, total.StartUs)] = total;

        public bool TryReadTotal(int asset, long startUs, out Delta total)
        {
            Reads++;
            return Totals.TryGetValue((asset, startUs), out total);
        }
    }
}
