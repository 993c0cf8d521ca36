using FsCheck.Fluent;
using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Tests.Findings;

/// <summary>Voltages of nine feeders on one busbar, by quarter-hour means: one curve, each meter's constant error, little else.</summary>
public sealed class DriftLaws
{
    private const int Feeders = 9;

    private static readonly FsCheck.Gen<(int Seed, int Point, int Quarter, int Quarters)> Episodes =
        from seed in Gen.Choose(0, 1_000_000) from point in Gen.Choose(0, Feeders - 1) from quarter in Gen.Choose(0, 85) from quarters in Gen.Choose(3, 8) select (seed, point, quarter, quarters);

    private static List<(Point Point, IReadOnlyList<PointWindow> Windows)> DayOf(int seed, Func<int, int, double>? gain = null, double scatter = 0.001)
    {
        var random = new Random(seed);
        Assert.True(UnitTable.TryFind("kV", out var unit));
        var day = new List<(Point, IReadOnlyList<PointWindow>)>();
        for (var number = 0; number < Feeders; number++)
        {
            var error = 1 + 0.004 * (2 * random.NextDouble() - 1);
            var windows = new List<PointWindow>();
            for (var quarter = 0; quarter < 96; quarter++)
            {
                var value = 22.4 * (1 + 0.02 * Math.Sin(quarter / 15.0)) * error * (1 + scatter * (2 * random.NextDouble() - 1)) * (gain?.Invoke(number, quarter) ?? 1);
                var micro = (long)(value * FixedPoint.One);
                windows.Add(new(number, SmallCity.StartUs + quarter * Instant.Quarter, 90, 0, 0, (Int128)micro * 90, micro, micro, micro, 0, 0, 0));
            }
            day.Add((new Point(number, number, "V", unit, PointKind.Gauge, 2 * Instant.Minute), windows));
        }
        return day;
    }

    [Fact]
    public void NeighboursThatGoWithTheDayHaveNotDrifted() =>
        Law.Holds(Gen.Choose(0, 1_000_000), seed => Assert.Empty(Drift.Find(DayOf(seed))), 100);

    /// <summary>A quarter in an hour, until it is put right.</summary>
    [Fact]
    public void ThePointThatWalksAwayIsNamedWhereItDid() => Law.Holds(Episodes, given =>
    {
        var found = Assert.Single(Drift.Find(DayOf(given.Seed, (number, quarter) =>
            number == given.Point && quarter >= given.Quarter && quarter < given.Quarter + given.Quarters ? 1 + 0.0625 * (quarter - given.Quarter + 0.5) : 1)));
        Assert.Equal((given.Point, FindingKind.Drift), (found.Key, found.Value.Kind));
        Assert.Equal(SmallCity.StartUs + (given.Quarter + given.Quarters) * Instant.Quarter, found.Value.ToUs);
        Assert.InRange(found.Value.Count, given.Quarters - 1, given.Quarters);
        Assert.InRange(found.Value.Worst!.Value, 6.25 * (given.Quarters - 0.5) - 1, 6.25 * (given.Quarters - 0.5) + 1);
    }, 100);

    [Fact]
    public void WhatAllDoTogetherIsNoDrift() =>
        Law.Holds(Gen.Choose(0, 1_000_000), seed => Assert.Empty(Drift.Find(DayOf(seed, (_, quarter) => quarter > 40 ? 0.8 : 1))), 100);

    /// <summary>Loads go their own ways: nobody can witness for them.</summary>
    [Fact]
    public void NeighboursThatDifferSayNothing() =>
        Law.Holds(Gen.Choose(0, 1_000_000), seed => Assert.Empty(Drift.Find(DayOf(seed, (number, quarter) => number == 0 ? 1 + quarter / 96.0 : 1, scatter: 0.2))), 100);

    [Fact]
    public void FourAreTooFewToTell() =>
        Assert.Empty(Drift.Find(DayOf(1, (number, quarter) => number == 0 && quarter > 40 ? 1.3 : 1)[..4]));
}
