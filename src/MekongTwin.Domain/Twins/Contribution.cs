namespace MekongTwin.Domain.Twins;

/// <summary>
/// What one asset adds to the totals of one 15-minute window above it: exact 64-bit sums, so that a parent's total is the
/// same in any order. Units: micro kWh, micro kvarh, microseconds, micro vehicles, micro vehicle-km, micro vehicle-hours,
/// micro %·hours. Every quantity carries its own coverage: a meter without a reactive point says nothing about reactive energy.
/// </summary>
public readonly record struct Contribution(
    long EnergyKwh, long EnergyCoveredUs, int Meters, long ReactiveKvarh, long ReactiveCoveredUs, int ReactiveMeters,
    long Vehicles, long VehicleKm, long VehicleHours, long FreeVehicleHours, long TrafficCoveredUs, int Detectors,
    long OccupancyHours, long OccupancyCoveredUs)
{
    public bool IsZero => this == default;

    public static Contribution operator +(in Contribution a, in Contribution b) => new(
        a.EnergyKwh + b.EnergyKwh, a.EnergyCoveredUs + b.EnergyCoveredUs, a.Meters + b.Meters, a.ReactiveKvarh + b.ReactiveKvarh,
        a.ReactiveCoveredUs + b.ReactiveCoveredUs, a.ReactiveMeters + b.ReactiveMeters, a.Vehicles + b.Vehicles, a.VehicleKm + b.VehicleKm,
        a.VehicleHours + b.VehicleHours, a.FreeVehicleHours + b.FreeVehicleHours, a.TrafficCoveredUs + b.TrafficCoveredUs, a.Detectors + b.Detectors,
        a.OccupancyHours + b.OccupancyHours, a.OccupancyCoveredUs + b.OccupancyCoveredUs);

    public static Contribution operator -(in Contribution a, in Contribution b) => new(
        a.EnergyKwh - b.EnergyKwh, a.EnergyCoveredUs - b.EnergyCoveredUs, a.Meters - b.Meters, a.ReactiveKvarh - b.ReactiveKvarh,
        a.ReactiveCoveredUs - b.ReactiveCoveredUs, a.ReactiveMeters - b.ReactiveMeters, a.Vehicles - b.Vehicles, a.VehicleKm - b.VehicleKm,
        a.VehicleHours - b.VehicleHours, a.FreeVehicleHours - b.FreeVehicleHours, a.TrafficCoveredUs - b.TrafficCoveredUs, a.Detectors - b.Detectors,
        a.OccupancyHours - b.OccupancyHours, a.OccupancyCoveredUs - b.OccupancyCoveredUs);

    public static Contribution Add(in Contribution left, in Contribution right) => left + right;

    public static Contribution Subtract(in Contribution left, in Contribution right) => left - right;
}

/// <summary>What an asset adds to the totals above it in one window, the whole of it: it takes the place of what was said before.</summary>
public readonly record struct AssetWindow(int Asset, long StartUs, Contribution Total);
