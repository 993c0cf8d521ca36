using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Tests;

public sealed class WeatherTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById(Pilot.Folder.City.Zone);

    private static LocalTime Local(long timeMs) => LocalTime.Of(timeMs, Zone);

    /// <summary>Twenty years of the drawn weather against the monthly means it is drawn from.</summary>
    [Fact]
    public void TheClimateIsTheFoldersOverTheYears()
    {
        var weather = Weather.Of(Pilot.Folder, 1);
        var climate = Pilot.Folder.Simulation.Climate;
        var byMonth = Enumerable.Range(0, 20 * 8766 / 2).Select(i => Published.Ms(2001, 1, 1, 2 * i)).Select(timeMs => (Local: Local(timeMs), State: weather.At(timeMs, Local(timeMs)))).ToLookup(pair => pair.Local.Date.Month);
        for (var month = 1; month <= 12; month++)
        {
            Assert.Equal(climate.MonthlyMeanC[month - 1] + climate.CoastalOffsetC, byMonth[month].Average(pair => pair.State.TemperatureC), 0.8);
            Assert.InRange(24 * byMonth[month].Average(pair => pair.State.RainMmPerHour) / climate.MonthlyRainMmPerDay[month - 1], 0.7, 1.4);
            Assert.Equal(climate.MonthlyHumidityPercent[month - 1], byMonth[month].Average(pair => pair.State.HumidityPercent), 5.0);
        }
        var all = byMonth.SelectMany(month => month).Select(pair => pair.State).ToList();
        Assert.All(all, state => Assert.InRange(state.TemperatureC, 10, 40));
        Assert.All(all, state => Assert.InRange(state.Cloud, 0, 1));
        Assert.InRange(all.Count(state => state.RainMmPerHour > 0.1) / (double)all.Count, 0.05, 0.25);
        // Rain comes with cloud, and cloudy days are cooler.
        Assert.True(all.Where(state => state.RainMmPerHour > 2).Average(state => state.Cloud) > 0.85);
    }

    [Fact]
    public void TheSunIsUpByDayAndCloudsPass()
    {
        var weather = Weather.Of(Pilot.Folder, 1);
        double Sun(double hour, double cloud) => weather.IrradianceWm2(Published.HotDayMs(hour), Local(Published.HotDayMs(hour)), cloud, 0);
        Assert.Equal((0, 0), (Sun(2, 0), Sun(22, 0)));
        Assert.InRange(Sun(12, 0), 950, 1050);
        Assert.True(Sun(12, 1) < 0.35 * Sun(12, 0));
        // Within an hour of half cloud the sun comes and goes.
        var hour = Enumerable.Range(0, 60).Select(minute => Sun(12 + minute / 60.0, 0.5)).ToList();
        Assert.True(hour.Max() > 1.15 * hour.Min());
    }

    /// <summary>Rivers rise with the rain of the last days, and the season of floods is October to December.</summary>
    [Fact]
    public void RiversFollowTheRainAndTheTide()
    {
        var stations = new StationModel(Pilot.Folder, 1);
        var weather = Weather.Of(Pilot.Folder, 1);
        var at = Pilot.Folder.Stations.Stations.ToList().FindIndex(station => station.Id == "st/river-cam-le");
        var hours = Enumerable.Range(0, 5 * 8766 / 6).Select(i => Published.Ms(2019, 1, 1, 6 * i)).Select(timeMs => (Local(timeMs).Date.Month, Level: stations.LevelAt(at, timeMs),
            Rain: Enumerable.Range(0, 24).Sum(hour => weather.RainAt(timeMs - hour * 3_600_000L, Local(timeMs - hour * 3_600_000L))))).ToList();
        Assert.True(hours.Where(hour => hour.Rain > 80).Average(hour => hour.Level) > hours.Where(hour => hour.Rain < 1).Average(hour => hour.Level) + 0.4);
        Assert.Contains(hours.MaxBy(hour => hour.Level).Month, new[] { 9, 10, 11, 12 });
        Assert.InRange(hours.Max(hour => hour.Level), 2, 5);
        Assert.InRange(hours.Min(hour => hour.Level), -1, 0.3);
    }

    [Fact]
    public void RainWashesTheAirAndRushHourFillsIt()
    {
        var stations = new StationModel(Pilot.Folder, 1);
        var weather = Weather.Of(Pilot.Folder, 1);
        var year = Enumerable.Range(0, 8760).Select(hour => Published.Ms(2024, 1, 1, hour)).Select(timeMs => (Local(timeMs).Hour, Air: stations.AirAt(0, timeMs), Rain: weather.RainAt(timeMs, Local(timeMs)))).ToList();
        Assert.True(year.Where(hour => hour.Rain > 2).Average(hour => hour.Air.Pm25) < 0.6 * year.Where(hour => hour.Rain == 0).Average(hour => hour.Air.Pm25));
        Assert.True(year.Where(hour => hour.Hour == 7).Average(hour => hour.Air.No2) > 2 * year.Where(hour => hour.Hour == 3).Average(hour => hour.Air.No2));
        Assert.All(year, hour => Assert.InRange(hour.Air.Pm10, hour.Air.Pm25, 200));
    }

    [Fact]
    public void TheLunarNewYearIsOnItsDays()
    {
        foreach (var (year, month, day) in new[] { (2023, 1, 22), (2024, 2, 10), (2025, 1, 29), (2026, 2, 17), (2027, 2, 6) })
        {
            Assert.Equal(1, CityCalendar.NewYearDepth(new(year, month, day), NewYear.Lunar));
            Assert.Equal(0, CityCalendar.NewYearDepth(new DateOnly(year, month, day).AddDays(10), NewYear.Lunar));
        }
        Assert.Equal((1, 0), (CityCalendar.NewYearDepth(new(2026, 4, 14), NewYear.April), CityCalendar.NewYearDepth(new(2026, 2, 17), NewYear.April)));
    }
}
