using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Twins;

/// <summary>A contribution needs windows of several points: whichever changes, it is made of all of them as they are.</summary>
public sealed class SeveralPointsLaws
{
    private const long StartUs = 1_790_000_000L / 900 * 900 * Instant.Second;

    private static readonly ImmutableArray<Point> Power =
    [
        Models.Point(0, "P", "kW", PointKind.Gauge, 30 * Instant.Minute),
        Models.Point(1, "Q", "kvar", PointKind.Gauge, 7 * Instant.Minute),
        Models.Point(2, "V", "V", PointKind.Gauge, Instant.Day),
        Models.Point(3, "E", "kWh", PointKind.Cumulative, Instant.Day),
    ];

    private static readonly ImmutableArray<Point> Traffic =
    [
        Models.Point(0, "flow", "/h", PointKind.Gauge, 5 * Instant.Minute),
        Models.Point(1, "speed", "km/h", PointKind.Gauge, 2 * Instant.Hour),
        Models.Point(2, "occupancy", "%", PointKind.Gauge, 5 * Instant.Minute),
        Models.Point(3, "other", "1", PointKind.Gauge, 5 * Instant.Minute),
    ];

    private static readonly Gen<Reading> Arrival =
        from point in Gen.Choose(0, 3)
        from time in Gen.OneOf(Gen.Choose(0, 60).Select(i => i * 3 * Instant.Minute), Gen.Choose(0, 30).Select(i => i * 20 * Instant.Minute))
        from value in Gen.Choose(-50_000, 900_000_000)
        from bad in Gen.Frequency((5, Gen.Constant(false)), (1, Gen.Constant(true)))
        from revision in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Constant(1)))
        select new Reading(StartUs + time, value, point, (ushort)revision, bad ? Quality.Bad : Quality.Good, ReadingFlags.None);

    private static readonly Gen<(Reading[] Arrivals, int Batch, int Absent)> Cases =
        from count in Gen.Choose(1, 80)
        from arrivals in Arrival.ArrayOf(count)
        from sorted in Gen.Elements(true, false)
        from batch in Gen.Choose(1, 30)
        from absent in Gen.Frequency((2, Gen.Constant(0)), (1, Gen.Choose(1, 6)))
        select (sorted ? arrivals.OrderBy(r => r.TimeUs).ToArray() : arrivals, batch, absent);

    private static IEnumerable<(Reading[], int, int)> Shrink((Reading[] Arrivals, int Batch, int Absent) c)
    {
        foreach (var shorter in Law.Shorter(c.Arrivals)) yield return (shorter, c.Batch, c.Absent);
        if (c.Absent > 0) yield return (c.Arrivals, c.Batch, c.Absent - 1);
    }

    private static void Play(Feed feed, (Reading[] Arrivals, int Batch, int Absent) c)
    {
        foreach (var batch in c.Arrivals.Chunk(c.Batch))
        {
            feed.Source.Absent = c.Absent;
            feed.Apply(batch);
        }
        feed.AssertFacts();
    }

    [Fact]
    public void ATransformersContributionIsMadeOfAllItsWindows() => Law.Holds(Cases, c => Play(new Feed(Models.Transformer, Power), c), 1500, Shrink);

    [Fact]
    public void ADetectorsContributionIsMadeOfAllItsWindows() => Law.Holds(Cases, c => Play(new Feed(Models.Detector, Traffic), c), 1500, Shrink);

    [Fact]
    public void ATransformerWithoutPowerTakesItsEnergyFromTheRegister() => Law.Holds(Cases, c =>
    {
        var feed = new Feed(Models.Transformer, [.. Power.Skip(1).Select(point => point with { Number = point.Number - 1 })]);
        Play(feed, (c.Arrivals.Where(r => r.Point < 3).ToArray(), c.Batch, c.Absent));
    }, 500, Shrink);

    [Fact]
    public void WindowsTakenWhileOtherReadingsAreWaitedForStillCount() =>
        Law.Holds(Cases, c => Play(new Feed(Models.Transformer, Power) { TakeWhileWaiting = true }, c), 1500, Shrink);

    [Fact]
    public void ReadingsThatWaitLongerThanTheirBatchCountAndAreAnsweredForEachOnce() => Law.Holds(Cases, c =>
    {
        var feed = new Feed(Models.Transformer, Power) { TakeWhileWaiting = true };
        foreach (var batch in c.Arrivals.Chunk(c.Batch))
        {
            feed.Source.Absent = c.Absent;
            feed.Fold(batch);
            feed.TrySettle();
        }
        feed.Source.Absent = 0;
        Assert.True(feed.TrySettle());
        feed.AssertFacts();
        var instants = c.Arrivals.Select(reading => (reading.Point, reading.TimeUs)).Distinct().Count();
        Assert.Equal(instants, feed.Outcomes.Count(outcome => outcome == FoldOutcome.Stored));
        Assert.Equal(c.Arrivals.Length - instants, feed.Outcomes.Count(outcome => outcome == FoldOutcome.Duplicate));
    }, 1500, Shrink);

    [Fact]
    public void ATwinThatMissedReadingsCatchesUpAndCountsThoseThatAreNew() => Law.Holds(Cases, c =>
    {
        var feed = new Feed(Models.Transformer, Power);
        var chunks = c.Arrivals.Chunk(Math.Max(1, c.Arrivals.Length / 3)).ToList();
        var before = new HashSet<(int, long)>();
        for (var i = 0; i < chunks.Count; i++)
        {
            var instants = chunks[i].Select(reading => (reading.Point, reading.TimeUs)).Except(before).ToList();
            if (i == 1) Assert.Equal(instants.Count, feed.MissAndCatchUp(chunks[i]));
            else feed.Apply(chunks[i]);
            before.UnionWith(instants);
            feed.AssertFacts();
        }
    }, 1000, Shrink);
}
