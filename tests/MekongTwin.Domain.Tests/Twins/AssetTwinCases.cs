using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Twins;

/// <summary>The cases a person would name; each is also checked against the oracle.</summary>
public sealed class AssetTwinCases
{
    private const long StartUs = 1_790_000_000L / 900 * 900 * Instant.Second;

    private static Feed Open(string metric = "P", string unit = "kW", PointKind kind = PointKind.Gauge, long holdUs = 30 * Instant.Minute) =>
        new(Models.Transformer, [Models.Point(0, metric, unit, kind, holdUs)]);

    private static Reading At(double minutes, long value, Quality quality = Quality.Good, int revision = 0, ReadingFlags flags = ReadingFlags.None) =>
        new(StartUs + (long)(minutes * Instant.Minute), value, 0, (ushort)revision, quality, flags);

    [Fact]
    public void AGaugeIsWeightedByTheTimeItHeld()
    {
        var feed = Open();
        feed.Apply([At(0, 100_000_000), At(5, 400_000_000), At(15, 0)]);
        var window = feed.Windows(0).First();
        Assert.Equal(15 * Instant.Minute, window.CoveredUs);
        Assert.Equal((100_000_000L * 5 + 400_000_000L * 10) / 60, window.IntegralMicro);
        feed.AssertFacts();
    }

    [Fact]
    public void ARegistersGrowthIsSpreadEvenlyAndAFallIsAResetToZero()
    {
        var feed = Open("E", "kWh", PointKind.Cumulative, Instant.Day);
        feed.Apply([At(0, 10_000_000), At(30, 16_000_000), At(60, 4_000_000)]);
        Assert.Equal([3_000_000L, 3_000_000, 2_000_000, 2_000_000], feed.Windows(0).Take(4).Select(window => window.IntegralMicro));
        feed.AssertFacts();
    }

    [Fact]
    public void TheGrowthOfWindowsAddsUpToTheGrowthOfTheRegister()
    {
        var feed = Open("E", "kWh", PointKind.Cumulative, Instant.Day);
        feed.Apply([At(1, 0), At(1 + 7 * 60.5, 1_000_001)]);
        Assert.Equal(1_000_001, feed.Windows(0).Sum(window => window.IntegralMicro));
        feed.AssertFacts();
    }

    [Fact]
    public void ReadingsExactlyTheHoldTimeApartCoverTheTimeBetweenAndAMicrosecondMoreIsAGap()
    {
        var holds = Open(holdUs: 20 * Instant.Minute);
        holds.Apply([At(0, 5), At(20, 5)]);
        Assert.Equal(20 * Instant.Minute, holds.Windows(0).Sum(window => window.CoveredUs));
        var gap = Open(holdUs: 20 * Instant.Minute);
        gap.Apply([At(0, 5), At(20, 5) with { TimeUs = StartUs + 20 * Instant.Minute + 1 }]);
        Assert.Equal(0, gap.Windows(0).Sum(window => window.CoveredUs));
        gap.AssertFacts();
    }

    [Fact]
    public void HistoryFillsWindowsButNeverBecomesTheLatestValue()
    {
        var feed = Open();
        feed.Apply([At(10, 1), At(20, 2, flags: ReadingFlags.Historical)]);
        Assert.Equal(1, feed.Latest(0)?.Value);
        Assert.Equal(2, feed.Windows(0).Count());
        feed.AssertFacts();
    }

    [Fact]
    public void ACopyThatIsNotHistoryMakesTheReadingTheLatest()
    {
        var feed = Open();
        feed.Apply([At(10, 1), At(20, 2, flags: ReadingFlags.Historical)]);
        feed.Apply([At(20, 1)]);
        Assert.Equal(2, feed.Latest(0)?.Value);
        Assert.False(feed.Latest(0)?.Historical);
        feed.AssertFacts();
    }

    [Fact]
    public void AnOlderReadingDoesNotMoveTheLatestValueBack()
    {
        var feed = Open();
        feed.Apply([At(60, 7)]);
        feed.Apply([At(2, 1)]);
        feed.Apply([At(59, 2)]);
        Assert.Equal(7, feed.Latest(0)?.Value);
        feed.AssertFacts();
    }

    [Fact]
    public void ALastReadingRevisedToBadHoldsNoLonger()
    {
        var feed = Open();
        feed.Apply([At(0, 100), At(5, 200)]);
        feed.Apply([At(5, 0, Quality.Bad, revision: 1)]);
        feed.Apply([At(10, 300)]);
        feed.AssertFacts();
    }

    [Fact]
    public void TwoReadingsRevisedToBadTogetherGiveUpTheTimeBetweenThem()
    {
        var feed = Open(holdUs: 2 * Instant.Hour);
        feed.Apply([At(0, 1), At(100, 2), At(200, 3), At(300, 4)]);
        feed.Apply([At(100, 0, Quality.Bad, revision: 1), At(200, 0, Quality.Bad, revision: 1)]);
        feed.AssertFacts();
        Assert.Equal(0, feed.Windows(0).Sum(window => window.CoveredUs));
    }

    [Fact]
    public void AUsableReadingThatArrivesBeforeABadOneJustBeforeTheHotPartIsHeld()
    {
        var feed = Open();
        feed.Apply([At(29, 9, Quality.Bad), At(31, 5), At(61, 6)]);
        feed.Apply([At(28, 4)]);
        feed.Apply([At(30.5, 4)]);
        feed.AssertFacts();
    }

    [Fact]
    public void AWindowOfMoreReadingsThanAreKeptHotIsRestatedFromAll()
    {
        const int Count = 10_000;
        var feed = Open(holdUs: Instant.Minute);
        feed.Apply([.. Enumerable.Range(0, Count).Select(i => At(i * 9.0 / Count, i))]);
        feed.AssertFacts();
        feed.Apply([At(0.0001, 77)]);
        feed.Apply([At(8.9999, 78), At(12, 79)]);
        feed.AssertFacts();
        feed.Apply([At(11.5, 80)]);
        feed.AssertFacts();
        feed.Apply([.. Enumerable.Range(0, 3000).Select(i => At(13 + i * 6.0 / 3000, i))]);
        feed.Apply([At(8.5, 1, Quality.Bad, revision: 1), At(10.5, 3)]);
        feed.AssertFacts();
    }

    [Fact]
    public void AHotWindowCutInTheMiddleIsRestatedFromAllWhenTheReadingBeforeIsAGapAway()
    {
        var feed = Open(holdUs: Instant.Minute);
        feed.Apply([.. Enumerable.Range(0, 6000).Select(i => At(i * 3.0 / 6000, i))]);
        feed.Apply([At(10, 5)]);
        feed.Apply([At(6, 6)]);
        feed.AssertFacts();
    }

    [Fact]
    public void AfterARestartTheOpenWindowKeepsWhatWasHeldIntoIt()
    {
        var feed = Open(holdUs: Instant.Day);
        feed.Apply([At(30, 100_000_000), At(185, 200_000_000)]);
        feed.Restart();
        feed.Apply([At(1500, 300_000_000)]);
        feed.AssertFacts();
    }

    [Fact]
    public void AReadingThatArrivesFortyEightHoursLateRestatesItsWindows()
    {
        var feed = Open();
        for (var hour = 0; hour <= 48; hour++) feed.Apply([.. Enumerable.Range(0, 60).Select(minute => At(hour * 60 + minute, hour * 100 + minute))]);
        feed.Apply([At(7.5, 900)]);
        feed.Apply([At(0, 5, revision: 1)]);
        feed.AssertFacts();
    }

    [Fact]
    public void InOrderReadingsAskNothingOfTheJournalAfterTheFirst()
    {
        var feed = Open(holdUs: 2 * Instant.Minute);
        feed.Apply([At(0, 1)]);
        var reads = feed.Source.Reads;
        for (var minute = 1; minute < 600; minute++) feed.Apply([At(minute, minute)]);
        Assert.Equal(reads, feed.Source.Reads);
        feed.AssertFacts();
    }

    [Fact]
    public void APointThatHasSentNothingIsLookedForOnce()
    {
        var feed = new Feed(Models.Transformer, [Models.Point(0, "P", "kW", PointKind.Gauge, 2 * Instant.Minute), Models.Point(1, "Q", "kvar", PointKind.Gauge, 2 * Instant.Minute)]);
        feed.Apply([At(0, 1)]);
        var reads = feed.Source.Reads;
        for (var minute = 1; minute < 600; minute++) feed.Apply([At(minute, minute)]);
        Assert.Equal(reads, feed.Source.Reads);
        // Then it sends what it has kept, the oldest last.
        foreach (var minute in (int[])[600, 590, 20, 1]) feed.Apply([At(minute, 7) with { Point = 1 }]);
        feed.AssertFacts();
    }
}
