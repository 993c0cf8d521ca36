using System.Text.Json;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;

namespace MekongTwin.Api;

/// <summary>A published figure: value, unit, and what it rests on.</summary>
public sealed record Figure(double Value, string Unit)
{
    public string? Time { get; init; }

    /// <summary>Share of the meters that report, 0 to 1.</summary>
    public double? Coverage { get; init; }

    /// <summary>The asset that a maximum belongs to.</summary>
    public string? Asset { get; init; }
}

/// <summary>How new a point's value is against the time it holds: fresh, late (up to three hold times), silent, never.</summary>
public enum Freshness
{
    Fresh,
    Late,
    Silent,
    Never,
}

/// <summary>Figures of assets from their twins and stored totals. Units: kW, kvar, kWh, W, km/h, 1/km2.</summary>
internal static class Figures
{
    public static Freshness FreshnessOf(in LatestValue latest, long nowUs)
    {
        var age = nowUs - latest.Reading.TimeUs;
        return age <= latest.Point.HoldUs ? Freshness.Fresh : age <= 3 * latest.Point.HoldUs ? Freshness.Late : Freshness.Silent;
    }

    /// <summary>An asset is as fresh as its freshest point.</summary>
    public static Freshness FreshnessOf(TwinView view, long nowUs) =>
        view.Latest.Count == 0 ? Freshness.Never : view.Latest.Min(latest => FreshnessOf(latest, nowUs));

    public static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>A measured value that is still held, or null.</summary>
    public static double? Held(TwinView view, string metric, long nowUs)
    {
        foreach (var latest in view.Latest)
        {
            if (latest.Point.Metric != metric || !latest.Reading.Usable) continue;
            return FreshnessOf(latest, nowUs) == Freshness.Fresh ? FixedPoint.ToDouble(latest.Reading.Value) : null;
        }
        return null;
    }

    /// <summary>Transformers whose measured power is still held.</summary>
    public static int CountReporting(IEnumerable<TwinView> below, long nowUs) =>
        below.Count(view => view.Asset.Kind == AssetKind.Transformer && Held(view, Metrics.Power, nowUs) is not null);

    /// <summary>What a reading says: null for one that is bad and says 0, which stands for what is no number.</summary>
    public static double? ValueOf(in Reading reading) => reading is { Usable: false, Value: 0 } ? null : FixedPoint.ToDouble(reading.Value);

    /// <summary>Apparent power over rating in %, or null.</summary>
    public static double? Loading(TwinView view, long nowUs)
    {
        if (view.Asset.RatingKva <= 0 || Held(view, Metrics.Power, nowUs) is not { } power) return null;
        var reactive = Held(view, Metrics.ReactivePower, nowUs) ?? 0;
        return 100 * Math.Sqrt(power * power + reactive * reactive) / view.Asset.RatingKva;
    }

    /// <summary>What one asset with points of its own shows.</summary>
    public static Dictionary<string, Figure> OfOne(TwinView view, long nowUs)
    {
        var figures = new Dictionary<string, Figure>();
        if (Loading(view, nowUs) is { } loading) figures["loading"] = new(Math.Round(loading, 3), "%");
        if (view.Asset.Kind == AssetKind.Detector && Held(view, Metrics.Speed, nowUs) is { } speed and > 0)
            figures["travelTimeIndex"] = new(Math.Round(view.Asset.FreeFlowKmh / speed, 4), "1");
        return figures;
    }

    /// <summary>What the assets below add up to now.</summary>
    public static Dictionary<string, Figure> OfMany(Asset asset, IReadOnlyList<TwinView> below, long nowUs)
    {
        var figures = new Dictionary<string, Figure>();
        AddDemand(figures, asset, [.. below.Where(view => view.Asset.Kind == AssetKind.Transformer)], nowUs);
        AddTraffic(figures, [.. below.Where(view => view.Asset.Kind == AssetKind.Detector)], nowUs);
        if (asset is { Population: > 0, AreaKm2: > 0 }) figures["populationDensity"] = new(Math.Round(asset.Population / asset.AreaKm2, 1), "/km2");
        return figures;
    }

    /// <summary>Where a city's supply is measured: the power of its substations; none for any other asset.</summary>
    public static IReadOnlyList<Point> SupplyPoints(Model model, Asset asset) => asset.Kind != AssetKind.City ? [] :
        [.. model.Assets.Where(other => other.Kind == AssetKind.Substation && model.CityOf(other.Number).Id == asset.Id.Path).Select(substation => model.FindPoint(substation.Number, Metrics.Power)).OfType<Point>()];

    /// <summary>What the substations of a city take in now, or null while none is heard.</summary>
    public static Figure? Supply(IEnumerable<TwinView> substations, long nowUs)
    {
        var powers = substations.Select(view => Held(view, Metrics.Power, nowUs)).ToList();
        return powers.All(power => power is null) ? null
            : new(Math.Round(powers.Sum() ?? 0, 3), SupplySeries.Unit) { Coverage = Math.Round((double)powers.Count(power => power is not null) / powers.Count, 4) };
    }

    /// <summary>
    /// Today so far, from the stored 15-minute totals. Peak and load factor rest on windows that nine tenths of the meters reached
    /// that report (now, or in the best window), measured at least half as well as the best one: what has just begun is no low demand.
    /// </summary>
    public static void AddToday(Dictionary<string, Figure> figures, IReadOnlyList<AssetWindow> today, int reporting, TimeZoneInfo zone)
    {
        if (today.All(window => window.Total.Meters == 0)) return;
        figures["energyToday"] = new(Math.Round(today.Sum(window => FixedPoint.ToDouble(window.Total.EnergyKwh)), 3), "kWh");
        var best = today.Max(window => window.Total.EnergyCoveredUs);
        var heard = Math.Max(reporting, today.Max(window => window.Total.Meters));
        var powers = today.Where(window => window.Total.EnergyCoveredUs * 2 >= best && window.Total.Meters * 10 >= heard * 9 && TotalSeries.IsCovered(window.Total.EnergyCoveredUs, window.Total.Meters, 1))
            .Select(window => (window.StartUs, Power: TotalSeries.Value("demand", window.Total) ?? 0)).ToList();
        if (powers.Count == 0) return;
        var peak = powers.MaxBy(window => window.Power);
        figures["peakToday"] = new(Math.Round(peak.Power, 3), "kW") { Time = Instant.ToText(peak.StartUs, zone) };
        if (peak.Power > 0) figures["loadFactorToday"] = new(Math.Round(powers.Average(window => window.Power) / peak.Power, 4), "1");
    }

    private static void AddDemand(Dictionary<string, Figure> figures, Asset asset, IReadOnlyList<TwinView> meters, long nowUs)
    {
        if (meters.Count == 0) return;
        double power = 0, reactive = 0;
        int reporting = 0, reactives = 0;
        (double Loading, string Asset) most = (-1, "");
        foreach (var meter in meters)
        {
            if (Held(meter, Metrics.Power, nowUs) is not { } held) continue;
            reporting++;
            power += held;
            if (Held(meter, Metrics.ReactivePower, nowUs) is { } heldReactive)
            {
                reactives++;
                reactive += heldReactive;
            }
            if (Loading(meter, nowUs) is { } loading && loading > most.Loading) most = (loading, meter.Asset.Id.Path);
        }
        if (reporting == 0) return;
        var coverage = Math.Round((double)reporting / meters.Count, 4);
        figures["demand"] = new(Math.Round(power, 3), "kW") { Coverage = coverage };
        if (reactives > 0) figures["reactive"] = new(Math.Round(reactive, 3), "kvar") { Coverage = Math.Round((double)reactives / meters.Count, 4) };
        if (most.Loading >= 0) figures["maxLoading"] = new(Math.Round(most.Loading, 2), "%") { Asset = most.Asset };
        if (asset.Population > 0) figures["demandPerPerson"] = new(Math.Round(power * 1000 / asset.Population, 2), "W") { Coverage = coverage };
        if (asset.AreaKm2 > 0) figures["demandPerArea"] = new(Math.Round(power / asset.AreaKm2, 2), "kW/km2") { Coverage = coverage };
    }

    private static void AddTraffic(Dictionary<string, Figure> figures, IReadOnlyList<TwinView> detectors, long nowUs)
    {
        double flow = 0, kilometres = 0, hours = 0, freeHours = 0;
        double occupancy = 0;
        int reporting = 0, occupied = 0;
        foreach (var detector in detectors)
        {
            if (Held(detector, Metrics.Occupancy, nowUs) is { } percent)
            {
                occupied++;
                occupancy += percent;
            }
            if (Held(detector, Metrics.Flow, nowUs) is not { } vehicles) continue;
            reporting++;
            flow += vehicles;
            if (Held(detector, Metrics.Speed, nowUs) is not ({ } speed and > 0)) continue;
            kilometres += vehicles * detector.Asset.LengthKm;
            hours += vehicles * detector.Asset.LengthKm / speed;
            freeHours += vehicles * detector.Asset.LengthKm / detector.Asset.FreeFlowKmh;
        }
        if (reporting == 0) return;
        var coverage = Math.Round((double)reporting / detectors.Count, 4);
        figures["flow"] = new(Math.Round(flow, 1), "/h") { Coverage = coverage };
        if (occupied > 0) figures["occupancy"] = new(Math.Round(occupancy / occupied, 2), "%") { Coverage = coverage };
        if (hours <= 0) return;
        figures["speed"] = new(Math.Round(kilometres / hours, 2), "km/h") { Coverage = coverage };
        figures["travelTimeIndex"] = new(Math.Round(hours / freeHours, 4), "1") { Coverage = coverage };
    }
}
