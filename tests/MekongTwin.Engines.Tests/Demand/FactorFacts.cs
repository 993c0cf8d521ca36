using FsCheck.Fluent;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Engines.Tests.Demand;

public sealed class FactorFacts
{
    private static readonly DemandModel Model = new() { Place = ClimateNormals.DaNang.Place };

    private static readonly Weather June = new WeatherGenerator(ClimateNormals.DaNang, 1).Generate(0, new(2026, 6, 1), 9);

    /// <summary>The definition, at every width, however the steps are split; with residuals and without.</summary>
    [Fact]
    public void Filling_has_the_same_bits_for_any_split_and_width() =>
        Law.Holds(
            from seed in Gen.Choose(0, 1 << 30)
            from isRandom in Gen.Elements(true, false)
            select (seed, isRandom),
            static pair =>
            {
                var random = new Random(pair.seed);
                var loads = Random(random, 3);
                var series = Model.Series(June.Slice(0, 60 + random.Next(40)));
                if (pair.isRandom) series = series.WithResiduals(pair.seed, 3);
                var first = random.Next(20);
                var steps = random.Next(1, series.Steps - first + 1);
                var expected = Enumerable.Range(0, loads.Count * steps).Select(i => loads.Evaluate(series, i / steps, first + (i % steps))).ToArray();
                foreach (var width in Enum.GetValues<SimdWidth>().Where(Simd.Has))
                {
                    var (p, q) = (new double[loads.Count * steps], new double[loads.Count * steps]);
                    loads.FillAll(series, first, steps, p, q, width);
                    Assert.Equal(expected.Select(static value => value.Kw), p);
                    Assert.Equal(expected.Select(static value => value.Kvar), q);
                }
                for (var load = 0; load < loads.Count; load++)
                {
                    for (var at = 0; at < steps;)
                    {
                        var some = Math.Min(steps - at, random.Next(1, 20));
                        var (p, q) = (new double[some], new double[some]);
                        loads.Fill(series, load, first + at, p, q);
                        for (var i = 0; i < some; i++) Assert.Equal(expected[(load * steps) + at + i], (p[i], q[i]));
                        at += some;
                    }
                }
                var part = series.Slice(first, steps);
                Assert.Equal(expected[0], loads.Evaluate(part, 0, 0));
            },
            60);

    [Fact]
    public void A_lever_of_nothing_changes_no_bit()
    {
        var loads = Random(new Random(1), 4);
        var series = Model.Series(June);
        var (p, q) = Fill(loads, series);
        var same = loads.Copy();
        same.P(0, Factor.Motorbikes) += 0;
        same.P(1, Factor.Pv) += 0;
        var again = (Model with { CoolingEfficiency = 1, MotorbikeCharging = ChargingStrategy.Evening }).Series(June.Warmer(0));
        var (p2, q2) = Fill(same, again);
        Assert.Equal(p, p2);
        Assert.Equal(q, q2);
        same.P(0, Factor.Motorbikes) += 5;
        Assert.NotEqual(p, Fill(same, again).P);
        Assert.Equal(p, Fill(loads, again).P);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(3)]
    [InlineData(-1)]
    public void Only_cooling_and_the_cells_follow_the_temperature(double deltaC)
    {
        var (now, then) = (Model.Series(June), Model.Series(June.Warmer(deltaC)));
        for (var k = 0; k < Factor.Count; k++)
        {
            var isCooling = k is >= 6 and < Factor.Pv;
            if (!isCooling && k != Factor.Pv)
            {
                Assert.Equal(now.Of(k).ToArray(), then.Of(k).ToArray());
                continue;
            }
            // Warmer days cool more, and hot cells give less (the factor is what PV takes off, so it rises).
            for (var step = 0; step < now.Steps; step++) Assert.True((then.Of(k)[step] - now.Of(k)[step]) * deltaC >= 0, $"{Factor.Name(k)} at {step}");
        }
    }

    [Fact]
    public void Better_air_conditioners_take_less_by_their_efficiency()
    {
        var (now, then) = (Model.Series(June), (Model with { CoolingEfficiency = 1.25 }).Series(June));
        for (var c = CustomerClass.Household; c <= CustomerClass.Pumping; c++)
        {
            Assert.Equal(now.Of(Factor.Base(c)).ToArray(), then.Of(Factor.Base(c)).ToArray());
            for (var step = 0; step < now.Steps; step++) Assert.Equal(now.Of(Factor.Cooling(c))[step] / 1.25, then.Of(Factor.Cooling(c))[step], 1e-12);
        }
        Assert.Throws<ArgumentOutOfRangeException>(static () => (Model with { CoolingEfficiency = 0 }).Series(June));
    }

    [Fact]
    public void More_solar_never_raises_a_load() =>
        Law.Holds(
            from seed in Gen.Choose(0, 1 << 30)
            select seed,
            static seed =>
            {
                var random = new Random(seed);
                var loads = Random(random, 2);
                var series = Model.Series(June.Slice(96, 96));
                var more = loads.Copy();
                for (var load = 0; load < 2; load++) more.P(load, Factor.Pv) += 100 * random.NextDouble();
                foreach (var (with, without) in Fill(more, series).P.Zip(Fill(loads, series).P)) Assert.True(with <= without);
            },
            50);

    [Theory]
    [InlineData(ChargingStrategy.Evening)]
    [InlineData(ChargingStrategy.Workplace)]
    [InlineData(ChargingStrategy.Managed)]
    public void Vehicles_take_their_energy_every_day(ChargingStrategy strategy)
    {
        var series = (Model with { MotorbikeCharging = strategy, CarCharging = strategy }).Series(June);
        for (var day = 0; day < 9; day++)
        {
            Assert.Equal(0.7, series.Of(Factor.Motorbikes).Slice(day * 96, 96).ToArray().Sum() * 0.25, 1e-9);
            Assert.Equal(5.95, series.Of(Factor.Cars).Slice(day * 96, 96).ToArray().Sum() * 0.25, 1e-9);
        }
    }

    [Fact]
    public void Residuals_are_of_deviation_one_and_belong_to_their_instant()
    {
        var series = Model.Series(June).WithResiduals(5, 1, 0.8);
        var all = series.Residuals!;
        Assert.Equal(0, all.Average(), 0.1);
        Assert.Equal(1, all.Average(static value => value * value), 0.1);
        var part = Model.Series(June.Slice(30, 200)).WithResiduals(5, 1, 0.8).Residuals!;
        for (var stream = 0; stream < FactorSeries.Streams; stream++) Assert.Equal(all.AsSpan((stream * series.Steps) + 30, 200).ToArray(), part.AsSpan(stream * 200, 200).ToArray());
        Assert.NotEqual(all, Model.Series(June).WithResiduals(5, 2, 0.8).Residuals);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var (loads, series) = (new FactorLoads(2), Model.Series(June.Slice(0, 10)));
        Assert.Throws<ArgumentException>(() => loads.Fill(series, 0, 0, new double[3], new double[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => loads.Fill(series, 2, 0, new double[3], new double[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => loads.Fill(series, 0, 8, new double[3], new double[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => loads.FillAll(series, 8, 3, new double[6], new double[6]));
        Assert.Throws<ArgumentException>(() => new FactorLoads(2, 5).Fill(series, 0, 0, new double[3], new double[3]));
        Assert.Throws<ArgumentException>(static () => new FactorSeries(new(2026, 6, 1, 0, 7, 0), 1, [1]));
    }

    private static FactorLoads Random(Random random, int count)
    {
        var loads = new FactorLoads(count);
        for (var i = 0; i < loads.WeightP.Length; i++) (loads.WeightP[i], loads.WeightQ[i]) = (random.Next(3) == 0 ? 0 : 50 * random.NextDouble(), 20 * random.NextDouble());
        for (var load = 0; load < count; load++) loads.SigmaKw[load] = 3 * random.NextDouble();
        return loads;
    }

    private static (double[] P, double[] Q) Fill(FactorLoads loads, FactorSeries series)
    {
        var (p, q) = (new double[loads.Count * series.Steps], new double[loads.Count * series.Steps]);
        loads.FillAll(series, 0, series.Steps, p, q);
        return (p, q);
    }
}
