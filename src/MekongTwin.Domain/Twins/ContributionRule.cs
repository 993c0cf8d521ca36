using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Twins;

/// <summary>The part a point plays in its asset's contribution.</summary>
public enum ContributionRole
{
    Power,
    ReactivePower,
    EnergyRegister,
    Flow,
    Speed,
    Occupancy,
}

/// <summary>One window for each role; a role without a point has an empty one.</summary>
[InlineArray(6)]
internal struct WindowArray
{
    private PointWindow _first;
}

internal struct WindowSet
{
    private WindowArray _windows;

    public PointWindow this[ContributionRole role]
    {
        readonly get => _windows[(int)role];
        set => _windows[(int)role] = value;
    }
}

/// <summary>
/// How an asset's own windows become its contribution. Transformers: energy from the power point (else from the energy
/// register). Detectors: flow, and with speed the vehicle-hours that the travel-time index needs. Others have none: what a
/// feeder measures at its head is compared with its transformers, not added to them.
/// </summary>
public sealed class ContributionRule
{
    private ContributionRule(ImmutableArray<Point> points, params ReadOnlySpan<(ContributionRole Role, string Metric)> roles)
    {
        var slots = new List<(ContributionRole, int)>();
        foreach (var (role, metric) in roles)
        {
            for (var slot = 0; slot < points.Length; slot++)
            {
                if (points[slot].Metric == metric) slots.Add((role, slot));
            }
        }
        Slots = [.. slots];
    }

    public ImmutableArray<(ContributionRole Role, int Slot)> Slots { get; }

    public bool IsNone => Slots.IsEmpty;

    public static ContributionRule For(Asset asset, ImmutableArray<Point> points) => asset.Kind switch
    {
        AssetKind.Transformer when points.Any(point => point.Metric == Metrics.Power) => new(points,
            (ContributionRole.Power, Metrics.Power), (ContributionRole.ReactivePower, Metrics.ReactivePower)),
        AssetKind.Transformer => new(points,
            (ContributionRole.EnergyRegister, Metrics.Energy), (ContributionRole.ReactivePower, Metrics.ReactivePower)),
        AssetKind.Detector => new(points,
            (ContributionRole.Flow, Metrics.Flow), (ContributionRole.Speed, Metrics.Speed), (ContributionRole.Occupancy, Metrics.Occupancy)),
        _ => new(points),
    };

    /// <summary>
    /// True when what the asset contributed under its points before still holds under those it has now: every point that played a
    /// part still plays it. A first power point beside an energy register takes the register's place, and does not.
    /// </summary>
    public static bool Holds(Asset before, ImmutableArray<Point> pointsBefore, Asset after, ImmutableArray<Point> pointsAfter)
    {
        var parts = For(after, pointsAfter).Slots.Select(slot => (slot.Role, pointsAfter[slot.Slot].Number)).ToHashSet();
        return For(before, pointsBefore).Slots.All(slot => parts.Contains((slot.Role, pointsBefore[slot.Slot].Number)));
    }

    /// <summary>True when the point of a slot plays a part.</summary>
    public bool Uses(int slot)
    {
        foreach (var (_, used) in Slots) if (used == slot) return true;
        return false;
    }

    internal static Contribution Contribute(Asset asset, in WindowSet windows)
    {
        if (asset.Kind == AssetKind.Detector) return Traffic(asset, windows[ContributionRole.Flow], windows[ContributionRole.Speed], windows[ContributionRole.Occupancy]);
        var power = windows[ContributionRole.Power];
        var energy = power.CoveredUs > 0 ? power : windows[ContributionRole.EnergyRegister];
        return new Contribution
        {
            EnergyKwh = energy.IntegralMicro,
            EnergyCoveredUs = energy.CoveredUs,
            Meters = energy.CoveredUs > 0 ? 1 : 0,
            ReactiveKvarh = windows[ContributionRole.ReactivePower].IntegralMicro,
            ReactiveCoveredUs = windows[ContributionRole.ReactivePower].CoveredUs,
            ReactiveMeters = windows[ContributionRole.ReactivePower].CoveredUs > 0 ? 1 : 0,
        };
    }

    private static Contribution Traffic(Asset asset, in PointWindow flow, in PointWindow speed, in PointWindow occupancy)
    {
        var vehicles = flow.IntegralMicro;
        var contribution = new Contribution
        {
            Vehicles = vehicles,
            OccupancyHours = occupancy.IntegralMicro,
            OccupancyCoveredUs = occupancy.CoveredUs,
            TrafficCoveredUs = flow.CoveredUs,
            Detectors = flow.CoveredUs > 0 ? 1 : 0,
        };
        if (speed.CoveredUs == 0 || speed.IntegralMicro <= 0 || asset.FreeFlowKmh <= 0) return contribution;
        // Vehicle-km over mean speed: v·L / (∫speed / covered), in exact integers until the one rounding.
        var lengthMicro = (long)Math.Round(asset.LengthKm * FixedPoint.One);
        var freeMicro = (long)Math.Round(asset.FreeFlowKmh * FixedPoint.One);
        var vehicleKm = FixedPoint.Saturate(FixedPoint.DivideRounded((Int128)vehicles * lengthMicro, FixedPoint.One));
        var meanSpeed = FixedPoint.Saturate(FixedPoint.DivideRounded((Int128)speed.IntegralMicro * Instant.Hour, speed.CoveredUs));
        return meanSpeed <= 0 ? contribution : contribution with
        {
            VehicleKm = vehicleKm,
            VehicleHours = FixedPoint.Saturate(FixedPoint.DivideRounded((Int128)vehicleKm * FixedPoint.One, meanSpeed)),
            FreeVehicleHours = FixedPoint.Saturate(FixedPoint.DivideRounded((Int128)vehicleKm * FixedPoint.One, freeMicro)),
        };
    }
}
