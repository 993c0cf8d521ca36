using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Series;

/// <summary>The part of a contribution that a metric needs: long series read no more.</summary>
public enum TotalPart
{
    Energy,
    Reactive,
    Vehicles,
    Speed,
    Occupancy,
}

/// <summary>Figures of totals: what a feeder, a district or a city adds up to. Each says its unit.</summary>
public static class TotalSeries
{
    /// <summary>The metrics and their units.</summary>
    public static IReadOnlyDictionary<string, string> Units { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["demand"] = "kW",
        ["reactiveDemand"] = "kvar",
        ["energy"] = "kWh",
        ["vehicles"] = "{count}",
        ["speed"] = "km/h",
        ["occupancy"] = "%",
        ["travelTimeIndex"] = "1",
    };

    /// <summary>True for what comes together over a step; the others are means over it.</summary>
    public static bool IsAmount(string metric) => metric is "energy" or "vehicles";

    /// <summary>What a metric's series is made of.</summary>
    public static TotalPart PartOf(string metric) => metric switch
    {
        "demand" or "energy" => TotalPart.Energy,
        "reactiveDemand" => TotalPart.Reactive,
        "vehicles" => TotalPart.Vehicles,
        "occupancy" => TotalPart.Occupancy,
        _ => TotalPart.Speed,
    };

    /// <summary>
    /// A metric of a total over a stretch; null where nothing was measured. Demand is energy over the mean time its meters
    /// covered, so that a meter that is late does not lower it; meters that sent nothing are missing from it and from the coverage.
    /// </summary>
    public static double? Value(string metric, in Contribution total) => metric switch
    {
        "demand" => MeanPower(total.EnergyKwh, total.EnergyCoveredUs, total.Meters),
        "reactiveDemand" => MeanPower(total.ReactiveKvarh, total.ReactiveCoveredUs, total.ReactiveMeters),
        "energy" => total.Meters > 0 ? FixedPoint.ToDouble(total.EnergyKwh) : null,
        "vehicles" => total.Detectors > 0 ? FixedPoint.ToDouble(total.Vehicles) : null,
        "speed" => total.VehicleHours > 0 ? (double)total.VehicleKm / total.VehicleHours : null,
        "occupancy" => total.OccupancyCoveredUs > 0 ? FixedPoint.ToDouble(total.OccupancyHours) * Instant.Hour / total.OccupancyCoveredUs : null,
        "travelTimeIndex" => total.FreeVehicleHours > 0 ? (double)total.VehicleHours / total.FreeVehicleHours : null,
        _ => null,
    };

    /// <summary>
    /// Steps of 15 minutes, hours or days from stored totals in ascending order, for so many meters below. A step has no demand
    /// while fewer than half as many meters are in it as in the best step, or these covered less than a tenth of its windows: what
    /// has just begun is no low demand.
    /// </summary>
    public static IReadOnlyList<SeriesPoint> FromWindows(string metric, IReadOnlyList<AssetWindow> windows, int meters, CityCalendar calendar, WindowSize size, long fromUs, long toUs)
    {
        var steps = Steps.Over(windows, static window => window.StartUs, calendar, size, fromUs, toUs).Select(step => Step(metric, step.StartUs, step.LengthUs, meters, step.Windows)).ToList();
        if (metric is not ("demand" or "reactiveDemand") || steps.Count == 0) return steps;
        var most = steps.Max(step => step.Count);
        return [.. steps.Select(step => step.Count * 2 < most ? step with { Value = null, Min = null, Max = null } : step)];
    }

    /// <summary>True when the meters of these windows covered enough of them for a mean to stand for all of it.</summary>
    public static bool IsCovered(long coveredUs, int meters, int windows) => coveredUs * 10 >= windows * meters * Instant.Quarter;

    private static SeriesPoint Step(string metric, long startUs, long lengthUs, int meters, IEnumerable<AssetWindow> windows)
    {
        var total = default(Contribution);
        double? min = null, max = null;
        int reporting = 0, reactive = 0, detectors = 0, quarters = 0;
        foreach (var window in windows)
        {
            quarters++;
            total += window.Total;
            reporting = Math.Max(reporting, window.Total.Meters);
            reactive = Math.Max(reactive, window.Total.ReactiveMeters);
            detectors = Math.Max(detectors, window.Total.Detectors);
            if (IsAmount(metric) || !IsCovered(metric, window.Total, 1) || Value(metric, window.Total) is not { } value) continue;
            min = Math.Min(min ?? value, value);
            max = Math.Max(max ?? value, value);
        }
        // Meters were added up once a window: a stretch's own number is the largest of them.
        var stretch = total with { Meters = reporting, ReactiveMeters = reactive, Detectors = detectors };
        var (count, covered) = metric switch
        {
            "demand" or "energy" => (reporting, total.EnergyCoveredUs),
            "reactiveDemand" => (reactive, total.ReactiveCoveredUs),
            "occupancy" => (detectors, total.OccupancyCoveredUs),
            _ => (detectors, total.TrafficCoveredUs),
        };
        return new(startUs, IsCovered(metric, stretch, quarters) ? Value(metric, stretch) : null, min, max, count, meters > 0 ? Math.Min(1, (double)covered / lengthUs / meters) : null);
    }

    /// <summary>Sums of meters need them; the others are ratios, true of whatever was measured.</summary>
    private static bool IsCovered(string metric, in Contribution total, int windows) => metric switch
    {
        "demand" => IsCovered(total.EnergyCoveredUs, total.Meters, windows),
        "reactiveDemand" => IsCovered(total.ReactiveCoveredUs, total.ReactiveMeters, windows),
        _ => true,
    };

    private static double? MeanPower(long energyMicro, long coveredUs, int meters) =>
        coveredUs > 0 ? FixedPoint.ToDouble(energyMicro) * meters * Instant.Hour / coveredUs : null;
}
