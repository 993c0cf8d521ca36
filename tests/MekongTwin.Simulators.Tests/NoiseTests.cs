using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Tests;

public sealed class NoiseTests
{
    [Fact]
    public void IsTheSameForTheSameSeedNameAndInstantOnly()
    {
        Assert.Equal(Noise.For(1, "a").Layered(12_345_678, 0), Noise.For(1, "a").Layered(12_345_678, 0));
        Assert.NotEqual(Noise.For(1, "a").Layered(12_345_678, 0), Noise.For(2, "a").Layered(12_345_678, 0));
        Assert.NotEqual(Noise.For(1, "a").Layered(12_345_678, 0), Noise.For(1, "b").Layered(12_345_678, 0));
    }

    [Fact]
    public void IsSmoothBoundedAndCentred()
    {
        var noise = Noise.For(3, "x");
        var sum = 0.0;
        for (var t = -50_000; t < 50_000; t++)
        {
            var value = noise.At(t * 1000L, 60_000, 0);
            Assert.InRange(value, -1, 1);
            Assert.InRange(Math.Abs(noise.At(t * 1000L + 1000, 60_000, 0) - value), 0, 2 * 1.5 / 60 + 1e-9);
            sum += value;
        }
        Assert.InRange(sum / 100_000, -0.06, 0.06);
    }
}
