using System.Collections.Immutable;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.Demand.Calibration;
using MekongTwin.Simulators.Cities;
using MekongTwin.Simulators.Living;
using MekongTwin.Simulators.Model;
using CustomerClass = MekongTwin.Domain.Assets.CustomerClass;
using Weather = MekongTwin.Engines.Demand.Weather;

namespace MekongTwin.Engines.Tests.Demand;

/// <summary>
/// The pilot city of the simulator as the twin hears it: the meters of its transformers at the default telemetry and one weather station. The
/// truth behind it shares no code with the demand model.
/// </summary>
internal sealed class SimulatedCity
{
    private readonly GridModel grid;
    private readonly StationModel stations;
    private readonly int station;
    private readonly long firstMs;
    private readonly TransformerMeter[] meters;
    private readonly Cadence cadence = Cadence.Of(Profile.Default);

    /// <param name="seed">Of the simulator.</param>
    /// <param name="first">Local midnight that histories are counted from.</param>
    /// <param name="every">Takes the transformers of one feeder in so many: a feeder is worked out as a whole.</param>
    public SimulatedCity(long seed, DateOnly first, int every = 1)
    {
        var folder = CityFolder.Read(Path.Combine(AppContext.BaseDirectory, "cities", "vn-dad"));
        (grid, stations) = (new(folder, seed), new(folder, seed));
        station = Enumerable.Range(0, folder.Stations.Stations.Count).First(i => folder.Stations.Stations[i].Type == "weather");
        First = first.ToDateTime(default);
        firstMs = new DateTimeOffset(First, TimeSpan.FromHours(7)).ToUnixTimeMilliseconds();
        meters = [.. Enumerable.Range(0, grid.Transformers.Count).Where(i => grid.TrueFeederOf(i) % every == 0).Select(i => TransformerMeter.Of(grid, i, null)).OrderBy(static meter => meter.Feeder)];
        var feeders = folder.Grid.Feeders.Select(static feeder => feeder.Id).ToList();
        Facts = [.. meters.Select(meter => folder.Grid.Transformers[meter.Transformer]).Select(file => new LoadFacts(file.RatingKva, FeederOf(file, feeders), Customers(file)))];
    }

    public DateTime First { get; }

    /// <summary>What the folder says, which is not always true of feeders.</summary>
    public LoadFacts[] Facts { get; }

    public static DemandModel Model { get; } = new() { Place = ClimateNormals.DaNang.Place };

    /// <summary>What was measured over some days.</summary>
    public (LoadHistory History, Weather Weather) Measure(int fromDay, int days)
    {
        var steps = days * Quarters.ADay;
        var history = new LoadHistory(First.AddDays(fromDay), steps, meters.Length);
        var (temperature, dewPoint, irradiance, wind) = (new double[steps], new double[steps], new double[steps], new double[steps]);
        for (var step = 0; step < steps; step++)
        {
            var timeMs = firstMs + (((fromDay * Quarters.ADay) + step) * 900_000L);
            var weather = stations.WeatherAt(station, timeMs);
            (temperature[step], irradiance[step], wind[step]) = (Math.Round(weather.TemperatureC, 1), Math.Round(weather.IrradianceWm2), 2);
            dewPoint[step] = Weather.DewPoint(temperature[step], Math.Round(weather.HumidityPercent));
            for (var load = 0; load < meters.Length; load++)
            {
                if (timeMs / 1000 % cadence.PeriodOf(meters[load]) == 0) history.Of(load)[step] = Math.Round(meters[load].Read(grid, timeMs).Kw, 1);
            }
        }
        return (history, new(history.FirstStep, temperature, dewPoint, irradiance, wind));
    }

    /// <summary>True for meters whose day is read out in the small hours of the next.</summary>
    public bool IsNextDay(int load) => cadence.IsNextDay(meters[load]);

    private int FeederOf(TransformerFile file, List<string> feeders) =>
        file.Feeder.Length > 0 ? feeders.IndexOf(file.Feeder) : grid.Network.FeederOf(grid.Network.NodeOf(file));

    private static ImmutableArray<int> Customers(TransformerFile file)
    {
        var counts = new int[6];
        foreach (var (name, count) in file.Customers?.ByClass ?? []) counts[(int)Enum.Parse<CustomerClass>(name, true)] += count;
        return [.. counts];
    }
}
