using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Series;

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

    /// <summary>
    /// A metric of a total over a stretch; null where nothing was measured. Demand is energy over the mean time its meters
    /// covered, so that a meter that is late does not lower it; meters that sent nothing are missing from it and from the coverage.
    /// </summary>
    public static double? Value(string metric, in Contribution total) => metric switch
    {
        "demand" => MeanPower(total.EnergyKwh, total),
        "reactiveDemand" => MeanPower(total.ReactiveKvarh, total),
        "energy" => total.Meters > 0 ? FixedPoint.ToDouble(total.EnergyKwh) : null,
        "vehicles" => total.Detectors > 0 ? FixedPoint.ToDouble(total.Vehicles) : null,
        "speed" => total.VehicleHours > 0 ? (double)total.VehicleKm / total.VehicleHours : null,
        "occupancy" => total.TrafficCoveredUs > 0 ? FixedPoint.ToDouble(total.OccupancyHours) * Instant.Hour / total.TrafficCoveredUs : null,
        "travelTimeIndex" => total.FreeVehicleHours > 0 ? (double)total.VehicleHours / total.FreeVehicleHours : null,
        _ => null,
    };

    /// <summary>Steps of 15 minutes, hours or days from stored totals in ascending order, for so many meters below.</summary>
    public static IReadOnlyList<SeriesPoint> FromWindows(string metric, IReadOnlyList<AssetWindow> windows, int meters, CityCalendar calendar, WindowSize size, long fromUs, long toUs) =>
        [.. Steps.Over(windows, static window => window.StartUs, calendar, size, fromUs, toUs).Select(step => Step(metric, step.StartUs, step.LengthUs, meters, step.Windows))];

    private static SeriesPoint Step(string metric, long startUs, long lengthUs, int meters, IEnumerable<AssetWindow> windows)
    {
        var total = default(Contribution);
        double? min = null, max = null;
        var most = 0;
        foreach (var window in windows)
        {
            total += window.Total;
            most = Math.Max(most, Math.Max(window.Total.Meters, window.Total.Detectors));
            if (Value(metric, window.Total) is not { } value) continue;
            min = Math.Min(min ?? value, value);
            max = Math.Max(max ?? value, value);
        }
        var covered = total.EnergyCoveredUs + total.TrafficCoveredUs;
        return new(startUs, Value(metric, Restated(total, most)), min, max, most, meters > 0 ? Math.Min(1, (double)covered / lengthUs / meters) : null);
    }

    // Meters were added up once a window: the stretch's own number is the largest of them.
    private static Contribution Restated(in Contribution total, int meters) =>
        total with { Meters = total.Meters > 0 ? meters : 0, Detectors = total.Detectors > 0 ? meters : 0 };

    private static double? MeanPower(long energyMicro, in Contribution total) =>
        total.EnergyCoveredUs > 0 ? FixedPoint.ToDouble(energyMicro) * total.Meters * Instant.Hour / total.EnergyCoveredUs : null;
}
