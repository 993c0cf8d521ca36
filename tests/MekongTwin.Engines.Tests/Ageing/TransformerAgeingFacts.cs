using MekongTwin.Engines.Ageing;

namespace MekongTwin.Engines.Tests.Ageing;

public sealed class TransformerAgeingFacts
{
    /// <summary>IEC 60076-7, table of relative ageing rates: plain and upgraded paper.</summary>
    [Theory]
    [InlineData(80, 0.125, 0.036)]
    [InlineData(86, 0.25, 0.073)]
    [InlineData(92, 0.5, 0.145)]
    [InlineData(98, 1.0, 0.282)]
    [InlineData(104, 2.0, 0.536)]
    [InlineData(110, 4.0, 1.0)]
    [InlineData(116, 8.0, 1.83)]
    [InlineData(122, 16.0, 3.29)]
    [InlineData(128, 32.0, 5.8)]
    [InlineData(134, 64.0, 10.1)]
    [InlineData(140, 128.0, 17.2)]
    public void Rates_are_those_of_the_standard(double hotSpotC, double plain, double upgraded)
    {
        Assert.Equal(plain, AgeingRate.At(hotSpotC, Insulation.Plain), 9);
        Assert.InRange(AgeingRate.At(hotSpotC, Insulation.Upgraded) / upgraded, 0.985, 1.015);
    }

    [Theory]
    [InlineData(1.0, 20, 98, 1)]
    [InlineData(1.0, 26, 104, 2)]
    [InlineData(1.0, 14, 92, 0.5)]
    // By hand: 55·(1/6)^0.8 = 13.1172 above the air; 2^((43.1172 − 98)/6).
    [InlineData(0.0, 30, 43.1172, 0.00176376)]
    // 55·((1 + 1.44·5)/6)^0.8 = 70.6143, 23·1.2^1.6 = 30.7906; 2^((131.4049 − 98)/6).
    [InlineData(1.2, 30, 131.4049, 47.4219)]
    public void A_load_that_lasts_gives_its_steady_hot_spot(double load, double ambientC, double hotSpotC, double rate)
    {
        var ageing = new TransformerAgeing(3, ThermalModel.Distribution, Insulation.Plain, 15);
        ageing.LoadSquared.Fill(load * load);
        ageing.Begin(ambientC);
        for (var step = 0; step < 96; step++) ageing.Advance(ambientC);
        foreach (var highest in ageing.HighestC) Assert.Equal(hotSpotC, highest, 3);
        foreach (var lost in ageing.LostHours) Assert.InRange(lost / (24 * rate), 0.9999, 1.0001);
    }

    [Fact]
    public void A_step_of_load_is_followed_with_the_lags_of_the_oil_and_the_winding()
    {
        var model = ThermalModel.Distribution;
        var ageing = new TransformerAgeing(1, model, Insulation.Plain, 15);
        ageing.Begin(25);
        ageing.LoadSquared[0] = 1.21;
        for (var step = 1; step <= 40; step++)
        {
            ageing.Advance(25);
            var (oil, winding) = (Math.Exp(-15.0 * step / 180), Math.Exp(-15.0 * step / 8));
            var expected = 25 + (model.OilRise(1.21) * (1 - oil)) + (model.OilRise(0) * oil) + (model.WindingRise(1.21) * (1 - winding));
            Assert.Equal(expected, ageing.HighestC[0], 6);
        }
    }

    [Fact]
    public void Shorter_steps_come_to_the_same_hot_spot()
    {
        var (quarter, minute) = (new TransformerAgeing(1, ThermalModel.Distribution, Insulation.Upgraded, 15), new TransformerAgeing(1, ThermalModel.Distribution, Insulation.Upgraded, 1));
        quarter.Begin(30);
        minute.Begin(30);
        var random = new Random(5);
        for (var step = 0; step < 200; step++)
        {
            quarter.LoadSquared[0] = minute.LoadSquared[0] = 1.5 * random.NextDouble();
            quarter.Advance(30);
            for (var i = 0; i < 15; i++) minute.Advance(30);
        }
        Assert.Equal(minute.HighestC[0], quarter.HighestC[0], 6);
    }

    [Fact]
    public void Every_lane_is_the_formula_written_out()
    {
        var model = ThermalModel.Distribution;
        var random = new Random(11);
        var loads = Enumerable.Range(0, 13).Select(_ => 2 * random.NextDouble()).ToArray();
        foreach (var insulation in Enum.GetValues<Insulation>())
        {
            var ageing = new TransformerAgeing(loads.Length, model, insulation, 15);
            loads.CopyTo(ageing.LoadSquared);
            ageing.Begin(28);
            ageing.Advance(31);
            for (var i = 0; i < loads.Length; i++)
            {
                var oil = 28 + model.OilRise(loads[i]) + (3 * (1 - Math.Exp(-15.0 / 180)));
                var hotSpot = oil + model.WindingRise(loads[i]);
                Assert.Equal(hotSpot, ageing.HighestC[i], 9);
                Assert.Equal(1, ageing.LostHours[i] / (0.25 * AgeingRate.At(hotSpot, insulation)), 9);
            }
        }
    }
}
