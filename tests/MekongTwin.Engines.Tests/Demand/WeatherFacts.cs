using FsCheck.Fluent;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Engines.Tests.Demand;

public sealed class WeatherFacts
{
    private static readonly WeatherGenerator Generator = new(ClimateNormals.DaNang, 42);

    /// <summary>From Magnus tables: 25 °C at 60 % is 16.7 °C, 30 °C at 80 % is 26.2 °C.</summary>
    [Theory]
    [InlineData(25, 60, 16.7)]
    [InlineData(30, 80, 26.2)]
    [InlineData(20, 100, 20)]
    public void Dew_points_are_those_of_the_tables(double temperatureC, double humidity, double dewPointC) => Assert.Equal(dewPointC, Weather.DewPoint(temperatureC, humidity), 0.05);

    [Fact]
    public void Humidity_is_the_inverse_of_the_dew_point() =>
        Law.Holds(
            from temperature in Gen.Choose(-100, 450)
            from humidity in Gen.Choose(5, 100)
            select (temperature / 10.0, (double)humidity),
            static pair => Assert.Equal(pair.Item2, Weather.Humidity(pair.Item1, Weather.DewPoint(pair.Item1, pair.Item2)), 1e-9));

    [Fact]
    public void A_heat_wave_keeps_dew_point_sun_and_wind()
    {
        var weather = Generator.Generate(0, new(2026, 6, 1), 3);
        Assert.Same(weather, weather.Warmer(0));
        var warmer = weather.Warmer(2);
        Assert.Equal(weather.DewPointC, warmer.DewPointC);
        Assert.Equal(weather.IrradianceWm2, warmer.IrradianceWm2);
        Assert.Equal(weather.WindMs, warmer.WindMs);
        for (var i = 0; i < weather.Steps; i++) Assert.Equal(weather.TemperatureC[i] + 2, warmer.TemperatureC[i]);
        var colder = weather.Warmer(-30);
        for (var i = 0; i < weather.Steps; i++) Assert.True(colder.TemperatureC[i] >= weather.DewPointC[i]);
    }

    [Fact]
    public void A_day_drawn_alone_has_the_same_bits()
    {
        var month = Generator.Generate(7, new(2026, 6, 1), 30);
        for (var day = 0; day < 30; day++)
        {
            var alone = Generator.Generate(7, new DateOnly(2026, 6, 1).AddDays(day), 1);
            var part = month.Slice(day * 96, 96);
            Assert.Equal(part.FirstStep, alone.FirstStep);
            Assert.Equal(part.TemperatureC, alone.TemperatureC);
            Assert.Equal(part.DewPointC, alone.DewPointC);
            Assert.Equal(part.IrradianceWm2, alone.IrradianceWm2);
            Assert.Equal(part.WindMs, alone.WindMs);
        }
        Assert.NotEqual(month.TemperatureC, Generator.Generate(8, new(2026, 6, 1), 30).TemperatureC);
        Assert.NotEqual(month.TemperatureC, new WeatherGenerator(ClimateNormals.DaNang, 43).Generate(7, new(2026, 6, 1), 30).TemperatureC);
    }

    /// <summary>Every future has the warmth of the day that is known; days later, and before, it is forgotten.</summary>
    [Fact]
    public void The_days_after_a_known_day_begin_with_its_warmth()
    {
        var (day, futures) = (new DateOnly(2026, 6, 15), 200);
        double[] Noons(WeatherGenerator generator, int after) => [.. Enumerable.Range(0, futures).Select(future => generator.Generate(future, day.AddDays(after), 1).TemperatureC[48])];
        var (cool, warm) = (new WeatherGenerator(ClimateNormals.DaNang, 42, new(day, -1)), new WeatherGenerator(ClimateNormals.DaNang, 42, new(day, 2)));
        double Apart(int after) => Noons(warm, after).Average() - Noons(cool, after).Average();
        Assert.InRange(Apart(0), 3, 3.5);
        Assert.InRange(Apart(1), 0.6 * Apart(0), 0.7 * Apart(0));
        Assert.InRange(Apart(12), 0, 0.03);
        Assert.InRange(Apart(-12), 0, 0.03);
        Assert.True(Deviation(Noons(warm, 0)) < 0.5 * Deviation(Noons(warm, 12)));
        Assert.Equal(Generator.UsualC(new(2026, 6, 15, 23, 0, 0)) + 2, Enumerable.Range(0, futures).Average(future => warm.Generate(future, day, 1).TemperatureC.Average()), 0.4);

        static double Deviation(double[] of) => Math.Sqrt(of.Average(value => Math.Pow(value - of.Average(), 2)));
    }

    /// <summary>Sixty Junes: the mean is the normal (polygon mean and hill bias), days spread as assumed and hang together.</summary>
    [Fact]
    public void Futures_have_the_climate_of_the_city()
    {
        var days = new List<double>();
        var pairs = new List<(double Today, double Next)>();
        for (var future = 0; future < 60; future++)
        {
            var weather = Generator.Generate(future, new(2026, 6, 1), 30);
            var means = Enumerable.Range(0, 30).Select(day => weather.TemperatureC.AsSpan(day * 96, 96).ToArray().Average()).ToArray();
            days.AddRange(means);
            pairs.AddRange(means.Zip(means.Skip(1)));
            for (var i = 0; i < weather.Steps; i++)
            {
                var isNight = i % 96 / 4 is < 5 or > 18;
                if (weather.DewPointC[i] > weather.TemperatureC[i] || weather.IrradianceWm2[i] < 0 || weather.IrradianceWm2[i] > (isNight ? 0 : 1100)) Assert.Fail($"Step {i} of future {future} is impossible.");
            }
        }
        var mean = days.Average();
        Assert.Equal(27.66 + 2, mean, 0.3);
        Assert.InRange(Math.Sqrt(days.Average(day => (day - mean) * (day - mean))), 1.1, 1.8);
        Assert.InRange(pairs.Average(pair => (pair.Today - mean) * (pair.Next - mean)) / days.Average(day => (day - mean) * (day - mean)), 0.55, 0.85);
    }

    [Fact]
    public void Random_numbers_are_even_and_normal()
    {
        var draw = new Draw(1, 2);
        var uniform = Enumerable.Range(0, 20_000).Select(day => draw.Uniform(day, 3)).ToArray();
        Assert.All(uniform, static value => Assert.InRange(value, double.Epsilon, 1 - 1e-17));
        Assert.Equal(0.5, uniform.Average(), 0.01);
        var normal = Enumerable.Range(0, 20_000).Select(day => draw.Normal(day, 3)).ToArray();
        Assert.Equal(0, normal.Average(), 0.03);
        Assert.Equal(1, normal.Average(static value => value * value), 0.03);
        Assert.NotEqual(draw.Uniform(1, 0), draw.Uniform(0, 1));
    }
}
