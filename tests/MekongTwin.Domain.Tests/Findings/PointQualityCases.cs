using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Tests.Findings;

public sealed class PointQualityCases
{
    private static readonly Day Load = Day.Of(Shape.Load, 1);

    private static PointQuality Until(long nowUs, Func<Reading, bool> isThere, long? fromUs = null) =>
        PointQuality.Of(Load.Point, Load.Readings.FindAll(reading => isThere(reading)), fromUs ?? Day.FromUs, nowUs, isNow: true);

    [Fact]
    public void APointThatSaidNothingIsOneGap()
    {
        var quality = Until(Day.FromUs + Instant.Hour, _ => false);
        Assert.Equal(new Finding(FindingKind.Gap, Day.FromUs, Day.FromUs + Instant.Hour, 1, 3600), Assert.Single(quality.Findings));
        Assert.Equal(0, quality.Completeness);
        Assert.Equal(0, quality.Received);
        Assert.Null(quality.Expected);
    }

    /// <summary>What holds now covers the time up to now; what is over does not, and is a gap.</summary>
    [Fact]
    public void TheNewestReadingCoversTheTimeWhileItHolds()
    {
        var now = Day.FromUs + Instant.Hour;
        var holds = Until(now, reading => reading.TimeUs <= now - Load.Point.HoldUs);
        Assert.Empty(holds.Findings);
        Assert.Equal(1, holds.Completeness);
        var over = Until(now, reading => reading.TimeUs <= now - 6 * Instant.Minute);
        Assert.Equal(new Finding(FindingKind.Gap, now - 6 * Instant.Minute, now, 1, 360), Assert.Single(over.Findings));
        Assert.Equal(0.9, over.Completeness!.Value, 9);
    }

    [Fact]
    public void APointIsMeasuredFromItsFirstReadingOn()
    {
        var (first, now) = (Day.FromUs + Instant.Hour, Day.FromUs + 2 * Instant.Hour);
        var quality = Until(now, reading => reading.TimeUs >= first && reading.TimeUs <= now, first);
        Assert.Empty(quality.Findings);
        Assert.Equal(1, quality.Completeness);
    }

    [Fact]
    public void GapsCloseTogetherAreOneFinding()
    {
        var quality = Until(Day.FromUs + 3 * Instant.Hour, reading => (reading.TimeUs - Day.FromUs) / Instant.Minute is not (60 or 61 or 64 or 65 or 66));
        var found = Assert.Single(quality.Findings);
        Assert.Equal((FindingKind.Gap, 2, 190.0), (found.Kind, found.Count, found.Worst));
    }

    [Fact]
    public void AnEmptyStretchSaysNothing()
    {
        var quality = Until(Day.FromUs, _ => false);
        Assert.Empty(quality.Findings);
        Assert.Null(quality.Completeness);
    }
}
