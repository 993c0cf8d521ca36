using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.Demand.Calibration;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Scenarios;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;

namespace MekongTwin.Host.Scenarios;

/// <summary>
/// Branches a city: its grid, the demand of its transformers as the readings of the last two weeks tell it, and its climate. It only reads.
/// </summary>
internal sealed class StudyBases
{
    /// <summary>Readings that are fitted.</summary>
    public const int Days = 14;

    /// <summary>An estimated load is brought to what is measured within these factors.</summary>
    private const double LeastScale = 0.2;
    private const double MostScale = 5;

    private readonly Model model;
    private readonly CityElements elements;
    private readonly City city;
    private readonly TimeZoneInfo zone;
    private readonly LoadFacts[] facts;
    private readonly double[] people;
    private readonly ClimateNormals climate;

    /// <param name="read">The model that the network's numbers are of.</param>
    /// <param name="model">The model that the twins' numbers are of.</param>
    /// <param name="network">The city's network.</param>
    public StudyBases(Model read, Model model, Network network)
    {
        this.model = model;
        city = model.FindCity(network.City)!;
        zone = city.MakeCalendar().Zone;
        elements = new(CityGrid.Of(network, read.Assets), number => model.FindAsset(read.Assets[number].Id.Path)!, feeder => feeder.ElectricalParent >= 0 ? model.Assets[feeder.ElectricalParent] : null);
        var grid = elements.Grid;
        facts = [.. Enumerable.Range(0, grid.Transformers.Length).Select(t => new LoadFacts(elements.Transformers[t].RatingKva, grid.FeederOfBus[grid.BusOf(t)], network.CustomersOf(read.Assets[grid.Transformers[t]])))];
        var households = facts.Select(static fact => fact.Customers.IsDefaultOrEmpty ? 0.0 : fact.Customers[0]).ToArray();
        var (population, all) = (model.FindAsset(city.Id)!.Population, Math.Max(1, households.Sum()));
        people = [.. households.Select(count => population * count / all)];
        climate = NearestClimate();
    }

    /// <summary>The city without a reading: what its customers are assumed to take.</summary>
    public StudyBase Assume(DateTimeOffset at)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone);
        var first = local.Date.AddDays(-1);
        return Make(local, "", new(first, Quarters.ADay, facts.Length), new WeatherGenerator(climate, 0).Generate(0, DateOnly.FromDateTime(first), 1), 0, false, null);
    }

    /// <summary>The city as it was at an instant.</summary>
    public async Task<StudyBase> BranchAsync(ITwins twins, ITwinQueries queries, DateTimeOffset at, CancellationToken ct)
    {
        var snapshot = await twins.SnapshotAsync(city.Id, at, ct);
        var local = TimeZoneInfo.ConvertTime(at, zone);
        // The last whole quarter is the last step.
        var end = local.DateTime.AddTicks(-(local.DateTime.Ticks % (TimeSpan.TicksPerHour / 4)));
        var first = end.AddDays(-Days);
        var history = new LoadHistory(first, Days * Quarters.ADay, facts.Length);
        var (fromUs, toUs) = (UtcUs(first), UtcUs(end));
        long readings = 0;
        var earliest = toUs;
        for (var t = 0; t < facts.Length; t++)
        {
            if (model.FindPoint(elements.Transformers[t].Number, Metrics.Power) is not { } point) continue;
            foreach (var window in await queries.PointWindowsAsync(point.Number, fromUs, toUs, ct))
            {
                if (Mean(window) is not { } kw) continue;
                history.Of(t)[(int)((window.StartUs - fromUs) / Instant.Quarter)] = kw;
                readings++;
                earliest = Math.Min(earliest, window.StartUs);
            }
        }
        var (weather, measured) = await WeatherAsync(queries, first, fromUs, toUs, ct);
        var days = (toUs - earliest) / (double)Instant.Day;
        return Make(local, string.Join('-', snapshot.Cut.Offsets), history, weather, days, measured, snapshot);
    }

    private StudyBase Make(DateTimeOffset local, string cut, LoadHistory history, Weather weather, double days, bool measured, CitySnapshot? snapshot)
    {
        var demand = Calibrator.Calibrate(new DemandModel { Place = climate.Place, Calendar = city.Country == "VN" ? DayCalendar.VietNam : DayCalendar.AprilNewYear }, facts, history, weather);
        var anchored = snapshot is null ? 0 : Anchor(demand, weather, snapshot, local);
        var rules = CountryRules.Find(city.Country) ?? throw new InputException($"{city.Id}: there are no criteria for the country '{city.Country}'; there are for {string.Join(", ", CountryRules.Known)}.");
        var calibration = new Calibration(Math.Round(days, 2), demand.Quality.Count(static quality => quality.Source == LoadSource.Measured), anchored, facts.Length, demand.Quality.Sum(static quality => (long)quality.Readings), measured);
        return new(city.Id, local, cut, elements, demand, climate, rules, people, calibration);
    }

    /// <summary>
    /// Loads that nobody measured enough are brought to what they read now, and those without a reading to what their feeder's head leaves
    /// for them. Gives how many were brought to their own reading.
    /// </summary>
    private int Anchor(CalibratedDemand demand, Weather weather, CitySnapshot snapshot, DateTimeOffset at)
    {
        var now = demand.Model.Series(weather).Slice(weather.Steps - 1, 1);
        var readings = new Grid.GridReadings(snapshot, Instant.From(at));
        var (known, open) = (new double[elements.Feeders.Length], new double[elements.Feeders.Length]);
        var scales = new double[facts.Length];
        var anchored = 0;
        for (var t = 0; t < facts.Length; t++)
        {
            if (facts[t].Feeder < 0) continue;
            var kw = demand.Loads.Evaluate(now, t, 0).Kw;
            var own = readings.Find(elements.Transformers[t].Number, Metrics.Power, Quantity.ActivePower);
            if (demand.Quality[t].Source == LoadSource.Measured) known[facts[t].Feeder] += kw;
            else if (own.Holds && kw > 0)
            {
                scales[t] = Math.Clamp(own.Value / kw, LeastScale, MostScale);
                known[facts[t].Feeder] += own.Value;
                anchored++;
            }
            else open[facts[t].Feeder] += kw;
        }
        for (var t = 0; t < facts.Length; t++)
        {
            if (facts[t].Feeder is not (>= 0 and var f) || demand.Quality[t].Source == LoadSource.Measured) continue;
            if (scales[t] == 0)
            {
                var head = readings.Find(elements.Feeders[f].Number, Metrics.Power, Quantity.ActivePower);
                scales[t] = head.Holds && open[f] > 0 ? Math.Clamp((head.Value - known[f]) / open[f], LeastScale, MostScale) : 1;
            }
            var loads = demand.Loads;
            for (var k = t * loads.Factors; k < (t + 1) * loads.Factors; k++) (loads.WeightP[k], loads.WeightQ[k]) = (loads.WeightP[k] * scales[t], loads.WeightQ[k] * scales[t]);
            loads.SigmaKw[t] *= scales[t];
        }
        return anchored;
    }

    /// <summary>Means of the city's weather stations; normals where most steps have none.</summary>
    private async Task<(Weather Weather, bool Measured)> WeatherAsync(ITwinQueries queries, DateTime first, long fromUs, long toUs, CancellationToken ct)
    {
        var drawn = new WeatherGenerator(climate, 0).Generate(0, DateOnly.FromDateTime(first), Days + 1).Slice(Quarters.OfDay(first), Days * Quarters.ADay);
        async Task<double[]?> Channel(string metric)
        {
            var (sums, counts) = (new double[drawn.Steps], new int[drawn.Steps]);
            foreach (var point in model.Points.Where(point => point.Metric == metric && model.Assets[point.Asset].Kind == AssetKind.Station && model.CityOf(point.Asset).Id == city.Id))
            {
                foreach (var window in await queries.PointWindowsAsync(point.Number, fromUs, toUs, ct))
                {
                    if (Mean(window) is not { } value) continue;
                    var step = (int)((window.StartUs - fromUs) / Instant.Quarter);
                    (sums[step], counts[step]) = (sums[step] + value, counts[step] + 1);
                }
            }
            return Filled(sums, counts);
        }
        var (temperature, humidity, irradiance) = (await Channel("temperature"), await Channel("humidity"), await Channel("irradiance"));
        if (temperature is null) return (drawn, false);
        double[] dew = humidity is null ? [.. temperature.Select((value, i) => Math.Min(value, drawn.DewPointC[i]))] : [.. temperature.Select((value, i) => Weather.DewPoint(value, Math.Clamp(humidity[i], 1, 100)))];
        return (new(drawn.FirstStep, temperature, dew, irradiance ?? drawn.IrradianceWm2, drawn.WindMs), true);
    }

    /// <summary>Gaps go straight from the step before to the one after; null when fewer than half of the steps since the first are there.</summary>
    private static double[]? Filled(double[] sums, int[] counts)
    {
        var known = Enumerable.Range(0, sums.Length).Where(step => counts[step] > 0).ToList();
        if (known.Count == 0 || known.Count * 2 < sums.Length - known[0] || known.Count < sums.Length / 4) return null;
        var values = new double[sums.Length];
        var next = 0;
        for (var step = 0; step < sums.Length; step++)
        {
            while (next < known.Count && known[next] < step) next++;
            var (before, after) = (next == 0 ? known[0] : known[next - 1], next == known.Count ? known[^1] : known[next]);
            if (next < known.Count && known[next] == step) before = step;
            double At(int k) => sums[k] / counts[k];
            values[step] = before == after ? At(before) : At(before) + ((step - before) / (double)(after - before) * (At(after) - At(before)));
        }
        return values;
    }

    private static double? Mean(in PointWindow window) => window.CoveredUs > 0 ? (double)window.IntegralMicro / FixedPoint.One * Instant.Hour / window.CoveredUs : window.Count > 0 ? (double)window.Sum / FixedPoint.One / window.Count : null;

    private long UtcUs(DateTime local) => Instant.From(new DateTimeOffset(local, zone.GetUtcOffset(local)));

    private ClimateNormals NearestClimate()
    {
        var placed = model.Assets.Where(asset => asset.Latitude is not null && model.CityOf(asset.Number).Id == city.Id).ToList();
        var (latitude, longitude) = placed.Count == 0 ? (16.0, 105.0) : (placed.Average(static asset => asset.Latitude!.Value), placed.Average(static asset => asset.Longitude!.Value));
        return new[] { ClimateNormals.DaNang, ClimateNormals.Vientiane, ClimateNormals.KhonKaen }.MinBy(normals => Math.Pow(normals.Place.Latitude - latitude, 2) + Math.Pow(normals.Place.Longitude - longitude, 2))!;
    }
}
