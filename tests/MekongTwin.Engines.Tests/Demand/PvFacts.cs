using System.Globalization;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Engines.Tests.Demand;

/// <summary>Values that pvlib's tests publish for the same models, and NREL's own run of a year.</summary>
public sealed class PvFacts
{
    /// <summary>A file with the 8,760 hours that PVWatts exported for a 4 kW system in Denver.</summary>
    private const string Export = "MEKONGTWIN_PVWATTS_EXPORT";

    [Fact]
    public void Direct_current_is_as_published()
    {
        Assert.Equal(88.65, PvWatts.Dc(900, 30, 100, -0.003), 1e-9);
        Assert.Equal(8.9125, PvWatts.Dc(100, 30, 100, -0.003, 0.01, false), 1e-9);
        Assert.Equal(118.45, PvWatts.Dc(1200, 30, 100, -0.003, 0.01, false), 1e-9);
        Assert.Equal(118.2, PvWatts.Dc(1200, 30, 100, -0.003, 0.01, true), 1e-9);
    }

    [Theory]
    [InlineData(90, 100, 0.95, 85.58556604752516)]
    [InlineData(50, 100, 0.95, 47.60843624)]
    [InlineData(100, 100, 0.95, 95)]
    [InlineData(0.001, 1, 0.95, 0)]
    public void The_inverter_is_as_published(double dc, double ratedDc, double efficiency, double ac) => Assert.Equal(ac, PvWatts.Ac(dc, ratedDc, efficiency), 1e-8);

    [Fact]
    public void Losses_are_as_published()
    {
        Assert.Equal(0.14075660688264469, new PvLosses().Total, 1e-15);
        Assert.Equal(0.14934904, new PvLosses { Age = 0.01 }.Total, 1e-8);
    }

    [Fact]
    public void Cell_temperatures_are_as_published()
    {
        Assert.Equal(35.203, CellTemperature.Faiman(900, 20, 5), 5e-4);
        Assert.Equal(45.137, CellTemperature.PvSyst(900, 20, 5), 1e-3);
        Assert.Equal(43.509, CellTemperature.Sapm(900, 20, 5), 5e-4);
        Assert.Equal(55.230790492, CellTemperature.NoctSam(1000, 25, 1, 45, 0.2), 1e-8);
        var fuentes = CellTemperature.Fuentes([1000, 1000, 1000], [20, 20, 20], [1, 1, 1], 45, 3600);
        Assert.Equal(48.042, fuentes[0], 1e-3);
        Assert.Equal(51.845, fuentes[1], 1e-3);
        Assert.Equal(51.846, fuentes[2], 1e-3);
    }

    [Fact]
    public void A_year_of_PVWatts_itself_comes_out_of_the_inverter()
    {
        var path = Environment.GetEnvironmentVariable(Export);
        Assert.SkipWhen(string.IsNullOrEmpty(path), $"{Export} names no file with the hours of PVWatts.");
        var lines = File.ReadLines(path).SkipWhile(static line => !line.StartsWith("Month,", StringComparison.Ordinal)).Skip(1).TakeWhile(static line => !line.StartsWith("Totals", StringComparison.Ordinal));
        var hours = lines.Select(static line => line.Split(',').Select(static word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        Assert.Equal(8760, hours.Length);
        // 4 kW of modules on an inverter 1.2 times smaller, efficiency 0.96: it clips at 3,333.3 W.
        foreach (var hour in hours) Assert.Equal(hour[10], PvWatts.Ac(hour[9], 4000 / 1.2 / 0.96), 0.0011);
        Assert.Equal(6023.671, hours.Sum(static hour => PvWatts.Ac(hour[9], 4000 / 1.2 / 0.96)) / 1000, 0.001);
    }

    [Fact]
    public void A_roof_gives_nothing_at_night_and_less_when_hot()
    {
        var weather = new WeatherGenerator(ClimateNormals.DaNang, 1).Generate(0, new(2026, 6, 1), 1);
        var hot = weather.Warmer(5);
        for (var step = 0; step < 96; step++)
        {
            var (cool, warm) = (RooftopPv.Default.KwPerKwp(weather, step, ClimateNormals.DaNang.Place), RooftopPv.Default.KwPerKwp(hot, step, ClimateNormals.DaNang.Place));
            Assert.InRange(cool, 0, 1 / 1.1);
            Assert.True(warm <= cool);
            if (weather.IrradianceWm2[step] == 0) Assert.Equal(0, cool);
        }
    }
}
