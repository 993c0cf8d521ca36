using System.Text;
using MekongTwin.Simulators.Cities;
using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Living;

/// <summary>How often devices report.</summary>
internal enum Profile
{
    /// <summary>
    /// As utilities have it: substations and feeders every 10 s, detectors every 30 s, stations every minute, transformers'
    /// meters every half hour (customers' own every quarter), part of them with the next day's read-out only.
    /// </summary>
    Default,

    /// <summary>Everything within seconds, about 3,000 readings/s in Da Nang.</summary>
    Dense,
}

/// <summary>
/// The devices of a city: what each measures of the truth, with its meter's error, and when it reports it. A substation and its
/// feeders report at the same second so that their balance can be read off. Values are rounded as the meters would: 0.1 kW,
/// 0.1 A, 0.001 kV.
/// </summary>
internal sealed class CityDevices
{
    private readonly CityFolder _folder;
    private readonly string _city;
    private readonly GridModel _grid;
    private readonly TrafficModel _traffic;
    private readonly StationModel _stations;
    private readonly Cadence _cadence;
    private readonly TimeZoneInfo _zone;
    private readonly long _seed;
    private readonly FaultSchedule _faults;

    private CityDevices(CityFolder folder, long seed, Profile profile, FaultSchedule faults)
    {
        _faults = faults;
        _folder = folder;
        _city = folder.City.Id;
        _grid = new(folder, seed);
        _traffic = new(folder, seed);
        _stations = new(folder, seed);
        _cadence = Cadence.Of(profile);
        _zone = TimeZoneInfo.FindSystemTimeZoneById(folder.City.Zone);
        _seed = seed;
    }

    public static IReadOnlyList<Device> Of(CityFolder folder, long seed, Profile profile, IReadOnlySet<Fault>? faults = null)
    {
        var schedule = faults is null ? FaultSchedule.None : new FaultSchedule(seed, folder.City.Id, faults);
        var devices = new CityDevices(folder, seed, profile, schedule);
        Device[] all = [.. devices.Substations(), .. devices.Feeders(), .. devices.Transformers(), .. devices.Detectors(), .. devices.Stations()];
        return [.. all.Select(schedule.Behind)];
    }

    private IEnumerable<Device> Substations() => _folder.Grid.Substations.Select((substation, i) =>
    {
        var meter = Meter.OfPanel(Noise.For(_seed, $"{_city}/{substation.Id}"));
        return Plain(substation.Id, _cadence.PanelSeconds, i % _cadence.PanelSeconds, ["P", "Q", "V"], timeMs =>
        {
            var state = _grid.SubstationAt(i, timeMs);
            return [Round(state.Kw * meter.PowerGain, 1), Round(state.Kvar * meter.PowerGain, 1), Round(state.Kv * meter.VoltageGain, 3)];
        }) with { Gateway = substation.Id };
    });

    private IEnumerable<Device> Feeders()
    {
        var substations = _folder.Grid.Substations.Select(substation => substation.Id).ToList();
        return _folder.Grid.Feeders.Select((feeder, i) =>
        {
            var meter = Meter.OfPanel(Noise.For(_seed, $"{_city}/{feeder.Id}"));
            return Plain(feeder.Id, _cadence.PanelSeconds, substations.IndexOf(feeder.Substation) % _cadence.PanelSeconds, ["P", "Q", "I", "V"], timeMs =>
            {
                var state = _grid.FeederAt(i, timeMs);
                return [Round(state.Kw * meter.PowerGain, 1), Round(state.Kvar * meter.PowerGain, 1), Round(state.Ampere * meter.PowerGain, 1), Round(state.Kv * meter.VoltageGain, 3)];
            }) with { Gateway = feeder.Substation };
        });
    }

    private IEnumerable<Device> Detectors() => _folder.Traffic.Detectors.Select((detector, i) =>
        Plain(detector.Id, _cadence.DetectorSeconds, i % _cadence.DetectorSeconds, ["flow", "speed", "occupancy"], timeMs =>
        {
            var state = _traffic.At(i, timeMs);
            return [Round(state.FlowPerHour, 0), Round(state.SpeedKmh, 1), Round(state.OccupancyPercent, 1)];
        }) with { Gateway = detector.Zone });

    private IEnumerable<Device> Stations() => _folder.Stations.Stations.Select((station, i) => station.Type switch
    {
        "air" => Plain(station.Id, _cadence.StationSeconds, i % _cadence.StationSeconds, ["pm2.5", "pm10", "no2"], timeMs =>
        {
            var air = _stations.AirAt(i, timeMs);
            return [Round(air.Pm25, 1), Round(air.Pm10, 1), Round(air.No2, 1)];
        }),
        "weather" => Plain(station.Id, _cadence.StationSeconds, i % _cadence.StationSeconds, ["temperature", "humidity", "rain", "irradiance"], timeMs =>
        {
            var weather = _stations.WeatherAt(i, timeMs);
            return [Round(weather.TemperatureC, 1), Round(weather.HumidityPercent, 0), Round(weather.RainMm, 1), Round(weather.IrradianceWm2, 0)];
        }),
        "river" => Plain(station.Id, _cadence.StationSeconds, i % _cadence.StationSeconds, ["level"], timeMs => [Round(_stations.LevelAt(i, timeMs), 2)]),
        _ => throw new InvalidDataException($"stations.json: {station.Id} is of type \"{station.Type}\", which is not air, weather or river."),
    });

    /// <summary>
    /// Meters with a device name of their own send a pack each. The others are read by their feeder's head-end, which sends one
    /// pack under full names. Meters are read at full periods of the clock and sent on feeder by feeder, within a third of the
    /// period; the packs of a day's read-out come in the small hours of the next.
    /// </summary>
    private IEnumerable<Device> Transformers()
    {
        var deviceOf = _folder.Mappings.Devices.GroupBy(mapping => mapping.Asset, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Device, StringComparer.Ordinal);
        var meters = _folder.Grid.Transformers.Select((file, i) => TransformerMeter.Of(_grid, i, deviceOf.GetValueOrDefault(file.Id))).ToList();
        foreach (var feeder in meters.GroupBy(meter => meter.Feeder).OrderBy(group => group.Key))
        {
            var share = feeder.Key / (double)Math.Max(1, _folder.Grid.Feeders.Count);
            var (late, prompt) = (feeder.Where(_cadence.IsNextDay).ToList(), feeder.Where(meter => !_cadence.IsNextDay(meter)).ToList());
            foreach (var meter in prompt.Where(meter => meter.Device is not null)) yield return Pack(meter.Device!, _cadence.PeriodOf(meter), share, [meter]);
            foreach (var group in prompt.Where(meter => meter.Device is null).GroupBy(_cadence.PeriodOf).OrderBy(group => group.Key))
            {
                yield return Pack($"head-end-{feeder.Key}-{group.Key}", group.Key, share, [.. group]);
            }
            foreach (var meter in late) yield return NextDay(meter);
        }
    }

    private Device Pack(string device, int period, double share, IReadOnlyList<TransformerMeter> meters)
    {
        var topic = Encoding.UTF8.GetBytes($"mt/v1/{_city}/senml/{device}");
        var offset = (int)(share * (period / 3 + 1));
        var baseName = meters is [{ Device: not null }] ? (Func<TransformerMeter, string>)(_ => "") : meter => $"{_city}/{meter.Id}/";
        return new Device(device, period, offset, 3 * meters.Count, 1, timeMs =>
        {
            var readMs = timeMs - offset * 1000L;
            var pack = new SenmlPack();
            foreach (var meter in meters) Add(pack, meter, baseName(meter), readMs, _faults.DistortionAt(meter.Id, period, readMs));
            return [new(topic, pack.ToBytes())];
        });
    }

    /// <summary>Yesterday's half hours of one meter, in one pack between one and five o'clock.</summary>
    private Device NextDay(TransformerMeter meter)
    {
        const int daySeconds = 86_400;
        var topic = Encoding.UTF8.GetBytes($"mt/v1/{_city}/senml/{meter.Device ?? "read-out-" + meter.Id.Replace('/', '-')}");
        var zoneSeconds = (int)_zone.BaseUtcOffset.TotalSeconds;
        var localSecond = 3600 + (int)(4 * 3600 * meter.Noise.Constant(41));
        var offset = (localSecond - zoneSeconds + daySeconds) % daySeconds;
        var name = meter.Device is null ? $"{_city}/{meter.Id}/" : "";
        return new Device(meter.Id, daySeconds, offset, 3, 1, timeMs =>
        {
            var midnightMs = timeMs - localSecond * 1000L;
            var pack = new SenmlPack();
            for (var half = -47; half <= 0; half++) Add(pack, meter, name, midnightMs + half * 1_800_000L, new(midnightMs + half * 1_800_000L, 1, 0));
            return [new(topic, pack.ToBytes())];
        });
    }

    private void Add(SenmlPack pack, TransformerMeter meter, string baseName, long timeMs, Distortion distortion)
    {
        var (kw, kvar, volt) = meter.Read(_grid, distortion.MeasuredMs);
        pack.Begin(baseName, timeMs + distortion.StampOffsetMs);
        pack.Add("P", "kW", Round(kw * distortion.Gain, 1));
        pack.Add("Q", "kvar", Round(kvar * distortion.Gain, 1));
        pack.Add("V", "V", Round(volt * distortion.Gain, 1));
    }

    private Device Plain(string id, int period, int offset, string[] metrics, Func<long, double[]> measure)
    {
        var topics = metrics.Select(metric => Encoding.UTF8.GetBytes($"mt/v1/{_city}/{id}/{metric}")).ToArray();
        return new(id, period, offset, metrics.Length, metrics.Length, timeMs =>
        {
            var distortion = _faults.DistortionAt(id, period, timeMs);
            return [.. measure(distortion.MeasuredMs).Select((value, i) => new Message(topics[i], Payload.Plain(value * distortion.Gain, timeMs + distortion.StampOffsetMs)))];
        });
    }

    private static double Round(double value, int decimals) => Math.Round(value, decimals, MidpointRounding.AwayFromZero);
}
