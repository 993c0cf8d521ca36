using System.Text.Json;
using System.Text.Json.Serialization;

namespace MekongTwin.Simulators.Cities;

/// <summary>What <c>city.json</c> says that the simulator needs.</summary>
internal sealed record CityFile(string Id, string Name, string Zone, int Population);

internal sealed record SubstationFile(string Id, string Name, string District, double RatingKva);

internal sealed record FeederFile(string Id, string Name, string Substation, double RatingKva);

/// <summary>A distribution transformer; <see cref="Class"/> names the customers' load shape.</summary>
internal sealed record TransformerFile(string Id, string Feeder, string District, double RatingKva, int Customers, string Class);

internal sealed record GridFile(
    IReadOnlyList<SubstationFile> Substations, IReadOnlyList<FeederFile> Feeders, IReadOnlyList<TransformerFile> Transformers);

internal sealed record ZoneFile(string Id, string Name, string District);

internal sealed record DetectorFile(string Id, string Zone, double FreeFlowKmh, double LengthKm, int Lanes);

internal sealed record TrafficFile(IReadOnlyList<ZoneFile> Zones, IReadOnlyList<DetectorFile> Detectors);

internal sealed record PointFile(string Metric, string Unit, string Kind, string Hold, double Min, double Max);

internal sealed record PointsFile(IReadOnlyDictionary<string, IReadOnlyList<PointFile>> Kinds);

internal sealed record DeviceFile(string Device, string Asset);

internal sealed record MappingsFile(IReadOnlyList<DeviceFile> Devices);

/// <summary>Climate of the city: monthly means, °C; offset, swing (half the daily range) and spread are assumed.</summary>
internal sealed record ClimateFile(IReadOnlyList<double> MonthlyMeanC, double CoastalOffsetC, double DailySwingC, double DaySpreadC);

/// <summary>Cooling: load rises by <see cref="CoolingPercentPerC"/> for each °C above <see cref="CoolingBaseC"/>. Assumed.</summary>
internal sealed record DemandFile(double CoolingPercentPerC, double CoolingBaseC);

/// <summary>The mix of vehicles and the jam density of a lane, passenger car units per km. Assumed.</summary>
internal sealed record VehicleMixFile(double MotorcycleShare, double MotorcyclePcu, double JamDensityPcuPerKmLane);

internal sealed record SimulationFile(ClimateFile Climate, DemandFile Demand, VehicleMixFile Traffic);

/// <summary>A pilot city's folder as the simulator reads it. Ids are relative to the city.</summary>
internal sealed record CityFolder(
    CityFile City, GridFile Grid, TrafficFile Traffic, PointsFile Points, MappingsFile Mappings, SimulationFile Simulation)
{
    /// <summary>Reads every file of the folder. A missing file, a missing field or a wrong type is named in the message.</summary>
    public static CityFolder Read(string directory) => new(
        Read(directory, "city.json", CityJson.Default.CityFile),
        Read(directory, "grid.json", CityJson.Default.GridFile),
        Read(directory, "traffic.json", CityJson.Default.TrafficFile),
        Read(directory, "points.json", CityJson.Default.PointsFile),
        Read(directory, "mappings.json", CityJson.Default.MappingsFile),
        Read(directory, "simulation.json", CityJson.Default.SimulationFile));

    private static T Read<T>(string directory, string name, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        var path = Path.Combine(directory, name);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type) ?? throw new InvalidDataException($"{path}: is null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CityFile))]
[JsonSerializable(typeof(GridFile))]
[JsonSerializable(typeof(TrafficFile))]
[JsonSerializable(typeof(PointsFile))]
[JsonSerializable(typeof(MappingsFile))]
[JsonSerializable(typeof(SimulationFile))]
internal sealed partial class CityJson : JsonSerializerContext;
