using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Cities;

/// <summary>What <c>city.json</c> says that the simulator needs.</summary>
internal sealed record CityFile(string Id, string Name, string Zone, int Population);

/// <summary>A substation; one with customers and no feeders is a customer's own at 110 kV.</summary>
internal sealed record SubstationFile(string Id, [property: JsonConverter(typeof(FirstTextConverter))] string District, double RatingKva, CustomerCounts? Customers = null);

internal sealed record FeederFile(string Id, string Substation, double RatingKva, double Kv = 22);

internal sealed record ConductorFile(string Id, double ROhmPerKm, double XOhmPerKm, double RatingA);

internal sealed record NodeFile(string Id, double Lon = 0, double Lat = 0);

/// <summary>A line; <see cref="Switch"/> is "open", "closed" or nothing.</summary>
internal sealed record LineFile(string Id, string From, string To, double LengthKm, string Conductor, string Switch = "");

/// <summary>A distribution transformer, at a node of the network or simply on a feeder.</summary>
internal sealed record TransformerFile(string Id, [property: JsonConverter(typeof(FirstTextConverter))] string District, double RatingKva, string Feeder = "", string Node = "", CustomerCounts? Customers = null);

/// <summary>Every list is optional, here and below: a setter, because a generated reader does not keep what an init property starts with.</summary>
internal sealed record GridFile
{
    public IReadOnlyList<ConductorFile> Conductors { get; set; } = [];

    public IReadOnlyList<SubstationFile> Substations { get; set; } = [];

    public IReadOnlyList<NodeFile> Nodes { get; set; } = [];

    public IReadOnlyList<LineFile> Lines { get; set; } = [];

    public IReadOnlyList<FeederFile> Feeders { get; set; } = [];

    public IReadOnlyList<TransformerFile> Transformers { get; set; } = [];

    /// <summary>Several files as one, in their order.</summary>
    public static GridFile Join(IReadOnlyList<GridFile> files) => new()
    {
        Conductors = [.. files.SelectMany(file => file.Conductors)],
        Substations = [.. files.SelectMany(file => file.Substations)],
        Feeders = [.. files.SelectMany(file => file.Feeders)],
        Nodes = [.. files.SelectMany(file => file.Nodes)],
        Lines = [.. files.SelectMany(file => file.Lines)],
        Transformers = [.. files.SelectMany(file => file.Transformers)],
    };
}

internal sealed record ZoneFile(string Id, [property: JsonConverter(typeof(FirstTextConverter))] string District);

internal sealed record DetectorFile(string Id, string Zone, double FreeFlowKmh, double LengthKm, int Lanes = 1);

internal sealed record TrafficFile
{
    public IReadOnlyList<ZoneFile> Zones { get; set; } = [];

    public IReadOnlyList<DetectorFile> Detectors { get; set; } = [];
}

/// <summary>A station of type air, weather or river; the share of the tide that reaches a river station.</summary>
internal sealed record StationFile(string Id, string Type, [property: JsonConverter(typeof(FirstTextConverter))] string District, double Lon = 0, double Lat = 0, double TideShare = 0);

internal sealed record StationsFile
{
    public IReadOnlyList<StationFile> Stations { get; set; } = [];
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

/// <summary>A spell of clear days around a date, so many °C above the month's mean. Assumed.</summary>
internal sealed record SpellFile(DateOnly Date, double AboveMeanC);

/// <summary>Climate of the city: monthly means of temperature, °C, rain, mm/day, and relative humidity, %; the rest is assumed.</summary>
internal sealed record ClimateFile(
    double Latitude, IReadOnlyList<double> MonthlyMeanC, IReadOnlyList<double> MonthlyRainMmPerDay, IReadOnlyList<double> MonthlyHumidityPercent,
    double CoastalOffsetC, double DailySwingC, double DaySpreadC)
{
    public IReadOnlyList<SpellFile> Spells { get; set; } = [];
}

/// <summary>
/// Demand: <see cref="MeanLoading"/> is a transformer's typical peak without cooling as a share of its rating; cooling adds
/// <see cref="CoolingPercentPerC"/> of a hot afternoon's load for each °C above <see cref="CoolingBaseC"/>; all of it grows by
/// <see cref="GrowthPercentPerYear"/> around <see cref="At"/>.
/// </summary>
internal sealed record DemandFile(
    DateOnly At, double GrowthPercentPerYear, double MeanLoading, double CoolingPercentPerC, double CoolingBaseC, double LowVoltageLossPercent,
    double RooftopPvMwp, double ElectricMotorcycles, double ElectricCars, NewYear NewYear);

/// <summary>The mix of vehicles and the jam density of a lane, passenger car units per km. Assumed.</summary>
internal sealed record VehicleMixFile(double MotorcycleShare, double MotorcyclePcu, double JamDensityPcuPerKmLane);

/// <summary>Supply that rotates: in turns of so many hours one group of feeders after another is off. A feeder in no group never is.</summary>
internal sealed record RotationFile(int Hours, IReadOnlyList<IReadOnlyList<string>> Groups);

/// <summary>Interruptions of supply; without it there are none.</summary>
internal sealed record SupplyFile
{
    public double OutagesPerFeederYear { get; set; }

    public RotationFile? Rotation { get; set; }
}

internal sealed record SimulationFile(ClimateFile Climate, DemandFile Demand, VehicleMixFile Traffic)
{
    public SupplyFile Supply { get; set; } = new();
}

/// <summary>A pilot city's folder as the simulator reads it. Ids are relative to the city.</summary>
internal sealed record CityFolder(
    CityFile City, GridFile Grid, TrafficFile Traffic, StationsFile Stations, PointsFile Points, MappingsFile Mappings)
{
    private readonly SimulationFile? _simulation;

    /// <summary>Climate and demand: what only a city that is simulated has.</summary>
    public SimulationFile Simulation
    {
        get => _simulation ?? throw new InvalidDataException($"The folder of {City.Id} has no simulation.json: a city is simulated by its climate and demand (docs/city-folder.md).");
        init => _simulation = value;
    }

    /// <summary>Reads the folder; what a city may leave out is empty then. A missing file, a missing field or a wrong type is named in the message.</summary>
    public static CityFolder Read(string directory)
    {
        var folder = new CityFolder(
            Read(directory, "city.json", CityJson.Default.CityFile),
            GridFile.Join([.. GridFiles(directory).Select(name => ReadOptional(directory, name, CityJson.Default.GridFile))]),
            ReadOptional(directory, "traffic.json", CityJson.Default.TrafficFile),
            ReadOptional(directory, "stations.json", CityJson.Default.StationsFile),
            Read(directory, "points.json", CityJson.Default.PointsFile),
            ReadOptional(directory, "mappings.json", CityJson.Default.MappingsFile));
        return File.Exists(Path.Combine(directory, "simulation.json")) ? folder with { Simulation = Read(directory, "simulation.json", CityJson.Default.SimulationFile) } : folder;
    }

    private static IEnumerable<string> GridFiles(string directory)
    {
        var folder = Path.Combine(directory, "grid");
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
        return files.Select(path => Path.Combine("grid", Path.GetFileName(path))).Order(StringComparer.Ordinal).Prepend("grid.json");
    }

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
    RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CityFile))]
[JsonSerializable(typeof(GridFile))]
[JsonSerializable(typeof(TrafficFile))]
[JsonSerializable(typeof(StationsFile))]
[JsonSerializable(typeof(PointsFile))]
[JsonSerializable(typeof(MappingsFile))]
[JsonSerializable(typeof(SimulationFile))]
internal sealed partial class CityJson : JsonSerializerContext;
