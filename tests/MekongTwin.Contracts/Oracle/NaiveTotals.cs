using System.Numerics;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts.Oracle;

/// <summary>Totals said naively: what every asset adds up to in every window, from its points' windows and the trees.</summary>
public static class NaiveTotals
{
    private const long HourUs = 60L * 60 * 1_000_000;
    private const long Micro = 1_000_000;

    /// <summary>All totals that are not zero, by asset, then start.</summary>
    public static List<AssetWindow> Of(Model model, IReadOnlyList<PointWindow> windows)
    {
        var byPoint = windows.ToDictionary(window => (window.Point, window.StartUs));
        var totals = new SortedDictionary<(int Asset, long StartUs), Contribution>();
        void Add(int asset, long startUs, in Contribution contribution) =>
            totals[(asset, startUs)] = totals.GetValueOrDefault((asset, startUs)) + contribution;
        foreach (var startUs in windows.Select(window => window.StartUs).Distinct())
        {
            foreach (var asset in model.Assets)
            {
                PointWindow Window(string metric) => model.FindPoint(asset.Number, metric) is { } point ? byPoint.GetValueOrDefault((point.Number, startUs)) : default;
                var own = Own(asset, Window, model.FindPoint(asset.Number, "P") is not null);
                if (own.IsZero) continue;
                Add(asset.Number, startUs, own);
                for (var up = asset.ElectricalParent; up >= 0; up = model.Assets[up].ElectricalParent) Add(up, startUs, own);
                for (var up = asset.AdministrativeParent; up >= 0; up = model.Assets[up].AdministrativeParent) Add(up, startUs, own);
            }
        }
        return [.. totals.Where(pair => !pair.Value.IsZero).Select(pair => new AssetWindow(pair.Key.Asset, pair.Key.StartUs, pair.Value))];
    }

    private static Contribution Own(Asset asset, Func<string, PointWindow> window, bool hasPower) => asset.Kind switch
    {
        AssetKind.Transformer => Meter(hasPower ? window("P") : window("E"), window("Q")),
        AssetKind.Detector => Traffic(asset, window("flow"), window("speed"), window("occupancy")),
        _ => default,
    };

    private static Contribution Meter(PointWindow energy, PointWindow reactive) => new()
    {
        EnergyKwh = energy.IntegralMicro,
        EnergyCoveredUs = energy.CoveredUs,
        Meters = energy.CoveredUs > 0 ? 1 : 0,
        ReactiveKvarh = reactive.IntegralMicro,
        ReactiveCoveredUs = reactive.CoveredUs,
        ReactiveMeters = reactive.CoveredUs > 0 ? 1 : 0,
    };

    private static Contribution Traffic(Asset asset, PointWindow flow, PointWindow speed, PointWindow occupancy)
    {
        var own = new Contribution
        {
            Vehicles = flow.IntegralMicro,
            OccupancyHours = occupancy.IntegralMicro,
            OccupancyCoveredUs = occupancy.CoveredUs,
            TrafficCoveredUs = flow.CoveredUs,
            Detectors = flow.CoveredUs > 0 ? 1 : 0,
        };
        if (speed.CoveredUs == 0 || speed.IntegralMicro <= 0 || asset.FreeFlowKmh <= 0) return own;
        var length = new BigInteger(decimal.Round((decimal)asset.LengthKm * Micro));
        var free = new BigInteger(decimal.Round((decimal)asset.FreeFlowKmh * Micro));
        var mean = NaiveWindows.Rounded((BigInteger)speed.IntegralMicro * HourUs, speed.CoveredUs);
        if (mean <= 0) return own;
        var vehicleKm = NaiveWindows.Rounded(flow.IntegralMicro * length, Micro);
        return own with
        {
            VehicleKm = (long)vehicleKm,
            VehicleHours = (long)NaiveWindows.Rounded(vehicleKm * Micro, mean),
            FreeVehicleHours = (long)NaiveWindows.Rounded(vehicleKm * Micro, free),
        };
    }
}
