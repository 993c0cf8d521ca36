using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;

namespace MekongTwin.Domain.Tests.Series;

public sealed class SupplySums
{
    private static readonly CityCalendar Calendar = new(TimeZoneInfo.Utc);

    private static readonly long StartUs = Instant.From(new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));

    /// <summary>A substation's quarters; NaN is one that was not measured.</summary>
    private static SeriesPoint[] Of(params double[] powers) =>
        [.. powers.Select((power, i) => new SeriesPoint(StartUs + i * Instant.Quarter, double.IsNaN(power) ? null : power, power, power, 90, double.IsNaN(power) ? 0 : 1))];

    private static List<SeriesPoint> Add(WindowSize size, params SeriesPoint[][] substations) => [.. SupplySeries.Add(substations, Calendar, size, StartUs, StartUs + substations[0].Length * Instant.Quarter)];

    [Fact]
    public void SubstationsAddUp()
    {
        var steps = Add(WindowSize.Quarter, Of(10, 20), Of(1, 2), Of(0, -5));
        Assert.Equal([11, 17], steps.Select(step => step.Value));
        Assert.Equal([(3, 1.0), (3, 1.0)], steps.Select(step => (step.Count, step.Coverage!.Value)));
    }

    [Fact]
    public void AQuarterThatManyAreMissingInIsAGapAndOneThatFewAreMissingInSaysSo()
    {
        SeriesPoint[][] twenty = [.. Enumerable.Range(0, 20).Select(i => Of(5, i < 2 ? double.NaN : 5, i < 3 ? double.NaN : 5))];
        var steps = Add(WindowSize.Quarter, twenty);
        Assert.Equal([100, 90, null], steps.Select(step => step.Value));
        Assert.Equal([1, 0.9, 0.85], steps.Select(step => Math.Round(step.Coverage!.Value, 6)));
    }

    [Fact]
    public void LongerStepsAreMeansOfQuartersWithTheirLowestAndHighest()
    {
        var step = Assert.Single(Add(WindowSize.Hour, Of(10, 20, double.NaN, 40), Of(1, 1, double.NaN, 1)));
        Assert.Equal((73 / 3.0, 11.0, 41.0, 0.75), (step.Value, step.Min!.Value, step.Max!.Value, step.Coverage!.Value));
    }

    [Fact]
    public void NothingMeasuredIsNothing() => Assert.Equal([(null, 0), (null, 0)], Add(WindowSize.Quarter, Of(double.NaN, double.NaN)).Select(step => (step.Value, step.Count)));
}
