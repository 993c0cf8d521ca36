namespace MekongTwin.Domain.Twins;

/// <summary>
/// One window of a parent: what each child contributes to it, and the sum. 56 bytes a child where only energy flows: a parent may have
/// hundreds of thousands.
/// </summary>
internal sealed class TotalsSheet(int children)
{
    private (long Epoch, long Revision)[] _orders = new (long, long)[children];

    /// <summary>Null while no child contributes any.</summary>
    private Energy[]? _energy;
    private Traffic[]? _traffic;

    public Contribution Total { get; private set; }

    /// <summary>Takes a child's contribution in the place of the one it had. False when that one is as new or newer.</summary>
    public bool TryTake(int slot, in Delta delta)
    {
        if ((delta.Epoch, delta.Revision).CompareTo(_orders[slot]) <= 0) return false;
        Put(slot, delta);
        return true;
    }

    /// <summary>The same whatever was there.</summary>
    public void Put(int slot, in Delta delta)
    {
        Total = Total - Held(slot) + delta.Contribution;
        _orders[slot] = (delta.Epoch, delta.Revision);
        Hold(slot, delta.Contribution);
    }

    /// <summary>Makes room for more children.</summary>
    public void Widen(int children)
    {
        Array.Resize(ref _orders, children);
        if (_energy is not null) Array.Resize(ref _energy, children);
        if (_traffic is not null) Array.Resize(ref _traffic, children);
    }

    private Contribution Held(int slot)
    {
        var energy = _energy?[slot] ?? default;
        var traffic = _traffic?[slot] ?? default;
        return new(energy.Kwh, energy.CoveredUs, energy.Meters, energy.Kvarh, energy.ReactiveCoveredUs, energy.ReactiveMeters,
            traffic.Vehicles, traffic.VehicleKm, traffic.VehicleHours, traffic.FreeVehicleHours, traffic.CoveredUs, traffic.Detectors,
            traffic.OccupancyHours, traffic.OccupancyCoveredUs);
    }

    private void Hold(int slot, in Contribution contribution)
    {
        var c = contribution;
        Hold(ref _energy, slot, new(c.EnergyKwh, c.EnergyCoveredUs, c.ReactiveKvarh, c.ReactiveCoveredUs, c.Meters, c.ReactiveMeters));
        Hold(ref _traffic, slot, new(c.Vehicles, c.VehicleKm, c.VehicleHours, c.FreeVehicleHours, c.TrafficCoveredUs, c.OccupancyHours, c.OccupancyCoveredUs, c.Detectors));
    }

    private void Hold<T>(ref T[]? parts, int slot, T part)
        where T : struct, IEquatable<T>
    {
        if (parts is null && part.Equals(default)) return;
        (parts ??= new T[_orders.Length])[slot] = part;
    }

    private readonly record struct Energy(long Kwh, long CoveredUs, long Kvarh, long ReactiveCoveredUs, int Meters, int ReactiveMeters);

    private readonly record struct Traffic(
        long Vehicles, long VehicleKm, long VehicleHours, long FreeVehicleHours, long CoveredUs, long OccupancyHours, long OccupancyCoveredUs, int Detectors);
}
