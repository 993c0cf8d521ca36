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
                Assert.Equal(density / traffic.JamDensityPerKmLane, 1 - state.SpeedKmh / detectors[i].FreeFlowKmh, 9);
                Assert.Equal(100 * TrafficModel.JamOccupancy * density / traffic.JamDensityPerKmLane, state.OccupancyPercent, 9);
            }
        }
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
