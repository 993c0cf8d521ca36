using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Tests;

public sealed class TrafficModelTests
{
    [Fact]
    public void FlowSpeedAndOccupancyAgreeAlways()
    {
        var traffic = new TrafficModel(Pilot.Folder, 5);
        var detectors = Pilot.Folder.Traffic.Detectors;
        for (var i = 0; i < detectors.Count; i++)
        {
            for (var hour = 0.0; hour < 7 * 24; hour += 0.7)
            {
                var state = traffic.At(i, Pilot.WednesdayMs(hour));
                var density = state.FlowPerHour / state.SpeedKmh / detectors[i].Lanes;
                Assert.Equal(density / traffic.JamDensityPerKmLane, 1 - state.SpeedKmh / traffic.FreeFlowKmh(i, Pilot.WednesdayMs(hour)), 9);
                Assert.Equal(100 * TrafficModel.JamOccupancy * density / traffic.JamDensityPerKmLane, state.OccupancyPercent, 9);
            }
        }
    }

    [Fact]
    public void RainSlowsTheRoadsAndTheNewYearEmptiesThem()
    {
        var traffic = new TrafficModel(Pilot.Folder, 5);
        var weather = Weather.Of(Pilot.Folder, 5);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(Pilot.Folder.City.Zone);
        var mornings = Enumerable.Range(0, 365).Select(day => Published.Ms(2024, 1, 1, 24 * day + 8)).ToLookup(timeMs => weather.RainAt(timeMs, LocalTime.Of(timeMs, zone)) > 1);
        double Speed(IEnumerable<long> times) => times.Average(timeMs => Enumerable.Range(0, 150).Average(i => traffic.At(i, timeMs).SpeedKmh));
        Assert.True(Speed(mornings[true]) < 0.97 * Speed(mornings[false]));
        Assert.True(traffic.At(0, Published.Ms(2024, 2, 12, 7)).OccupancyPercent < 0.6 * traffic.At(0, Published.Ms(2024, 2, 26, 7)).OccupancyPercent);
    }

    [Fact]
    public void RushHoursAreSlowerThanNoonAndNight()
    {
        var traffic = new TrafficModel(Pilot.Folder, 5);
        double SpeedAt(double hour) => Enumerable.Range(0, 60).Average(i => traffic.At(i, Pilot.WednesdayMs(hour)).SpeedKmh);
        Assert.True(SpeedAt(7) < 0.9 * SpeedAt(13));
        Assert.True(SpeedAt(17) < 0.9 * SpeedAt(13));
        Assert.True(SpeedAt(13) < SpeedAt(3));
    }
}
