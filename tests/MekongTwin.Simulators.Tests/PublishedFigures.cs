using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Tests;

/// <summary>
/// The truth against what is published of Da Nang. One number is fitted, to one day: the mean loading, to 14 June 2024. The
/// other parameters are assumed, the growth is the published one of sales, and everything else must follow.
/// </summary>
public sealed class PublishedFigures
{
    private static readonly DateOnly HotDay = new(2024, 6, 14);

    private sealed record Day(DateOnly Date, double PeakMw, double PeakHour, double NightMinimumMw, double SupplyGwh, double SalesGwh);

    private static Day DayOf(GridModel grid, DateOnly date, int stepMinutes)
    {
        var states = Enumerable.Range(0, 1440 / stepMinutes).Select(step => (Hour: step * stepMinutes / 60.0, State: grid.CityAt(Published.Ms(date.Year, date.Month, date.Day, step * stepMinutes / 60.0)))).ToList();
        var peak = states.MaxBy(pair => pair.State.SupplyKw);
        return new(date, peak.State.SupplyKw / 1000, peak.Hour, states.Min(pair => pair.State.SupplyKw) / 1000, states.Average(pair => pair.State.SupplyKw) * 24 / 1e6, states.Average(pair => pair.State.SalesKw) * 24 / 1e6);
    }

    private static List<Day> DaysOf(GridModel grid, DateOnly from, DateOnly to) =>
        [.. Enumerable.Range(from.DayNumber, to.DayNumber - from.DayNumber).Select(number => DayOf(grid, DateOnly.FromDayNumber(number), 60))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TheDayOfThePeakIsMetUnderEverySeed(long seed)
    {
        var day = DayOf(new(Pilot.Folder, seed), HotDay, 15);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: {day}");
        Assert.Equal(Published.PeakMw, day.PeakMw, 0.01 * Published.PeakMw);
        Assert.Equal(Published.PeakDayGwh, day.SupplyGwh, 0.01 * Published.PeakDayGwh);
        // An evening peak over an afternoon hump, and a night that stays warm.
        Assert.InRange(day.PeakHour, 17, 21);
        Assert.InRange(day.NightMinimumMw / day.PeakMw, 0.6, 0.8);
        Assert.InRange(day.SalesGwh / day.SupplyGwh, 0.95, 0.98);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void UnchangedParametersGiveTheFirstHalfOf2024(long seed)
    {
        var days = DaysOf(new(Pilot.Folder, seed), new(2024, 1, 1), new(2024, 7, 1));
        var sales = days.Sum(day => day.SalesGwh) / 1000;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}: sales {sales:0.000} TWh, peak {days.MaxBy(day => day.PeakMw)}");
        Assert.Equal(Published.FirstHalf2024SalesTwh, sales, 0.03 * Published.FirstHalf2024SalesTwh);
        Assert.InRange(days.Max(day => day.PeakMw), 0.99 * Published.PeakMw, 1.02 * Published.PeakMw);
    }

    /// <summary>The source names no dates; spring is taken as March to May.</summary>
    [Fact]
    public void OneGrowthFactorGivesTheSpringOf2023()
    {
        var days = DaysOf(new(Pilot.Folder, 1), new(2023, 3, 1), new(2023, 6, 1));
        var (peak, most, mean) = (days.Max(day => day.PeakMw), days.Max(day => day.SupplyGwh), days.Average(day => day.SupplyGwh));
        TestContext.Current.TestOutputHelper?.WriteLine($"peak {peak:0} MW, at most {most:0.00} and on average {mean:0.00} GWh a day");
        Assert.Equal(Published.Spring2023PeakMw, peak, 0.05 * Published.Spring2023PeakMw);
        Assert.Equal(Published.Spring2023DayMaxGwh, most, 0.05 * Published.Spring2023DayMaxGwh);
        Assert.Equal(Published.Spring2023DayMeanGwh, mean, 0.05 * Published.Spring2023DayMeanGwh);
    }
}
