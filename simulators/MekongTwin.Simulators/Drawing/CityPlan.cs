using System.Text.Json;
using System.Text.Json.Serialization;

namespace MekongTwin.Simulators.Drawing;

/// <summary>A receiving point to draw; <see cref="Feeders"/> names the kind of each of its feeders.</summary>
internal sealed record PlannedSubstation(string Id, string Name, string District, IReadOnlyList<double> TransformersKva, double Lon, double Lat, IReadOnlyList<string> Feeders);

internal sealed record PlannedCustomer(string Id, string Name, string District, double RatingKva, double Lon, double Lat);

/// <summary>A street on rough positions, each point [longitude, latitude]; streets meet where they name the same point.</summary>
internal sealed record PlannedStreet(string Id, string Name, string District, double FreeFlowKmh, int Lanes, int Detectors, IReadOnlyList<IReadOnlyList<double>> Path);

/// <summary><c>plan.json</c> of a city folder: what a person decides before the rest is drawn.</summary>
internal sealed record CityPlan(
    string Assumed, long Seed, double PersonsPerHousehold, IReadOnlyList<PlannedSubstation> Substations,
    IReadOnlyList<PlannedCustomer> HighVoltageCustomers, IReadOnlyList<PlannedStreet> Streets)
{
    /// <summary>Nominal voltage of the feeders, kV.</summary>
    public double Kv { get; set; } = 22;

    public static CityPlan Read(string directory)
    {
        var path = Path.Combine(directory, "plan.json");
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PlanJson.Default.CityPlan) ?? throw new InvalidDataException($"{path}: is null.");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CityPlan))]
internal sealed partial class PlanJson : JsonSerializerContext;
