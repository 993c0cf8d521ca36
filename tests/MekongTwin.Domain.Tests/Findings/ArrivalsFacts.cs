using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Findings;

/// <summary>A feeder that reports every ten seconds and holds two minutes, and how its readings come in.</summary>
public sealed class ArrivalsFacts
{
    private const long Period = 10 * Instant.Second;

    private static readonly Model City = SmallCity.Make();
    private static readonly Point Feeder = City.Points[0];
    private static readonly long Noon = SmallCity.StartUs + 12 * Instant.Hour;

    private readonly Arrivals _arrivals = new(() => City);
    private readonly HashSet<long> _stored = [];

    private void Arrive(long timeUs, long receivedUs, ReadingFlags flags = ReadingFlags.None) => _arrivals.Book(
        [new Reading(timeUs, 1, Feeder.Number, 0, Quality.Good, flags)], [new BatchSlice(1, receivedUs, 0, 1)], [_stored.Add(timeUs) ? FoldOutcome.Stored : FoldOutcome.Duplicate]);

    private void ArriveInTime(long fromUs, long toUs)
    {
        for (var time = fromUs; time < toUs; time += Period) Arrive(time, time + Instant.Second);
    }

    private IReadOnlyList<Finding> Found(int day = 0) => _arrivals.Of(Feeder.Number, SmallCity.StartUs + day * Instant.Day);

    [Fact]
    public void WhatComesInTimeAndOrderIsNoFinding()
    {
        ArriveInTime(Noon, Noon + Instant.Hour);
        Assert.Empty(Found());
        Assert.Equal(Noon + Instant.Second, _arrivals.SinceUs);
    }

    [Fact]
    public void WhatComesAfterItsHoldTimeIsLateOnTheDayItWasMeasured()
    {
        ArriveInTime(Noon, Noon + Instant.Minute);
        Arrive(Noon + Instant.Minute, Noon + 30 * Instant.Hour);
        Assert.Equal(new Finding(FindingKind.Late, Noon + Instant.Minute, Noon + Instant.Minute, 1, 30 * 3600 - 60), Assert.Single(Found()));
        Assert.Empty(Found(1));
    }

    [Fact]
    public void WhatItsSenderCallsHistoryIsNotLate()
    {
        Arrive(Noon, Noon + Instant.Hour, ReadingFlags.Historical);
        Assert.Empty(Found());
    }

    /// <summary>Everything kept while the line was down comes in one go, oldest first.</summary>
    [Fact]
    public void WhatWasKeptAndComesInOneGoIsABurstAndNothingElse()
    {
        ArriveInTime(Noon, Noon + Instant.Minute);
        for (var time = Noon + Instant.Minute; time < Noon + Instant.Hour; time += Period) Arrive(time, Noon + Instant.Hour);
        ArriveInTime(Noon + Instant.Hour, Noon + 2 * Instant.Hour);
        var burst = Assert.Single(Found());
        Assert.Equal((FindingKind.Burst, 59 * 60.0), (burst.Kind, burst.Worst));
        // All but those of the last two minutes, which still held.
        Assert.Equal(59 * 6 - 11, burst.Count);
        Assert.False(_arrivals.IsReadOut(Feeder.Number));
    }

    [Fact]
    public void WhatIsLateByTheSameAgainAndAgainIsNoBurst()
    {
        ArriveInTime(Noon, Noon + Instant.Minute);
        for (var time = Noon + Instant.Minute; time < Noon + Instant.Hour; time += Period) Arrive(time, time + 3 * Instant.Minute);
        var late = Assert.Single(Found());
        Assert.Equal((FindingKind.Late, 59 * 6, 180.0), (late.Kind, late.Count, late.Worst));
    }

    /// <summary>A meter whose day is read out on the next has no fault, until it was once heard in time.</summary>
    [Fact]
    public void APointThatOnlyEverComesInOneGoIsReadOut()
    {
        Assert.False(_arrivals.IsReadOut(Feeder.Number));
        for (var time = Noon; time < Noon + 12 * Instant.Hour; time += Instant.Hour / 2) Arrive(time, Noon + 15 * Instant.Hour);
        Assert.Empty(Found());
        Assert.True(_arrivals.IsReadOut(Feeder.Number));
        Arrive(Noon + 20 * Instant.Hour, Noon + 20 * Instant.Hour);
        Assert.False(_arrivals.IsReadOut(Feeder.Number));
    }

    [Fact]
    public void PairsThatComeTheOtherWayRoundAreOutOfOrder()
    {
        for (var time = Noon; time < Noon + Instant.Hour; time += 2 * Period)
        {
            Arrive(time + Period, time + Period + Instant.Second);
            Arrive(time, time + Period + Instant.Second);
        }
        Arrive(Noon + Instant.Hour, Noon + Instant.Hour);
        Assert.Equal(new Finding(FindingKind.Disorder, Noon, Noon + Instant.Hour - 2 * Period, 180, 10), Assert.Single(Found()));
    }

    [Fact]
    public void WhatComesTwiceIsADuplicate()
    {
        ArriveInTime(Noon, Noon + Instant.Minute);
        Arrive(Noon + 5 * Period, Noon + Instant.Minute);
        Assert.Equal(new Finding(FindingKind.Duplicate, Noon + 5 * Period, Noon + 5 * Period, 1, null), Assert.Single(Found()));
    }

    /// <summary>Its times fall on readings that are there already: copies and delays that are its clock's alone.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void AClockThatIsPutBackIsNamedWithItsOffsetAndNothingElse(int secondsOff)
    {
        ArriveInTime(Noon, Noon + Instant.Hour);
        for (var now = Noon + Instant.Hour; now < Noon + 90 * Instant.Minute; now += Period) Arrive(now - Instant.Hour + secondsOff * Instant.Second, now);
        ArriveInTime(Noon + 90 * Instant.Minute, Noon + 2 * Instant.Hour);
        var clock = Assert.Single(Found());
        Assert.Equal((FindingKind.Clock, 180, -3600.0 + secondsOff), (clock.Kind, clock.Count, clock.Worst));
        Assert.Equal((Noon + Instant.Hour, Noon + 90 * Instant.Minute - Period), (clock.FromUs, clock.ToUs));
    }

    [Fact]
    public void AClockThatRunsAheadIsNamedWithItsOffset()
    {
        Arrive(Noon + 4 * Instant.Minute, Noon);
        Assert.Equal(new Finding(FindingKind.Clock, Noon, Noon, 1, 240), Assert.Single(Found()));
    }

    [Fact]
    public void TheOldestDayMakesRoomForTheNewest()
    {
        for (var day = 0; day <= Arrivals.Days; day++) Arrive(Noon + day * Instant.Day, Noon + day * Instant.Day + Instant.Hour);
        Assert.Empty(Found());
        Assert.Single(Found(1));
        Assert.Single(Found(Arrivals.Days));
        Arrive(Noon + Period, Noon + Arrivals.Days * Instant.Day);
        Assert.Empty(Found());
    }
}
