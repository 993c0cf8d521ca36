using MekongTwin.Domain.Twins;

namespace MekongTwin.Silo.Wire;

/// <summary>
/// A delta between silos. Fields are numbered: a silo of the next version may add some, and both understand each other.
/// </summary>
[GenerateSerializer, Alias("mt.delta")]
public struct WireDelta
{
    [Id(0)] public int Child;
    [Id(1)] public long StartUs;
    [Id(2)] public long Epoch;
    [Id(3)] public long Revision;
    [Id(4)] public long EnergyKwh;
    [Id(5)] public long EnergyCoveredUs;
    [Id(6)] public int Meters;
    [Id(7)] public long ReactiveKvarh;
    [Id(8)] public long ReactiveCoveredUs;
    [Id(9)] public int ReactiveMeters;
    [Id(10)] public long Vehicles;
    [Id(11)] public long VehicleKm;
    [Id(12)] public long VehicleHours;
    [Id(13)] public long FreeVehicleHours;
    [Id(14)] public long TrafficCoveredUs;
    [Id(15)] public int Detectors;
    [Id(16)] public long OccupancyHours;
    [Id(17)] public long OccupancyCoveredUs;
}

/// <summary>The Domain's type and its form on the wire.</summary>
[RegisterConverter]
public sealed class DeltaConverter : IConverter<Delta, WireDelta>
{
    public Delta ConvertFromSurrogate(in WireDelta w) => new(w.Child, w.StartUs, w.Epoch, w.Revision, new Contribution(
        w.EnergyKwh, w.EnergyCoveredUs, w.Meters, w.ReactiveKvarh, w.ReactiveCoveredUs, w.ReactiveMeters,
        w.Vehicles, w.VehicleKm, w.VehicleHours, w.FreeVehicleHours, w.TrafficCoveredUs, w.Detectors,
        w.OccupancyHours, w.OccupancyCoveredUs));

    public WireDelta ConvertToSurrogate(in Delta value)
    {
        var sum = value.Contribution;
        return new()
        {
            Child = value.Child, StartUs = value.StartUs, Epoch = value.Epoch, Revision = value.Revision,
            EnergyKwh = sum.EnergyKwh, EnergyCoveredUs = sum.EnergyCoveredUs, Meters = sum.Meters,
            ReactiveKvarh = sum.ReactiveKvarh, ReactiveCoveredUs = sum.ReactiveCoveredUs, ReactiveMeters = sum.ReactiveMeters,
            Vehicles = sum.Vehicles, VehicleKm = sum.VehicleKm, VehicleHours = sum.VehicleHours, FreeVehicleHours = sum.FreeVehicleHours,
            TrafficCoveredUs = sum.TrafficCoveredUs, Detectors = sum.Detectors, OccupancyHours = sum.OccupancyHours, OccupancyCoveredUs = sum.OccupancyCoveredUs,
        };
    }
}
