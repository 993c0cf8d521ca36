using FsCheck.Fluent;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Engines.Tests.Demand;

public sealed class ChargingFacts
{
    [Fact]
    public void Whatever_the_strategy_a_day_takes_the_energy_of_the_day() =>
        Law.Holds(
            from km in Gen.Choose(1, 200)
            from wh in Gen.Choose(20, 250)
            from charger in Gen.Choose(4, 110)
            from strategy in Gen.Elements(Enum.GetValues<ChargingStrategy>())
            select (new Vehicle(km, wh / 1000.0, charger / 10.0), strategy),
            static pair =>
            {
                var (vehicle, strategy) = pair;
                if (vehicle.KwhADay / vehicle.ChargerKw > 20) return;
                var profile = Charging.Profile(vehicle, strategy);
                Assert.All(profile, static kw => Assert.True(kw >= 0));
                Assert.Equal(vehicle.KwhADay, profile.Sum() * Quarters.Hours, 1e-9);
            });

    [Fact]
    public void Strategies_charge_when_they_say()
    {
        static double Share(ChargingStrategy strategy, double from, double to) =>
            Charging.Profile(Vehicle.Motorbike, strategy).Where((_, step) => step * 0.25 >= from && step * 0.25 < to).Sum() / Charging.Profile(Vehicle.Motorbike, strategy).Sum();
        Assert.InRange(Share(ChargingStrategy.Evening, 17, 23), 0.85, 1);
        Assert.InRange(Share(ChargingStrategy.Workplace, 7, 12), 0.85, 1);
        Assert.Equal(1, Share(ChargingStrategy.Managed, 23, 24) + Share(ChargingStrategy.Managed, 0, 6), 1e-12);
    }

    [Fact]
    public void Valleys_are_filled_to_one_level() =>
        Law.Holds(
            from seed in Gen.Choose(0, 1 << 30)
            select seed,
            static seed =>
            {
                var random = new Random(seed);
                var load = Enumerable.Range(0, 96).Select(_ => 100 * random.NextDouble()).ToArray();
                var cap = 5 + (60 * random.NextDouble());
                var energy = random.NextDouble() * cap * 24;
                var fleet = Charging.Valley(load, energy, cap);
                Assert.Equal(energy, fleet.Sum() * Quarters.Hours, 1e-9 * Math.Max(1, energy));
                Assert.All(fleet, kw => Assert.InRange(kw, 0, cap * (1 + 1e-9)));
                // Nobody charges above a step that could still take more.
                var highest = Enumerable.Range(0, 96).Where(i => fleet[i] > 1e-6).Select(i => load[i] + fleet[i]).DefaultIfEmpty(0).Max();
                for (var i = 0; i < 96; i++) if (fleet[i] < cap * (1 - 1e-6)) Assert.True(load[i] + fleet[i] >= highest - 1e-6);
            });

    [Fact]
    public void More_than_the_chargers_can_do_is_refused() => Assert.Throws<ArgumentException>(static () => Charging.Valley(new double[96], 25, 1));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0.7657)]
    [InlineData(5, 0.5578)]
    [InlineData(10, 0.4530)]
    [InlineData(50, 0.3131)]
    [InlineData(100, 0.28)]
    public void Coincidence_is_that_of_Rusck(double n, double coincidence) => Assert.Equal(coincidence, Diversity.Coincidence(n, 0.2), 5e-5);

    [Fact]
    public void Few_chargers_peak_at_their_power_and_many_at_the_mean()
    {
        var mean = Charging.Profile(Vehicle.Car, ChargingStrategy.Evening).Max();
        Assert.Equal(Vehicle.Car.ChargerKw, Diversity.ChargingPeakKw(1, mean, Vehicle.Car.ChargerKw));
        Assert.Equal(1e6 * mean, Diversity.ChargingPeakKw(1e6, mean, Vehicle.Car.ChargerKw), 0.01 * 1e6 * mean);
        Assert.Throws<ArgumentOutOfRangeException>(static () => Diversity.Coincidence(0.5, 0.2));
    }
}
