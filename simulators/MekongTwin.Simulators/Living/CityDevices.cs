using System.Text;
using MekongTwin.Simulators.Cities;
using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Living;

/// <summary>How often transformers report; everything else reports every ten seconds.</summary>
internal enum Profile
{
    /// <summary>Transformers every 60 s.</summary>
    Default,

    /// <summary>Transformers every 10 s.</summary>
    Dense,
}

/// <summary>
/// The devices of a city. A substation and its feeders report at the same second so that their balance can be read off;
/// transformers and detectors are spread over their period. Values are rounded as the meters would: 0.1 kW, 0.1 A, 0.001 kV.
/// </summary>
internal sealed class CityDevices
{
    private const int FastSeconds = 10;
    private const int SlowSeconds = 60;

    private readonly CityFolder _folder;
    private readonly GridModel _grid;
    private readonly TrafficModel _traffic;
    private readonly Profile _profile;

    private CityDevices(CityFolder folder, long seed, Profile profile) =>
        (_folder, _grid, _traffic, _profile) = (folder, new(folder, seed), new(folder, seed), profile);

    public static IReadOnlyList<Device> Of(CityFolder folder, long seed, Profile profile)
    {
        var devices = new CityDevices(folder, seed, profile);
        return [.. devices.Substations(), .. devices.Feeders(), .. devices.Transformers(), .. devices.Detectors()];
    }

    private IEnumerable<Device> Substations() => _folder.Grid.Substations.Select((substation, i) =>
        Plain(substation.Id, FastSeconds, i % FastSeconds, ["P", "Q", "V"], timeMs =>
        {
            var state = _grid.At(timeMs);
            return [Round(state.SubstationKw[i], 1), Round(state.SubstationKvar[i], 1), Round(state.SubstationKv[i], 3)];
        }));

    private IEnumerable<Device> Feeders()
    {
        var substations = _folder.Grid.Substations.Select(substation => substation.Id).ToList();
        return _folder.Grid.Feeders.Select((feeder, i) =>
            Plain(feeder.Id, FastSeconds, substations.IndexOf(feeder.Substation) % FastSeconds, ["P", "Q", "I", "V"], timeMs =>
            {
                var state = _grid.At(timeMs);
                return [Round(state.FeederKw[i], 1), Round(state.FeederKvar[i], 1), Round(state.FeederAmpere[i], 1), Round(state.FeederKv[i], 3)];
            }));
    }

    private IEnumerable<Device> Detectors() => _folder.Traffic.Detectors.Select((detector, i) =>
        Plain(detector.Id, FastSeconds, i % FastSeconds, ["flow", "speed", "occupancy"], timeMs =>
        {
            var state = _traffic.At(i, timeMs);
            return [Round(state.FlowPerHour, 0), Round(state.SpeedKmh, 1), Round(state.OccupancyPercent, 1)];
        }));

    private IEnumerable<Device> Transformers()
    {
        var deviceOf = _folder.Mappings.Devices.ToDictionary(mapping => mapping.Asset, mapping => mapping.Device, StringComparer.Ordinal);
        var period = _profile == Profile.Dense ? FastSeconds : SlowSeconds;
        return _folder.Grid.Transformers.Select((transformer, i) =>
        {
            if (!deviceOf.TryGetValue(transformer.Id, out var device)) return Plain(transformer.Id, period, i % period, ["P", "Q", "V"], timeMs => TransformerValues(i, timeMs));
            var topic = Encoding.UTF8.GetBytes($"mt/v1/{_folder.City.Id}/senml/{device}");
            return new Device(device, period, i % period, 3, 1, timeMs => [new(topic, TransformerPack(i, timeMs))]);
        });
    }

    private byte[] TransformerPack(int transformer, long timeMs)
    {
        var values = TransformerValues(transformer, timeMs);
        return Payload.Senml(timeMs, [new("P", "kW", values[0]), new("Q", "kvar", values[1]), new("V", "V", values[2])]);
    }

    private double[] TransformerValues(int transformer, long timeMs)
    {
        var state = _grid.At(timeMs);
        return [Round(state.TransformerKw[transformer], 1), Round(state.TransformerKvar[transformer], 1), Round(state.TransformerV[transformer], 1)];
    }

    private Device Plain(string id, int period, int offset, string[] metrics, Func<long, double[]> measure)
    {
        var topics = metrics.Select(metric => Encoding.UTF8.GetBytes($"mt/v1/{_folder.City.Id}/{id}/{metric}")).ToArray();
        return new(id, period, offset, metrics.Length, metrics.Length, timeMs =>
            [.. measure(timeMs).Select((value, i) => new Message(topics[i], Payload.Plain(value, timeMs)))]);
    }

    private static double Round(double value, int decimals) => Math.Round(value, decimals, MidpointRounding.AwayFromZero);
}
