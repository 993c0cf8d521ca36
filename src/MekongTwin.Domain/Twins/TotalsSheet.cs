namespace MekongTwin.Domain.Twins;

/// <summary>What each asset adds to one window, by its number. 41 bytes an asset where only energy flows: there may be a million.</summary>
internal sealed class TotalsSheet(int assets)
{
    private bool[] _isKnown = new bool[assets];

    /// <summary>Null while no asset has any.</summary>
    private Energy[]? _energy;
    private Traffic[]? _traffic;

    public Contribution this[int asset]
    {
        get
        {
            var energy = _energy?[asset] ?? default;
            var traffic = _traffic?[asset] ?? default;
            return new(energy.Kwh, energy.CoveredUs, energy.Meters, energy.Kvarh, energy.ReactiveCoveredUs, energy.ReactiveMeters,
                traffic.Vehicles, traffic.VehicleKm, traffic.VehicleHours, traffic.FreeVehicleHours, traffic.CoveredUs, traffic.Detectors,
                traffic.OccupancyHours, traffic.OccupancyCoveredUs);
        }
    }

    /// <summary>False before anything of the asset was put, be it nothing.</summary>
    public bool Knows(int asset) => _isKnown[asset];

    public void Put(int asset, in Contribution contribution)
    {
        var c = contribution;
        _isKnown[asset] = true;
        Hold(ref _energy, asset, new(c.EnergyKwh, c.EnergyCoveredUs, c.ReactiveKvarh, c.ReactiveCoveredUs, c.Meters, c.ReactiveMeters));
        Hold(ref _traffic, asset, new(c.Vehicles, c.VehicleKm, c.VehicleHours, c.FreeVehicleHours, c.TrafficCoveredUs, c.OccupancyHours, c.OccupancyCoveredUs, c.Detectors));
    }

    /// <summary>Makes room for more assets.</summary>
    public void Widen(int assets)
    {
        Array.Resize(ref _isKnown, assets);
        if (_energy is not null) Array.Resize(ref _energy, assets);
        if (_traffic is not null) Array.Resize(ref _traffic, assets);
    }

    private void Hold<T>(ref T[]? parts, int asset, T part)
        where T : struct, IEquatable<T>
    {
        if (parts is null && part.Equals(default)) return;
        (parts ??= new T[_isKnown.Length])[asset] = part;
    }

    private readonly record struct Energy(long Kwh, long CoveredUs, long Kvarh, long ReactiveCoveredUs, int Meters, int ReactiveMeters);

    private readonly record struct Traffic(
        long Vehicles, long VehicleKm, long VehicleHours, long FreeVehicleHours, long CoveredUs, long OccupancyHours, long OccupancyCoveredUs, int Detectors);
}
