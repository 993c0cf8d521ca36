using System.Collections.Immutable;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.Demand.Calibration;

namespace MekongTwin.Engines.Tests.Demand;

/// <summary>Loads that are what the demand model says, from a seed: households with some shops and a street light, every sixth a works.</summary>
internal static class GeneratedCity
{
    public static DemandModel Model { get; } = new() { Place = ClimateNormals.DaNang.Place };

    /// <summary>Three weeks.</summary>
    public static Weather Weather { get; } = new WeatherGenerator(ClimateNormals.DaNang, 3).Generate(0, new(2026, 6, 1), 21);

    public static (FactorLoads Loads, LoadFacts[] Facts) Of(int count, int seed)
    {
        var random = new Random(seed);
        var (loads, facts) = (new FactorLoads(count), new LoadFacts[count]);
        for (var load = 0; load < count; load++)
        {
            var level = Math.Exp(0.3 * ((2 * random.NextDouble()) - 1));
            ImmutableArray<int> customers = load % 6 == 0 ? [0, 0, 0, 1, 0, 0] : [80 + random.Next(100), 4 + random.Next(10), 0, 0, 1, 0];
            facts[load] = new(400, load / 36, customers);
            for (var c = 0; c < customers.Length; c++)
            {
                var kw = level * customers[c] * CustomerProfile.Of((CustomerClass)c).MeanKw;
                loads.P(load, Factor.Base((CustomerClass)c)) = kw;
                loads.P(load, Factor.Cooling((CustomerClass)c)) = kw * Model.Shapes.CoolingPerC[c];
            }
            loads.P(load, Factor.Pv) = 20 * random.NextDouble();
        }
        return (loads, facts);
    }

    /// <summary>What meters read over part of <see cref="Weather"/>, with a noise that is a share of the load, every so many steps.</summary>
    public static LoadHistory Readings(FactorLoads loads, Weather weather, double noise, int every)
    {
        // The memory of buildings begins with the whole, so that a week after is the same truth.
        var series = Model.Series(Weather).Slice(Quarters.Nearest(Weather.FirstStep, weather.FirstStep), weather.Steps);
        var history = new LoadHistory(weather.FirstStep, weather.Steps, loads.Count);
        var draw = new Draw(9, 0);
        for (var load = 0; load < loads.Count; load++)
        {
            for (var step = 0; step < weather.Steps; step += every) history.Of(load)[step] = loads.Evaluate(series, load, step).Kw * (1 + (noise * draw.Normal(step, load)));
        }
        return history;
    }
}
