using System.Globalization;
using FsCheck.Fluent;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Engines.Tests.Demand;

public sealed class CoolingFacts
{
    /// <summary>The half-hourly load and temperature of Victoria, 2012 to 2014.</summary>
    private const string Victoria = "MEKONGTWIN_VIC_ELEC";

    /// <summary>The heat index chart of the US National Weather Service, °F; it is rounded to whole degrees.</summary>
    [Theory]
    [InlineData(80, 40, 80)]
    [InlineData(86, 90, 105)]
    [InlineData(90, 70, 105)]
    [InlineData(100, 40, 109)]
    [InlineData(94, 60, 110)]
    [InlineData(82, 95, 93)]
    public void The_heat_index_is_that_of_the_chart(double fahrenheit, double humidity, double index) =>
        Assert.Equal(index, (Cooling.HeatIndexC((fahrenheit - 32) / 1.8, humidity) * 1.8) + 32, 1.3);

    [Fact]
    public void Degree_hours_count_what_is_above_the_base() => Assert.Equal(0.5 * (2 + 5), Cooling.DegreeHours([24, 26, 29, 20], 24, 0.5));

    [Theory]
    [InlineData(18, 40_263.25)]
    [InlineData(21, 20_899.55)]
    [InlineData(24, 10_550.97)]
    public void Degree_hours_of_Victoria_are_as_computed_elsewhere(double baseC, double degreeHours)
    {
        var path = Environment.GetEnvironmentVariable(Victoria);
        Assert.SkipWhen(string.IsNullOrEmpty(path), $"{Victoria} names no file with Victoria's half hours.");
        var rows = File.ReadLines(path).Select(static line => line.Split(',')).ToArray();
        var column = Array.FindIndex(rows[0], static name => name.Contains("Temperature", StringComparison.OrdinalIgnoreCase));
        var temperatures = rows.Skip(1).Select(row => double.Parse(row[column], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(degreeHours, Cooling.DegreeHours(temperatures, baseC, 0.5), 0.01);
    }

    [Fact]
    public void Cooling_never_falls_when_it_is_warmer_and_saturates() =>
        Law.Holds(
            from low in Gen.Choose(0, 500)
            from more in Gen.Choose(0, 300)
            select (low / 10.0, (low + more) / 10.0),
            static pair =>
            {
                var (cool, warm) = (Cooling.Default.ResponseC(pair.Item1), Cooling.Default.ResponseC(pair.Item2));
                Assert.InRange(cool, 0, warm);
                Assert.InRange(warm, 0, Cooling.Default.SaturationC);
            });

    [Fact]
    public void Buildings_follow_a_hot_day_late()
    {
        var temperature = new double[5 * 96];
        Array.Fill(temperature, 26);
        for (var step = 96; step < 2 * 96; step++) temperature[step] = 32;
        var weather = new Weather(new(2026, 6, 1), temperature, new double[temperature.Length], new double[temperature.Length], new double[temperature.Length]);
        var response = (Cooling.Default with { Inertia = 0.5 }).ResponseC(weather);
        Assert.Equal(Cooling.Default.ResponseC(26), response[95], 1e-9);
        Assert.True(response[96] < response[100] && response[100] < response[191]);
        Assert.True(response[191] < Cooling.Default.ResponseC(32));
        Assert.True(response[2 * 96 + 40] > response[95] + 0.2);
        Assert.Equal(response[95], response[^1], 0.1);
    }
}
