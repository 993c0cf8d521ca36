using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>What a detector sees: vehicles per hour over all lanes, mean speed, and the share of time it is covered.</summary>
internal readonly record struct TrafficState(double FlowPerHour, double SpeedKmh, double OccupancyPercent);

/// <summary>
/// Traffic as a pure function of time. Density drives: v = v₀·(1 − k/kⱼ) (Greenshields 1935), q = k·v·lanes and occupancy =
/// k·effective length, so the three always agree and flow falls again in a jam. Densities are of mixed vehicles: the jam
/// density in passenger car units is divided by the mean units of a vehicle.
/// </summary>
internal sealed class TrafficModel
{
    /// <summary>Share of time covered at jam density; below 1 because of the gaps between standing vehicles. Assumed.</summary>
    internal const double JamOccupancy = 0.9;

    /// <summary>What heavy rain takes from the speed of the empty road, and adds to the density: everybody slower, some in cars.</summary>
    private const double RainSlowing = 0.15;
    private const double RainCrowding = 0.2;

    /// <summary>What is left of the traffic in the middle of the new year's holidays.</summary>
    private const double NewYearShare = 0.6;

    private const double DensityShareMax = 0.92;
    private const long IncidentBlockMs = 4 * 3_600_000L;

    internal static readonly DailyShape WeekdayShape = new(
        .06, .04, .03, .03, .06, .20, .52, 1.0, .74, .56, .55, .66, .56, .52, .56, .64, .84, 1.0, .80, .60, .48, .36, .22, .12);

    private static readonly DailyShape Weekend = new(
        .10, .06, .04, .04, .06, .14, .30, .44, .52, .56, .58, .60, .54, .50, .52, .58, .70, .80, .82, .78, .66, .50, .32, .18);

    private readonly TimeZoneInfo _zone;
    private readonly Weather _weather;
    private readonly NewYear _newYear;
    private readonly DetectorFile[] _detectors;
    private readonly Noise[] _detectorNoise;
    private readonly Noise[] _zoneNoise;

    public TrafficModel(CityFolder folder, long seed)
    {
        var city = folder.City.Id;
        var mix = folder.Simulation.Traffic;
        _zone = TimeZoneInfo.FindSystemTimeZoneById(folder.City.Zone);
        _weather = Weather.Of(folder, seed);
        _newYear = folder.Simulation.Demand.NewYear;
        _detectors = [.. folder.Traffic.Detectors];
        _detectorNoise = [.. _detectors.Select(detector => Noise.For(seed, $"{city}/{detector.Id}"))];
        _zoneNoise = [.. _detectors.Select(detector => Noise.For(seed, $"{city}/{detector.Zone}"))];
        JamDensityPerKmLane = mix.JamDensityPcuPerKmLane / (mix.MotorcycleShare * mix.MotorcyclePcu + 1 - mix.MotorcycleShare);
    }

    /// <summary>Vehicles of the local mix per km and lane when nothing moves.</summary>
    public double JamDensityPerKmLane { get; }

    /// <summary>The state at a detector, by position in <c>traffic.json</c>, at an instant in milliseconds since 1970.</summary>
    public TrafficState At(int detector, long timeMs)
    {
        var local = LocalTime.Of(timeMs, _zone);
        var wet = Wetness(timeMs, local);
        var share = DensityShare(detector, timeMs, local, wet);
        var road = _detectors[detector];
        var speedKmh = road.FreeFlowKmh * (1 - RainSlowing * wet) * (1 - share);
        return new(share * JamDensityPerKmLane * road.Lanes * speedKmh, speedKmh, 100 * JamOccupancy * share);
    }

    /// <summary>The speed of the empty road: rain lowers it.</summary>
    internal double FreeFlowKmh(int detector, long timeMs) => _detectors[detector].FreeFlowKmh * (1 - RainSlowing * Wetness(timeMs, LocalTime.Of(timeMs, _zone)));

    /// <summary>0 when dry, towards 1 in heavy rain.</summary>
    private double Wetness(long timeMs, LocalTime local)
    {
        var rain = _weather.At(timeMs, local).RainMmPerHour;
        return rain / (rain + 5);
    }

    private double DensityShare(int detector, long timeMs, LocalTime local, double wet)
    {
        var own = _detectorNoise[detector];
        var zone = _zoneNoise[detector];
        var newYear = CityCalendar.NewYearDepth(local.Date, _newYear);
        var demand = (local.IsSaturday || newYear > 0.5 || CityCalendar.IsFree(local.Date) ? Weekend : WeekdayShape).At(local.Hour) * (1 - (1 - NewYearShare) * newYear);
        // The zone sets how crowded its peak is (30 to 55 % of jam density), the detector its own place in it.
        var peak = (0.30 + 0.25 * zone.Constant(0)) * (0.85 + 0.3 * own.Constant(0));
        var ripple = 1 + 0.10 * zone.Layered(timeMs, 1) + 0.12 * own.Layered(timeMs, 4);
        return Math.Clamp(peak * demand * ripple * (1 + RainCrowding * wet) * IncidentFactor(zone, timeMs), 0.002, DensityShareMax);
    }

    /// <summary>
    /// One block of four hours in sixteen holds an incident in the zone: for about half an hour the density rises to at most
    /// double and falls back smoothly.
    /// </summary>
    private static double IncidentFactor(Noise zone, long timeMs)
    {
        var block = timeMs / IncidentBlockMs;
        if (zone.Block(block, 20) >= 1.0 / 16) return 1;
        var middleMs = block * IncidentBlockMs + (long)((0.2 + 0.6 * zone.Block(block, 21)) * IncidentBlockMs);
        var halfMs = (15 + 10 * zone.Block(block, 22)) * 60_000;
        var distance = Math.Abs(timeMs - middleMs) / halfMs;
        return distance >= 1 ? 1 : 1 + 0.5 * (1 + Math.Cos(Math.PI * distance));
    }
}
