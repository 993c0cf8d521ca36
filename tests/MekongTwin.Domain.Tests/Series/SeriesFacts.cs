using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Contracts.Oracle;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Tests.Twins;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Series;

public sealed class SeriesFacts
{
    private const long StartUs = 1_790_000_000L / 3600 * 3600 * Instant.Second;

    private static readonly CityCalendar Calendar = new(TimeZoneInfo.FindSystemTimeZoneById("Asia/Ho_Chi_Minh"));

    private static readonly Point Power = Models.Point(0, "P", "kW", PointKind.Gauge, 30 * Instant.Minute);

    private static Reading At(double minutes, long value) => new(StartUs + (long)(minutes * Instant.Minute), value, 0, 0, Quality.Good, ReadingFlags.None);

    [Fact]
    public void AStepInWhichNothingWasMeasuredIsAGapNotAZero()
    {
        Reading[] readings = [At(0, 2_000_000), At(15, 4_000_000), At(18, 4_000_000), At(120, 8_000_000)];
        var steps = PointSeries.FromWindows(NaiveWindows.Windows(readings, Power), Power, Calendar, WindowSize.Quarter, StartUs, StartUs + 3 * Instant.Hour);
        Assert.Equal(12, steps.Count);
        Assert.Equal([2.0, 4.0, null, null, null, null, null, null, 8.0, null, null, null], steps.Select(step => step.Value));
        Assert.Equal([1.0, 0.2, 0.0], steps.Take(3).Select(step => step.Coverage));
    }

    [Fact]
    public void StepsFromReadingsAreThoseFromWindows()
    {
        var data = from minutes in Gen.Choose(0, 600).ArrayOf(40) select minutes.Select(minute => At(minute, minute * 1_000_003L)).ToList();
        Law.Holds(data, readings =>
        {
            var windows = NaiveWindows.Windows(readings, Power);
            var merged = PointSeries.Merge([.. readings]).ToList();
            Assert.Equal(
                PointSeries.FromWindows(windows, Power, Calendar, WindowSize.Quarter, StartUs, StartUs + 10 * Instant.Hour),
                PointSeries.FromReadings(merged, Power, StartUs, StartUs + 10 * Instant.Hour, Instant.Quarter));
        });
    }

    [Fact]
    public void AnEventsStepCountsAndARegistersStepIsItsGrowth()
    {
        Reading[] readings = [At(1, 10_000_000), At(2, 11_000_000), At(14, 16_000_000)];
        var events = Models.Point(0, "trips", "{count}", PointKind.Event, Instant.Hour);
        var register = Models.Point(0, "E", "kWh", PointKind.Cumulative, Instant.Hour);
        Assert.Equal(3, PointSeries.FromWindows(NaiveWindows.Windows(readings, events), events, Calendar, WindowSize.Hour, StartUs, StartUs + Instant.Hour).Single().Value);
        Assert.Equal(6, PointSeries.FromWindows(NaiveWindows.Windows(readings, register), register, Calendar, WindowSize.Hour, StartUs, StartUs + Instant.Hour).Single().Value);
    }

    [Fact]
    public void TheExtremesOfAStepIncludeTheValueHeldIntoIt()
    {
        // 9 stands until 18 minutes past; 2 begins exactly with the third window and is all that stands there.
        Reading[] readings = [At(10, 9_000_000), At(18, 4_000_000), At(30, 2_000_000), At(50, 3_000_000)];
        var steps = PointSeries.FromWindows(NaiveWindows.Windows(readings, Power), Power, Calendar, WindowSize.Quarter, StartUs, StartUs + Instant.Hour);
        Assert.Equal([(9.0, 9.0), (4.0, 9.0), (2.0, 2.0), (2.0, 3.0)], steps.Select(step => (step.Min!.Value, step.Max!.Value)));
        Assert.All(steps, step => Assert.InRange(step.Value!.Value, step.Min!.Value, step.Max!.Value));
    }

    [Fact]
    public void ARegistersStepHasNoExtremesAndIsAGapWhereNoGrowthWasMeasured()
    {
        Reading[] readings = [At(1, 10_000_000), At(16, 12_000_000), At(17, 12_000_000), At(55, 20_000_000)];
        var register = Models.Point(0, "E", "kWh", PointKind.Cumulative, 20 * Instant.Minute);
        var steps = PointSeries.FromWindows(NaiveWindows.Windows(readings, register), register, Calendar, WindowSize.Quarter, StartUs, StartUs + Instant.Hour);
        Assert.Equal([1.8667, 0.1333, null, null], steps.Select(step => step.Value is { } value ? Math.Round(value, 4) : (double?)null));
        Assert.Equal([1, 2, 0, 1], steps.Select(step => step.Count));
        Assert.All(steps, step => Assert.Equal((null, null), (step.Min, step.Max)));
    }

    [Fact]
    public void ADemandIsNotLoweredByAMeterThatIsLate()
    {
        var full = new Contribution { EnergyKwh = 50_000_000, EnergyCoveredUs = 2 * Instant.Quarter, Meters = 2 };
        var late = new Contribution { EnergyKwh = 37_500_000, EnergyCoveredUs = Instant.Quarter + Instant.Quarter / 2, Meters = 2 };
        Assert.Equal(200, TotalSeries.Value("demand", full));
        Assert.Equal(200, TotalSeries.Value("demand", late));
        Assert.Null(TotalSeries.Value("demand", default));
        Assert.Null(TotalSeries.Value("speed", default));
    }

    [Fact]
    public void DownsamplingKeepsTheBudgetTheEndsTheOrderAndEveryPointIsOneOfThem()
    {
        var data = from count in Gen.Choose(3, 500)
                   from values in Gen.Frequency((9, Gen.Choose(-100, 100).Select(value => (double?)value)), (1, Gen.Constant((double?)null))).ArrayOf(count)
                   from limit in Gen.Choose(3, 120)
                   select (Points: values.Select((value, i) => new SeriesPoint(StartUs + i * Instant.Minute, value, value, value, 1, 1)).ToList(), limit);
        Law.Holds(data, c =>
        {
            var kept = Downsample.ToLimit(c.Points, c.limit);
            Assert.Equal(Math.Min(c.limit, c.Points.Count), kept.Count);
            Assert.Equal(c.Points[0], kept[0]);
            Assert.Equal(c.Points[^1], kept[^1]);
            Assert.Equal(kept.Select(point => point.TimeUs).Distinct().Order(), kept.Select(point => point.TimeUs));
            Assert.Subset(c.Points.ToHashSet(), kept.ToHashSet());
        });
    }

    [Fact]
    public void DownsamplingKeepsAPeakAndAGap()
    {
        var points = Enumerable.Range(0, 2000).Select(i => new SeriesPoint(StartUs + i * Instant.Minute, i == 777 ? 500 : i is > 1200 and < 1300 ? null : Math.Sin(i / 50.0), null, null, 1, 1)).ToList();
        var kept = Downsample.ToLimit(points, 100);
        Assert.Contains(kept, point => point.Value == 500);
        Assert.Contains(kept, point => point.Value is null);
    }
}
