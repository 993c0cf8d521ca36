using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Tests.Series;

/// <summary>A window that has just begun, or that few meters reached, is no low demand.</summary>
public sealed class TotalSteps
{
    private static readonly CityCalendar Calendar = new(TimeZoneInfo.Utc);

    private static readonly long StartUs = Instant.From(new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));

    /// <summary>A window of so many meters of 10 kW, each covered for a share of it.</summary>
    private static AssetWindow Window(int quarter, int meters, double covered) => new(0, StartUs + quarter * Instant.Quarter, new Contribution
    {
        Meters = meters,
        EnergyCoveredUs = (long)(meters * covered * Instant.Quarter),
        EnergyKwh = (long)(meters * covered * 2.5e6),
    });

    private static List<SeriesPoint> Steps(string metric, params AssetWindow[] windows) =>
        [.. TotalSeries.FromWindows(metric, windows, 100, Calendar, WindowSize.Quarter, StartUs, StartUs + windows.Length * Instant.Quarter)];

    [Fact]
    public void AWindowThatHasJustBegunHasNoDemandYet()
    {
        var steps = Steps("demand", Window(0, 100, 1), Window(1, 100, 0.09), Window(2, 100, 0.1));
        Assert.Equal([1000, null, 1000], steps.Select(step => step.Value));
        Assert.Equal([null, null], [steps[1].Min, steps[1].Max]);
        Assert.Equal(0.09, steps[1].Coverage!.Value, 6);
    }

    [Fact]
    public void AWindowThatFewMetersReachedHasNoDemand() =>
        Assert.Equal([1000, null, 500], Steps("demand", Window(0, 100, 1), Window(1, 49, 1), Window(2, 50, 1)).Select(step => step.Value));

    [Fact]
    public void ACityInWhichFewMetersReportHasTheirs() =>
        Assert.Equal([100, 100], Steps("demand", Window(0, 10, 1), Window(1, 10, 0.5)).Select(step => step.Value));

    [Fact]
    public void EnergyIsWhatWasMeasured() =>
        Assert.Equal([250, 22.5], Steps("energy", Window(0, 100, 1), Window(1, 100, 0.09)).Select(step => step.Value));

    [Fact]
    public void ADayMayHaveBegunAQuarterAgo() =>
        Assert.Equal(1000, TotalSeries.FromWindows("demand", [Window(0, 100, 0.5)], 100, Calendar, WindowSize.Day, StartUs, StartUs + Instant.Day).Single().Value);
}
