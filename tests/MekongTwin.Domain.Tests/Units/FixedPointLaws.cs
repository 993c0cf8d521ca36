using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Contracts.Oracle;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Tests.Units;

public sealed class FixedPointLaws
{
    private static readonly Gen<long> AnyLong = Gen.OneOf(
        Gen.Choose(-1000, 1000).Select(value => (long)value),
        Gen.Choose(int.MinValue, int.MaxValue).Two().Select(pair => ((long)pair.Item1 << 32) ^ pair.Item2),
        Gen.Elements(long.MaxValue, long.MinValue, long.MaxValue - 1, 999_999_999_999_999_999, -999_999_999_999_999_999, 5, 25, 35, -25, -35));

    private static readonly Gen<(long Numerator, long Denominator)> AnyFactor = Gen.Elements(
        (1L, 1L), (1000, 1), (1, 1000), (18, 5), (5, 18), (1, 3_600_000), (3_600_000, 1), (1, 3_600_000_000), (3600, 1), (1, 3), (100, 1), (1, 10_000));

    [Fact]
    public void ScalingIsExactWithHalvesToEvenAndRefusesExactlyWhatDoesNotFit()
    {
        var data = from mantissa in AnyLong from exponent in Gen.Choose(-45, 30) from factor in AnyFactor select (mantissa, exponent, factor);
        Law.Holds(data, c =>
        {
            var numerator = c.mantissa * (BigInteger)c.factor.Numerator * BigInteger.Pow(10, Math.Max(0, c.exponent + 6));
            var exact = NaiveWindows.Rounded(numerator, c.factor.Denominator * BigInteger.Pow(10, Math.Max(0, -c.exponent - 6)));
            var fits = exact <= long.MaxValue && exact >= long.MinValue;
            Assert.Equal(fits, FixedPoint.TryScale(c.mantissa, c.exponent, c.factor.Numerator, c.factor.Denominator, out var micro));
            if (fits) Assert.Equal(exact, micro);
        }, runs: 5000);
    }

    [Theory]
    [InlineData(1, 1000)]
    [InlineData(1, -1000)]
    [InlineData(-1, int.MaxValue)]
    [InlineData(long.MaxValue, int.MinValue)]
    [InlineData(0, int.MaxValue)]
    public void ScalingAbsurdPowersOfTenNeitherThrowsNorWraps(long mantissa, int exponent)
    {
        var fits = FixedPoint.TryScale(mantissa, exponent, 1, 1, out var micro);
        Assert.Equal(mantissa == 0 || exponent < 0, fits);
        if (fits) Assert.Equal(0, micro);
    }

    [Fact]
    public void DivisionRoundsHalvesToEvenForEverySign()
    {
        var data = from value in AnyLong.Two() from divisor in AnyLong.Where(divisor => divisor != 0) select (Value: (Int128)value.Item1 * value.Item2, divisor);
        Law.Holds(data, c => Assert.Equal(NaiveWindows.Rounded((BigInteger)c.Value, c.divisor), (BigInteger)FixedPoint.DivideRounded(c.Value, c.divisor)), runs: 3000);
    }

    [Fact]
    public void AWideDivisorDoesNotOverflowTheRounding()
    {
        Assert.Equal(1, FixedPoint.DivideRounded(Int128.MaxValue - 1, Int128.MaxValue));
        Assert.Equal(-1, FixedPoint.DivideRounded(-(Int128.MaxValue - 1), Int128.MaxValue));
    }

    [Fact]
    public void ADoubleGoesToMicroAndBackForEverySixDecimals()
    {
        Law.Holds(Gen.Choose(-2_000_000_000, 2_000_000_000), value =>
        {
            Assert.True(FixedPoint.TryFrom((double)(value / 1_000_000m), out var micro));
            Assert.Equal(value, micro);
            Assert.Equal(value / 1_000_000m, decimal.Parse(FixedPoint.ToText(micro), System.Globalization.CultureInfo.InvariantCulture));
        });
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(9.3e12)]
    [InlineData(-1e300)]
    public void ADoubleThatDoesNotFitIsRefused(double value) => Assert.False(FixedPoint.TryFrom(value, out _));

    [Fact]
    public void SaturationKeepsTheSign()
    {
        Assert.Equal(long.MaxValue, FixedPoint.Saturate((Int128)long.MaxValue + 1));
        Assert.Equal(long.MinValue, FixedPoint.Saturate((Int128)long.MinValue - 1));
        Assert.Equal(-5, FixedPoint.Saturate(-5));
    }
}
