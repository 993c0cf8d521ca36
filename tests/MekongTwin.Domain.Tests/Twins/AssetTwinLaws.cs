using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Twins;

/// <summary>What the twin claims is a function of the set of readings: any order, any batches, any copies, any source.</summary>
public sealed class AssetTwinLaws
{
    private const long StartUs = 1_790_000_000L / 900 * 900 * Instant.Second;

    private static readonly long[] Holds = [Instant.Minute, 7 * Instant.Minute, 30 * Instant.Minute, 2 * Instant.Hour, Instant.Day];

    private static readonly (Asset Asset, string Metric, string Unit, PointKind Kind)[] Shapes =
    [
        (Models.Transformer, "P", "kW", PointKind.Gauge),
        (Models.Transformer, "E", "kWh", PointKind.Cumulative),
        (Models.Detector, "flow", "/h", PointKind.Gauge),
        (Models.Transformer, "trips", "{count}", PointKind.Event),
    ];

    /// <summary>A case: which point, how long it holds, readings in the order they arrive, and where batches end.</summary>
    public sealed record Case(int Shape, long HoldUs, Reading[] Arrivals, int[] Cuts, int Absent, bool Restarts)
    {
        public override string ToString() =>
            $"{Shapes[Shape].Metric} hold {HoldUs / Instant.Minute} min, cuts [{string.Join(' ', Cuts)}], absent {Absent}, restarts {Restarts}\n" +
            string.Join('\n', Arrivals.Select(r => $"  {(r.TimeUs - StartUs) / (double)Instant.Minute:0.000} min {r.Value} rev {r.Revision} {r.Quality} {r.Flags}"));
    }

    // Minutes are drawn from few distances, so that the same instants, neighbours at exactly the hold time and long gaps all come.
    private static Gen<long> Times(long holdUs) => Gen.OneOf(
        Gen.Choose(0, 40).Select(i => i * Instant.Minute),
        Gen.Choose(0, 12).Select(i => i * Instant.Quarter),
        Gen.Choose(0, 12).Select(i => i * holdUs),
        Gen.Choose(0, 12).Select(i => i * (holdUs - Instant.Second)),
        Gen.Choose(0, 2000).Select(i => i * 7 * Instant.Second),
        Gen.Choose(0, 60).Select(i => i * Instant.Hour + 1));

    private static Gen<Reading> Arrival(long holdUs) =>
        from time in Times(holdUs)
        from value in Gen.OneOf(Gen.Choose(-3, 3).Select(v => (long)v), Gen.Choose(-400_000_000, 400_000_000).Select(v => (long)v), Gen.Elements(1L << 52, -(1L << 52)))
        from revision in Gen.Frequency((8, Gen.Constant(0)), (2, Gen.Choose(0, 3)))
        from quality in Gen.Frequency((6, Gen.Constant(Quality.Good)), (3, Gen.Constant(Quality.Bad)), (1, Gen.Elements(Enum.GetValues<Quality>())))
        from flags in Gen.Frequency((8, Gen.Constant(ReadingFlags.None)), (2, Gen.Elements(ReadingFlags.Historical, ReadingFlags.ReceiveTime)))
        select new Reading(StartUs + time, value, 0, (ushort)revision, quality, flags);

    private static Gen<Case> Cases(Gen<int> absents, Gen<bool> restarts) =>
        from shape in Gen.Choose(0, Shapes.Length - 1)
        from hold in Gen.Elements(Holds)
        from count in Gen.Choose(1, 40)
        from arrivals in Arrival(hold).ArrayOf(count)
        from sorted in Gen.Elements(true, false)
        from copies in Gen.Elements(arrivals).ArrayOf(count / 4)
        from cuts in Gen.Choose(0, count).ArrayOf(6)
        from absent in absents
        from restart in restarts
        select new Case(shape, hold, [.. sorted ? arrivals.OrderBy(r => r.TimeUs).ToArray() : arrivals, .. copies], [.. cuts.Order()], absent, restart);

    private static IEnumerable<Case> Shrink(Case c)
    {
        foreach (var shorter in Law.Shorter(c.Arrivals)) yield return c with { Arrivals = shorter };
        foreach (var fewer in Law.Shorter(c.Cuts)) yield return c with { Cuts = fewer };
        if (c.Absent > 0) yield return c with { Absent = 0 };
        if (c.Restarts) yield return c with { Restarts = false };
    }

    private static Feed Open(Case c)
    {
        var (asset, metric, unit, kind) = Shapes[c.Shape];
        return new Feed(asset, [Models.Point(0, metric, unit, kind, c.HoldUs)]);
    }

    private static void Play(Feed feed, Case c)
    {
        var from = 0;
        foreach (var cut in c.Cuts.Append(c.Arrivals.Length))
        {
            var to = Math.Clamp(cut, from, c.Arrivals.Length);
            feed.Source.Absent = c.Absent;
            feed.Apply(c.Arrivals[from..to]);
            if (c.Restarts && to % 2 == 1) feed.Restart();
            from = to;
        }
    }

    [Fact]
    public void FactsAreThoseOfTheSetInAnyOrderAndAnyBatches() => Law.Holds(Cases(Gen.Constant(0), Gen.Constant(false)), c =>
    {
        var feed = Open(c);
        Play(feed, c);
        feed.AssertFacts();
    }, 6000, Shrink);

    [Fact]
    public void FactsStayWhenTheTwinIsLoadedAgainBetweenBatches() => Law.Holds(Cases(Gen.Constant(0), Gen.Constant(true)), c =>
    {
        var feed = Open(c);
        Play(feed, c);
        feed.AssertFacts();
    }, 2000, Shrink);

    [Fact]
    public void FactsAreTheSameWhenReadingsAreNotAtHandAtFirst() => Law.Holds(Cases(Gen.Choose(1, 5), Gen.Elements(true, false)), c =>
    {
        var feed = Open(c);
        Play(feed, c);
        feed.AssertFacts();
    }, 2000, Shrink);

    [Fact]
    public void FactsHoldAfterEveryBatchNotOnlyAtTheEnd() => Law.Holds(Cases(Gen.Constant(0), Gen.Constant(false)), c =>
    {
        var feed = Open(c);
        foreach (var batch in c.Arrivals.Chunk(3))
        {
            feed.Apply(batch);
            feed.AssertFacts();
        }
    }, 1000, Shrink);

    [Fact]
    public void EveryInstantIsStoredOnceAndEveryOtherCopyIsADuplicate() => Law.Holds(Cases(Gen.Choose(0, 2), Gen.Elements(true, false)), c =>
    {
        var feed = Open(c);
        var outcomes = new List<FoldOutcome>();
        foreach (var batch in c.Arrivals.Chunk(7))
        {
            feed.Source.Absent = c.Absent;
            outcomes.AddRange(feed.Apply(batch));
        }
        Assert.DoesNotContain(FoldOutcome.Pending, outcomes);
        Assert.Equal(c.Arrivals.Select(r => r.TimeUs).Distinct().Count(), outcomes.Count(outcome => outcome == FoldOutcome.Stored));
    }, 1000, Shrink);

    [Fact]
    public void SendingEverythingAgainChangesNothing() => Law.Holds(Cases(Gen.Constant(0), Gen.Constant(false)), c =>
    {
        var feed = Open(c);
        Play(feed, c);
        var again = feed.Apply(c.Arrivals);
        Assert.All(again, outcome => Assert.Equal(FoldOutcome.Duplicate, outcome));
        feed.AssertFacts();
    }, 500, Shrink);
}
