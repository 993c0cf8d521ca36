using System.Collections.Immutable;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;

namespace MekongTwin.Contracts;

/// <summary>
/// A city for tests: two districts, two substations with two feeders each, transformers that cross between feeders and
/// districts, two traffic zones with detectors, and one station with a register.
/// </summary>
public static class SmallCity
{
    /// <summary>2026-11-21 00:00 in Da Nang.</summary>
    public static readonly long StartUs = Instant.From(new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.FromHours(7)));

    public static Model Make(int transformers = 12, int detectors = 6)
    {
        var assets = new List<Asset>();
        var points = new List<Point>();
        int Add(string path, AssetKind kind, int electrical = -1, int administrative = -1, double freeFlow = 0, double length = 0)
        {
            assets.Add(new(assets.Count, new(path.Length == 0 ? "vn-dad" : "vn-dad/" + path), kind, path)
            {
                ElectricalParent = electrical,
                AdministrativeParent = administrative,
                FreeFlowKmh = freeFlow,
                LengthKm = length,
            });
            return assets.Count - 1;
        }
        void Measure(int asset, string metric, string unit, PointKind kind, long holdUs)
        {
            if (!UnitTable.TryFind(unit, out var found)) throw new ArgumentException(unit);
            points.Add(new(points.Count, asset, metric, found, kind, holdUs));
        }
        var city = Add("", AssetKind.City);
        int[] districts = [Add("hai-chau", AssetKind.District, administrative: city), Add("son-tra", AssetKind.District, administrative: city)];
        int[] substations = [Add("ss/1", AssetKind.Substation), Add("ss/2", AssetKind.Substation)];
        var feeders = Enumerable.Range(0, 4).Select(i => Add($"fd/{i}", AssetKind.Feeder, electrical: substations[i / 2])).ToArray();
        Measure(feeders[0], "P", "kW", PointKind.Gauge, 2 * Instant.Minute);
        for (var i = 0; i < transformers; i++)
        {
            var transformer = Add($"tx/{i:000}", AssetKind.Transformer, feeders[i % 4], districts[i % 3 == 0 ? 0 : 1]);
            if (i % 5 == 4) Measure(transformer, "E", "kWh", PointKind.Cumulative, Instant.Day);
            else Measure(transformer, "P", "kW", PointKind.Gauge, 30 * Instant.Minute);
            Measure(transformer, "Q", "kvar", PointKind.Gauge, 30 * Instant.Minute);
            Measure(transformer, "V", "V", PointKind.Gauge, 10 * Instant.Minute);
        }
        int[] zones = [Add("zone/1", AssetKind.TrafficZone, administrative: districts[0]), Add("zone/2", AssetKind.TrafficZone, administrative: districts[1])];
        for (var i = 0; i < detectors; i++)
        {
            var detector = Add($"zone/{1 + i % 2}/det/{i:000}", AssetKind.Detector, administrative: zones[i % 2], freeFlow: 40 + i, length: 0.8);
            Measure(detector, "flow", "/h", PointKind.Gauge, 5 * Instant.Minute);
            Measure(detector, "speed", "km/h", PointKind.Gauge, 5 * Instant.Minute);
            Measure(detector, "occupancy", "%", PointKind.Gauge, 5 * Instant.Minute);
        }
        var station = Add("st/rain", AssetKind.Station);
        Measure(station, "gusts", "{count}", PointKind.Event, Instant.Hour);
        return new([new City("vn-dad", "Da Nang", "VN", "Asia/Ho_Chi_Minh")], [.. assets], [.. points], [], []);
    }

    /// <summary>A stretch of traffic in event-time order: every point once a step, seeded; some readings are bad or revised.</summary>
    public static List<Reading> Traffic(Model model, int seed, long lengthUs, long stepUs)
    {
        var random = new Random(seed);
        var registers = new long[model.Points.Length];
        var readings = new List<Reading>();
        for (var at = 0L; at < lengthUs; at += stepUs)
        {
            foreach (var point in model.Points)
            {
                // Devices do not tick together, and one in fifty messages never comes: some of these make gaps.
                if (random.Next(50) == 0) continue;
                var time = StartUs + at + random.NextInt64(stepUs / 2);
                registers[point.Number] += random.Next(5_000_000);
                var value = point.Kind == PointKind.Cumulative ? registers[point.Number] : random.NextInt64(400_000_000);
                if (point.Kind == PointKind.Cumulative && random.Next(200) == 0) registers[point.Number] = 0;
                var quality = random.Next(30) switch { 0 => Quality.Bad, 1 => Quality.Uncertain, 2 => Quality.Stale, _ => Quality.Good };
                var flags = random.Next(40) == 0 ? ReadingFlags.Historical : ReadingFlags.None;
                readings.Add(new(time, value, point.Number, 0, quality, flags));
                if (random.Next(60) == 0) readings.Add(new(time, value + 1, point.Number, 1, random.Next(3) == 0 ? Quality.Bad : Quality.Good, ReadingFlags.None));
            }
        }
        return [.. readings.OrderBy(reading => reading.TimeUs)];
    }

    /// <summary>
    /// The same readings as a bad day delivers them: a tenth up to 48 hours late, the rest jittered by minutes, a twentieth twice.
    /// </summary>
    public static List<Reading> Disturb(IReadOnlyList<Reading> readings, int seed)
    {
        var random = new Random(seed);
        var arrivals = new List<(long AtUs, Reading Reading)>();
        foreach (var reading in readings)
        {
            var copies = random.Next(20) == 0 ? 2 : 1;
            for (var copy = 0; copy < copies; copy++)
            {
                var delay = random.Next(10) == 0 ? random.NextInt64(48 * Instant.Hour) : random.NextInt64(3 * Instant.Minute);
                arrivals.Add((reading.TimeUs + delay, reading));
            }
        }
        return [.. arrivals.OrderBy(arrival => arrival.AtUs).Select(arrival => arrival.Reading)];
    }
}
