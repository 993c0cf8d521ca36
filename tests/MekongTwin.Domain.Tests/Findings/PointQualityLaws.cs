using FsCheck.Fluent;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Tests.Findings;

public sealed class PointQualityLaws
{
    private const int Runs = 40;

    private static readonly FsCheck.Gen<(Shape Shape, int Seed)> Days =
        from shape in Gen.Elements(Enum.GetValues<Shape>()) from seed in Gen.Choose(0, 1_000_000) select (shape, seed);

    /// <summary>Seed, hour in which it begins, and minutes that it lasts.</summary>
    private static readonly FsCheck.Gen<(int Seed, int Hour, int Minutes)> Episode =
        from seed in Gen.Choose(0, 1_000_000) from hour in Gen.Choose(1, 21) from minutes in Gen.Choose(20, 60) select (seed, hour, minutes);

    [Fact]
    public void AHealthyDayIsCompleteAndHasNoFindings() => Law.Holds(Days, day =>
    {
        var quality = Day.Of(day.Shape, day.Seed).Look();
        Assert.Empty(quality.Findings);
        Assert.Equal(1, quality.Completeness);
        Assert.Equal(quality.Expected, quality.Received);
    }, 5 * Runs);

    [Fact]
    public void LostReadingsAreAGapWhereTheyAreMissing() => Law.Holds(Episode, given =>
    {
        var (from, to) = (Day.FromUs + given.Hour * Instant.Hour, Day.FromUs + given.Hour * Instant.Hour + given.Minutes * Instant.Minute);
        var day = Day.Of(Shape.Load, given.Seed);
        var quality = day.With(reading => reading.TimeUs > from && reading.TimeUs < to ? null : reading).Look();
        Assert.Equal(new Finding(FindingKind.Gap, from, to, 1, given.Minutes * 60), Assert.Single(quality.Findings));
        Assert.Equal(1 - given.Minutes / 1440.0, quality.Completeness!.Value, 9);
        Assert.Equal(quality.Received + given.Minutes * 6 - 1, quality.Expected);
    }, Runs);

    [Fact]
    public void HalfTheReadingsMayBeLostOneByOneAndTheHabitIsStillKnown() => Law.Holds(Gen.Choose(0, 1_000_000), seed =>
    {
        var random = new Random(seed);
        var quality = Day.Of(Shape.Load, seed).With(reading => random.Next(4) == 0 ? null : reading).Look();
        Assert.All(quality.Findings, finding => Assert.Equal(FindingKind.Gap, finding.Kind));
        Assert.Equal(8640, quality.Expected);
        Assert.InRange(quality.Received / 8640.0, 0.70, 0.80);
        Assert.Equal(1, quality.Completeness);
    }, Runs);

    [Theory]
    [InlineData(Shape.Load, 20)]
    [InlineData(Shape.HalfHours, 180)]
    [InlineData(Shape.Flow, 20)]
    public void AValueThatStandsIsStuckWhereItStands(Shape shape, int minutesMin) => Law.Holds(Episode, given =>
    {
        // By day: at night a detector may rightly see nobody.
        var from = Day.FromUs + Math.Clamp(given.Hour, 7, 15) * Instant.Hour;
        var to = from + Math.Max(minutesMin, given.Minutes) * Instant.Minute;
        var day = Day.Of(shape, given.Seed);
        var value = day.Readings.First(reading => reading.TimeUs >= from).Value;
        var found = Assert.Single(day.With(reading => reading.TimeUs >= from && reading.TimeUs <= to ? reading with { Value = value } : reading).Look().Findings);
        Assert.Equal(FindingKind.Stuck, found.Kind);
        Assert.Equal(value / 1e6, found.Worst!.Value, 6);
        Assert.InRange(found.FromUs, from - day.PeriodUs, from + day.PeriodUs);
        Assert.InRange(found.ToUs, to - day.PeriodUs, to + day.PeriodUs);
    }, Runs);

    [Theory]
    [InlineData(Shape.Load)]
    [InlineData(Shape.HalfHours)]
    public void ASingleValueManyTimesTooHighIsASpikeWhereItIs(Shape shape) => Law.Holds(Episode, given =>
    {
        var day = Day.Of(shape, given.Seed);
        var wrong = day.Readings.FindLast(reading => reading.TimeUs <= Day.FromUs + given.Hour * Instant.Hour);
        var found = Assert.Single(day.With(reading => reading.TimeUs == wrong.TimeUs ? reading with { Value = 5 * reading.Value } : reading).Look().Findings);
        Assert.Equal(new Finding(FindingKind.Spike, wrong.TimeUs, wrong.TimeUs, 1, 5 * wrong.Value / 1e6), found);
    }, Runs);

    /// <summary>Of a quiet night a detector's speed stands for a quarter of an hour and more, and not by day.</summary>
    [Fact]
    public void AQuietNightIsNotStuck() => Law.Holds(Gen.Choose(0, 1_000_000), seed =>
    {
        var day = Day.Of(Shape.Flow, seed);
        var night = Day.FromUs + 4 * Instant.Hour;
        Assert.Empty(day.With(reading => reading.TimeUs > night ? reading : reading with { Value = Day.Micro(38 + Math.Round((night - reading.TimeUs) / (double)Instant.Hour * 0.3, 1)) }).Look().Findings);
    }, Runs);

    /// <summary>What changes for good is an event, not a spike.</summary>
    [Fact]
    public void AStepThatStaysIsNoSpike() => Law.Holds(Episode, given =>
    {
        var from = Day.FromUs + given.Hour * Instant.Hour;
        Assert.Empty(Day.Of(Shape.Load, given.Seed).With(reading => reading.TimeUs >= from ? reading with { Value = reading.Value / 8 } : reading).Look().Findings);
    }, Runs);

    [Fact]
    public void ReadingsOutsideTheLimitsAreNamedWithTheFarthest() => Law.Holds(Episode, given =>
    {
        var from = Day.FromUs + given.Hour * Instant.Hour;
        var day = Day.Of(Shape.Load, given.Seed);
        var found = Assert.Single(day.With(reading => reading.TimeUs == from ? reading with { Value = Day.Micro(31_000), Quality = Quality.Bad }
            : reading.TimeUs == from + Instant.Minute ? reading with { Value = Day.Micro(-42_000), Quality = Quality.Bad } : reading).Look().Findings);
        Assert.Equal(new Finding(FindingKind.OutOfRange, from, from + Instant.Minute, 2, -42_000), found);
    }, Runs);

    [Fact]
    public void OrderOfArrivalAndCopiesChangeNothing() => Law.Holds(Days, drawn =>
    {
        var random = new Random(drawn.Seed);
        var day = Day.Of(drawn.Shape, drawn.Seed).With(reading => random.Next(20) == 0 ? null : random.Next(50) == 0 ? reading with { Value = reading.Value * 6 } : reading);
        var arrived = day.Readings.Concat(day.Readings.Where((_, i) => i % 7 == 0)).ToArray();
        random.Shuffle(arrived);
        var (straight, shuffled) = (day.Look(), day.Look(arrived));
        Assert.Equal(straight.Findings, shuffled.Findings);
        Assert.Equal(straight with { Findings = [] }, shuffled with { Findings = [] });
    }, 2 * Runs);
}
