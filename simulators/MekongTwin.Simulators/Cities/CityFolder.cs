using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace MekongTwin.Simulators.Cities;

/// <summary>What <c>city.json</c> says that the simulator needs.</summary>
internal sealed record CityFile(string Id, string Name, string Zone, int Population);

internal sealed record SubstationFile(string Id, string District, double RatingKva);

internal sealed record FeederFile(string Id, string Substation, double RatingKva);

/// <summary>A distribution transformer; <see cref="Class"/> names the customers' load shape.</summary>
internal sealed record TransformerFile(string Id, string Feeder, string District, double RatingKva, int Customers = 0, string Class = "mixed");

/// <summary>Every list is optional, here and below: a setter, because a generated reader does not keep what an init property starts with.</summary>
internal sealed record GridFile
{
    public IReadOnlyList<SubstationFile> Substations { get; set; } = [];

    public IReadOnlyList<FeederFile> Feeders { get; set; } = [];

    public IReadOnlyList<TransformerFile> Transformers { get; set; } = [];
}

internal sealed record ZoneFile(string Id, string District);

internal sealed record DetectorFile(string Id, string Zone, double FreeFlowKmh, double LengthKm, int Lanes = 1);

internal sealed record TrafficFile
{
    public IReadOnlyList<ZoneFile> Zones { get; set; } = [];

    public IReadOnlyList<DetectorFile> Detectors { get; set; } = [];
}

internal sealed record PointFile(string Metric, string Unit, double Min = -1e12, double Max = 1e12);

internal sealed record PointsFile
{
    public IReadOnlyDictionary<string, IReadOnlyList<PointFile>> Kinds { get; set; } = new Dictionary<string, IReadOnlyList<PointFile>>();
}

internal sealed record DeviceFile(string Device, string Asset);

internal sealed record MappingsFile
{
    public IReadOnlyList<DeviceFile> Devices { get; set; } = [];
}

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
    /// <summary>Reads the folder; what a city may leave out is empty then. A missing file, a missing field or a wrong type is named in the message.</summary>
    public static CityFolder Read(string directory) => new(
        Read(directory, "city.json", CityJson.Default.CityFile),
        ReadOptional(directory, "grid.json", CityJson.Default.GridFile),
        ReadOptional(directory, "traffic.json", CityJson.Default.TrafficFile),
        Read(directory, "points.json", CityJson.Default.PointsFile),
        ReadOptional(directory, "mappings.json", CityJson.Default.MappingsFile),
        Read(directory, "simulation.json", CityJson.Default.SimulationFile));

    private static T ReadOptional<T>(string directory, string name, JsonTypeInfo<T> type)
        where T : new() => File.Exists(Path.Combine(directory, name)) ? Read(directory, name, type) : new();

    private static T Read<T>(string directory, string name, JsonTypeInfo<T> type)
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
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CityFile))]
[JsonSerializable(typeof(GridFile))]
[JsonSerializable(typeof(TrafficFile))]
[JsonSerializable(typeof(PointsFile))]
[JsonSerializable(typeof(MappingsFile))]
[JsonSerializable(typeof(SimulationFile))]
internal sealed partial class CityJson : JsonSerializerContext;
