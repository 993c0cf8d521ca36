using FsCheck.Fluent;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Engines.Tests.Demand;

public sealed class FlexibilityFacts
{
    [Fact]
    public void A_battery_balances_and_keeps_its_limits() =>
        Law.Holds(
            from seed in Gen.Choose(0, 1 << 30)
            select seed,
            static seed =>
            {
                var random = new Random(seed);
                var load = Enumerable.Range(0, 192).Select(_ => 300 * random.NextDouble()).ToArray();
                var capacity = 400 * random.NextDouble();
                var battery = new Battery(capacity, 0.1 + random.NextDouble(), 0.7 + (0.3 * random.NextDouble())) { StartKwh = capacity * random.NextDouble() };
                var (kw, charge) = battery.Shave(load, 150);
                var (into, outOf, before) = (0.0, 0.0, battery.StartKwh);
                for (var i = 0; i < load.Length; i++)
                {
                    Assert.InRange(charge[i], 0, capacity);
                    Assert.InRange(Math.Abs(kw[i]), 0, (battery.CRate * capacity) + 1e-9);
                    // It never makes a peak, nor shaves below the threshold.
                    Assert.True(load[i] + kw[i] <= Math.Max(load[i], 150) + 1e-9);
                    if (kw[i] < 0) Assert.True(load[i] + kw[i] >= 150 - 1e-9);
                    var step = Math.Max(0, kw[i]) * Math.Sqrt(battery.RoundTrip) - (Math.Max(0, -kw[i]) / Math.Sqrt(battery.RoundTrip));
                    Assert.Equal(charge[i] - before, step * 0.25, 1e-9 * Math.Max(1, capacity));
                    before = charge[i];
                    into += Math.Max(0, kw[i]) * 0.25;
                    outOf += Math.Max(0, -kw[i]) * 0.25;
                }
                var oneWay = Math.Sqrt(battery.RoundTrip);
                Assert.Equal(battery.StartKwh + (into * oneWay) - (outOf / oneWay), charge[^1], 1e-8 * Math.Max(1, capacity));
            });

    [Fact]
    public void A_cycle_returns_its_round_trip()
    {
        var (kw, charge) = new Battery(100, 1, 0.81).Shave([.. Enumerable.Repeat(0.0, 8), .. Enumerable.Repeat(200.0, 8)], 100);
        Assert.Equal(0, charge[^1], 1e-9);
        Assert.Equal(0.81, -kw[8..].Sum() / kw[..8].Sum(), 1e-9);
    }

    [Fact]
    public void A_day_of_a_battery_ends_as_it_began_and_holds_the_lowest_level() =>
        Law.Holds(
            from seed in Gen.Choose(0, 1 << 30)
            select seed,
            static seed =>
            {
                var random = new Random(seed);
                var load = Enumerable.Range(0, Quarters.ADay).Select(_ => 300 * random.NextDouble()).ToArray();
                var battery = new Battery(400 * random.NextDouble(), 0.1 + random.NextDouble(), 0.7 + (0.3 * random.NextDouble()));
                var kw = battery.Cycle(load);
                Balances(battery, kw);
                var level = load.Zip(kw, static (a, b) => a + b).Max();
                Assert.True(level <= load.Max() + 1e-9);
                // More of a battery never holds less.
                var larger = battery with { CapacityKwh = battery.CapacityKwh * 1.3 };
                Assert.True(load.Zip(larger.Cycle(load), static (a, b) => a + b).Max() <= level + 1e-6);
                Balances(battery, battery.Evenly((40, 56), (72, 88)));
            });

    private static void Balances(Battery battery, double[] kw)
    {
        var (oneWay, charge, lowest, highest) = (Math.Sqrt(battery.RoundTrip), 0.0, 0.0, 0.0);
        foreach (var value in kw)
        {
            Assert.InRange(Math.Abs(value), 0, (battery.CRate * battery.CapacityKwh) + 1e-9);
            charge += value * Quarters.Hours * (value > 0 ? oneWay : 1 / oneWay);
            (lowest, highest) = (Math.Min(lowest, charge), Math.Max(highest, charge));
        }
        Assert.Equal(0, charge, 1e-6);
        Assert.True(highest - lowest <= battery.CapacityKwh + 1e-6);
    }

    [Fact]
    public void A_battery_cuts_the_peak_down_to_what_its_energy_holds()
    {
        // 100 kW for 94 steps and 300 for 2: 200 kW for half an hour are 100 kWh, of which 50 at the terminals can be given.
        var load = Enumerable.Repeat(100.0, Quarters.ADay).ToArray();
        (load[70], load[71]) = (300, 300);
        var kw = new Battery(50 / 0.9, 4, 0.81).Cycle(load);
        Assert.Equal(-100, kw[70], 1e-6);
        Assert.Equal(50 / 0.81, kw.Where(static value => value > 0).Sum() * Quarters.Hours, 1e-6);
    }

    [Fact]
    public void No_battery_changes_nothing()
    {
        Assert.All(new Battery(0).Shave([10, 300, 20], 100).Kw, static kw => Assert.Equal(0, kw));
        Assert.All(new Battery(0).Cycle([10, 300, 20]), static kw => Assert.Equal(0, kw));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Battery(10) { StartKwh = 11 }.Shave([1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new Battery(10, 1, 0).Shave([1], 1));
    }

    [Fact]
    public void Load_that_is_shifted_loses_no_energy() =>
        Law.Holds(
            from seed in Gen.Choose(0, 1 << 30)
            select seed,
            static seed =>
            {
                var random = new Random(seed);
                var load = Enumerable.Range(0, 96).Select(_ => 100 * random.NextDouble()).ToArray();
                var (first, steps, back) = (random.Next(0, 60), random.Next(0, 16), random.Next(1, 20));
                var shed = random.NextDouble();
                foreach (var rebound in (ReadOnlySpan<double>)[0, 0.4, 1])
                {
                    var change = new DemandResponse(first, steps, shed, rebound, back).Change(load);
                    var away = -change.Where(static kw => kw < 0).Sum();
                    Assert.Equal(shed * load.AsSpan(first, steps).ToArray().Sum(), away, 1e-9);
                    Assert.Equal((rebound - 1) * away, change.Sum(), 1e-9);
                    for (var i = 0; i < 96; i++) Assert.True(load[i] + change[i] >= 0);
                }
            });

    [Fact]
    public void Nothing_shed_changes_nothing()
    {
        Assert.All(new DemandResponse(10, 4, 0).Change(new double[96]), static kw => Assert.Equal(0, kw));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new DemandResponse(90, 4, 0.1).Change(new double[96]));
    }
}
