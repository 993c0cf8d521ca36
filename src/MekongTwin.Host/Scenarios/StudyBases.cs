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
/// Branches a city: its grid, the demand of its transformers as the readings of the last two weeks tell it, and its climate. It only reads;
/// the means of these weeks may be kept at hand (<see cref="Book"/>), so that to branch the city as it is now takes no time.
/// </summary>
internal sealed class StudyBases
{
    /// <summary>Readings that are fitted.</summary>
    public const int Days = 14;

    /// <summary>Quarters of the last day that must be measured for it to be known how warm it was.</summary>
    private const int TodayQuarters = 72;

    /// <summary>An estimated load is brought to what is measured within these factors.</summary>
    private const double LeastScale = 0.2;
    private const double MostScale = 5;

    /// <summary>Quarters in the book: beyond those that are fitted, so many that one which is asked for is not gone when it is read.</summary>
    private const int BookQuarters = (Days + 1) * Quarters.ADay;

    private static readonly string[] WeatherMetrics = ["temperature", "humidity", "irradiance"];

    private readonly Model model;
    private readonly CityElements elements;
    private readonly City city;
    private readonly TimeZoneInfo zone;
    private readonly LoadFacts[] facts;
    private readonly double[] people;
    private readonly ClimateNormals climate;
    private readonly int[] power;
    private readonly ILookup<string, int> weatherPoints;

    /// <summary>Of a city, by its network among those of the folders.</summary>
    /// <exception cref="InputException">It has none.</exception>
    public static StudyBases Of(string city, Model read, Model model, IReadOnlyList<Network> networks) =>
        new(read, model, networks.FirstOrDefault(network => network.City == city) ?? throw new InputException($"city: the folder of '{city}' describes no network (grid.json: feeders, nodes, lines), which a study needs."));

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
        power = [.. elements.Transformers.Select(transformer => model.FindPoint(transformer.Number, Metrics.Power)?.Number ?? -1)];
        weatherPoints = model.Points.Where(point => WeatherMetrics.Contains(point.Metric) && model.Assets[point.Asset].Kind == AssetKind.Station && model.CityOf(point.Asset).Id == city.Id).ToLookup(static point => point.Metric, static point => point.Number);
    }

    /// <summary>Means of what is fitted; whoever commits windows puts them in. Null while none is kept.</summary>
    public WindowBook? Book { get; private set; }

    /// <summary>Begins to keep a book, from an instant on.</summary>
    public WindowBook KeepBook(long nowUs) => Book = new(power.Where(static point => point >= 0).Concat(weatherPoints.SelectMany(static points => points)), BookQuarters, nowUs);

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
        var fromUs = UtcUs(first);
        var earliest = history.Steps;
        for (var t = 0; t < facts.Length; t++)
        {
            if (power[t] < 0) continue;
            var steps = await MeansAsync(queries, power[t], fromUs, ct);
            steps.CopyTo(history.Of(t));
            if (Array.FindIndex(steps, static kw => !double.IsNaN(kw)) is >= 0 and var known) earliest = Math.Min(earliest, known);
        }
        var (weather, measured, today) = await WeatherAsync(queries, first, fromUs, ct);
        var days = (history.Steps - earliest) / (double)Quarters.ADay;
        return Make(local, string.Join('-', snapshot.Cut.Offsets), history, weather, days, measured, snapshot, today);
    }

    private StudyBase Make(DateTimeOffset local, string cut, LoadHistory history, Weather weather, double days, bool measured, CitySnapshot? snapshot, KnownDay? today = null)
    {
        var demand = Calibrator.Calibrate(new DemandModel { Place = climate.Place, Calendar = city.Country == "VN" ? DayCalendar.VietNam : DayCalendar.AprilNewYear }, facts, history, weather);
        var anchored = snapshot is null ? 0 : Anchor(demand, weather, snapshot, local);
        var rules = CountryRules.Find(city.Country) ?? throw new InputException($"{city.Id}: there are no criteria for the country '{city.Country}'; there are for {string.Join(", ", CountryRules.Known)}.");
        var calibration = new Calibration(Math.Round(days, 2), demand.Quality.Count(static quality => quality.Source == LoadSource.Measured), anchored, facts.Length, demand.Quality.Sum(static quality => (long)quality.Readings), measured);
        return new(city.Id, local, cut, elements, demand, climate, rules, people, calibration, today);
    }

    /// <summary>How much warmer than usual the last 24 hours were; their middle is the day's.</summary>
    private KnownDay WarmthOf(Weather weather)
    {
        var end = Quarters.At(weather.FirstStep, weather.Steps);
        return new(DateOnly.FromDateTime(end.AddHours(-12)), weather.TemperatureC.AsSpan(weather.Steps - Quarters.ADay).ToArray().Average() - new WeatherGenerator(climate, 0).UsualC(end));
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

    /// <summary>Means of the city's weather stations; normals where most steps have none. How warm the last day was where most of it was measured: what is filled in says nothing of today.</summary>
    private async Task<(Weather Weather, bool Measured, KnownDay? Today)> WeatherAsync(ITwinQueries queries, DateTime first, long fromUs, CancellationToken ct)
    {
        var drawn = new WeatherGenerator(climate, 0).Generate(0, DateOnly.FromDateTime(first), Days + 1).Slice(Quarters.OfDay(first), Days * Quarters.ADay);
        var measuredToday = 0;
        async Task<double[]?> Channel(string metric)
        {
            var (sums, counts) = (new double[drawn.Steps], new int[drawn.Steps]);
            foreach (var point in weatherPoints[metric])
            {
                var steps = await MeansAsync(queries, point, fromUs, ct);
                for (var step = 0; step < steps.Length; step++)
                {
                    if (!double.IsNaN(steps[step])) (sums[step], counts[step]) = (sums[step] + steps[step], counts[step] + 1);
                }
            }
            if (metric == WeatherMetrics[0]) measuredToday = counts.TakeLast(Quarters.ADay).Count(static count => count > 0);
            return Filled(sums, counts);
        }
        var (temperature, humidity, irradiance) = (await Channel(WeatherMetrics[0]), await Channel(WeatherMetrics[1]), await Channel(WeatherMetrics[2]));
        if (temperature is null) return (drawn, false, null);
        double[] dew = humidity is null ? [.. temperature.Select((value, i) => Math.Min(value, drawn.DewPointC[i]))] : [.. temperature.Select((value, i) => Weather.DewPoint(value, Math.Clamp(humidity[i], 1, 100)))];
        var weather = new Weather(drawn.FirstStep, temperature, dew, irradiance ?? drawn.IrradianceWm2, drawn.WindMs);
        return (weather, true, measuredToday >= TodayQuarters ? WarmthOf(weather) : null);
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

    /// <summary>A point's means of the quarters that are fitted, NaN where there is none: from the book, or where that does not reach from the stored windows.</summary>
    private async Task<double[]> MeansAsync(ITwinQueries queries, int point, long fromUs, CancellationToken ct)
    {
        var means = new double[Days * Quarters.ADay];
        if (Book?.TryRead(point, fromUs, means) == true) return means;
        ct.ThrowIfCancellationRequested();
        Array.Fill(means, double.NaN);
        foreach (var window in await queries.PointWindowsAsync(point, fromUs, fromUs + (Days * Instant.Day), ct))
        {
            if (WindowBook.MeanOf(window) is { } mean) means[(window.StartUs - fromUs) / Instant.Quarter] = mean;
        }
        return means;
    }

    private long UtcUs(DateTime local) => Instant.From(new DateTimeOffset(local, zone.GetUtcOffset(local)));

    private ClimateNormals NearestClimate()
    {
        var placed = model.Assets.Where(asset => asset.Latitude is not null && model.CityOf(asset.Number).Id == city.Id).ToList();
        var (latitude, longitude) = placed.Count == 0 ? (16.0, 105.0) : (placed.Average(static asset => asset.Latitude!.Value), placed.Average(static asset => asset.Longitude!.Value));
        return new[] { ClimateNormals.DaNang, ClimateNormals.Vientiane, ClimateNormals.KhonKaen }.MinBy(normals => Math.Pow(normals.Place.Latitude - latitude, 2) + Math.Pow(normals.Place.Longitude - longitude, 2))!;
    }
}
