using System.Text;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Tests.Units;

public sealed class UnitConversions
{
    private static UnitConversion Between(string from, string to)
    {
        Assert.True(UnitTable.TryFind(from, out var source));
        Assert.True(UnitTable.TryFind(to, out var target));
        Assert.True(UnitConversion.TryBetween(source, target, out var conversion));
        return conversion;
    }

    [Theory]
    [InlineData("W", "kW", 412_600, 0, 412_600_000)]
    [InlineData("MW", "kW", 5, 0, 5_000_000_000)]
    [InlineData("kW", "W", 4126, -1, 412_600_000_000)]
    [InlineData("J", "kWh", 36, 5, 1_000_000)]
    [InlineData("J", "MWh", 36, 20, 1_000_000_000_000_000_000)]
    [InlineData("m/s", "km/h", 10, 0, 36_000_000)]
    [InlineData("km/h", "m/s", 36, 0, 10_000_000)]
    [InlineData("km/h", "m/s", 1, 0, 277_778)]
    [InlineData("/s", "/h", 2, 0, 7_200_000_000)]
    [InlineData("1", "%", 41, -2, 41_000_000)]
    [InlineData("ppm", "%", 25, 0, 2_500)]
    [InlineData("kPa", "hPa", 1013, -1, 1_013_000_000)]
    [InlineData("cm", "m", 1, 0, 10_000)]
    [InlineData("K", "Cel", 30_015, -2, 27_000_000)]
    [InlineData("Cel", "K", 27, 0, 300_150_000)]
    [InlineData("Cel", "Cel", -405, -1, -40_500_000)]
    public void ConvertExactly(string from, string to, long mantissa, int exponent, long micro)
    {
        Assert.True(Between(from, to).TryApply(mantissa, exponent, out var converted));
        Assert.Equal(micro, converted);
    }

    [Theory]
    [InlineData(25, 2)]
    [InlineData(35, 4)]
    [InlineData(45, 4)]
    [InlineData(-25, -2)]
    [InlineData(-35, -4)]
    [InlineData(26, 3)]
    public void HalvesGoToEven(long hundredNanowatts, long micro)
    {
        Assert.True(Between("W", "kW").TryApply(hundredNanowatts, -4, out var converted));
        Assert.Equal(micro, converted);
    }

    [Fact]
    public void ThereAndBackIsTheSameForEveryPairOfOneQuantity()
    {
        foreach (var from in UnitTable.Codes)
        {
            foreach (var to in UnitTable.Codes)
            {
                UnitTable.TryFind(from, out var source);
                UnitTable.TryFind(to, out var target);
                if (source.Quantity != target.Quantity || source.Numerator * target.Denominator < source.Denominator * target.Numerator) continue;
                Assert.True(Between(from, to).TryApply(123, 0, out var there));
                Assert.True(Between(to, from).TryApply(there, -6, out var back));
                Assert.Equal(123_000_000, back);
            }
        }
    }

    [Fact]
    public void DifferentQuantitiesDoNotConvert()
    {
        UnitTable.TryFind("kW", out var power);
        UnitTable.TryFind("kvar", out var reactive);
        Assert.False(UnitConversion.TryBetween(power, reactive, out _));
    }

    [Fact]
    public void AValueOutOfRangeIsRefusedNeverWrapped()
    {
        Assert.False(Between("MW", "kW").TryApply(long.MaxValue, 0, out _));
        Assert.False(Between("K", "Cel").TryApply(-long.MaxValue, -6, out _));
        Assert.False(Between("Cel", "K").TryApply(long.MaxValue, -6, out _));
    }

    [Theory]
    [InlineData("ug/m³", "ug/m3")]
    [InlineData("%RH", "%")]
    [InlineData("degC", "Cel")]
    [InlineData("count", "{count}")]
    public void AliasesLeadToTheirUnit(string alias, string code)
    {
        Assert.True(UnitTable.TryFind(Encoding.UTF8.GetBytes(alias), out var unit));
        Assert.Equal(code, unit.Code);
    }

    [Fact]
    public void BytesThatAreNoUnitAreNotFound()
    {
        Assert.False(UnitTable.TryFind([0xFF, 0xFE], out _));
        Assert.False(UnitTable.TryFind(new byte[17], out _));
        Assert.False(UnitTable.TryFind(ReadOnlySpan<byte>.Empty, out _));
    }
}
