using System.Collections.Immutable;
using System.Text.Json;

namespace MekongTwin.Scenarios.Countries;

/// <summary>What counts as a violation in a country.</summary>
/// <param name="Name">Printed wherever a violation is shown.</param>
/// <param name="Source">Where the figures are from, and what is assumed.</param>
/// <param name="LowestVm">Lowest voltage in normal operation, pu of nominal.</param>
/// <param name="HighestVm">Highest voltage, pu.</param>
/// <param name="LowestVmAfterContingency">Lowest voltage after a contingency, pu.</param>
/// <param name="TransformerPercent">Bands of a transformer's loading, three, ascending; above the second is a violation.</param>
/// <param name="LinePercent">The same of a line.</param>
/// <param name="LeastHours">A future violates when it is outside for at least so long in all, h.</param>
public sealed record Criteria(
    string Name, string Source, double LowestVm, double HighestVm, double LowestVmAfterContingency, ImmutableArray<double> TransformerPercent, ImmutableArray<double> LinePercent, double LeastHours);

/// <summary>An average emission factor of a country's grid, not a marginal one; the source says where it is not official.</summary>
public sealed record Carbon(double KgPerKwh, int Year, string Source);

/// <summary>
/// A country's figures, read from its file in this folder; what is screened goes by <c>assumed.json</c> where the country's file has no section
/// of its own. The code holds none.
/// </summary>
public sealed record CountryRules(Criteria Criteria, Carbon? Carbon)
{
    private const string Assumed = "assumed";

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow, RespectRequiredConstructorParameters = true, Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary>What is screened for losses.</summary>
    public ContingencyRules Contingency { get; init; } = null!;

    /// <summary>How transformers age.</summary>
    public AgeingRules Ageing { get; init; } = null!;

    /// <summary>What panels may do to a feeder.</summary>
    public HostingRules Hosting { get; init; } = null!;

    /// <summary>What remedies cost.</summary>
    public RemedyRules Remedies { get; init; } = null!;

    /// <summary>Prices by the hour, ascending by their first day; empty where the country's file has none.</summary>
    public ImmutableArray<TariffRules> Tariffs { get; init; } = [];

    /// <summary>Countries that have a file, by their ISO 3166 code in lower case.</summary>
    public static IReadOnlyList<string> Known { get; } = [.. typeof(CountryRules).Assembly.GetManifestResourceNames().Where(static name => name != Assumed).Order(StringComparer.Ordinal)];

    /// <summary>The rules of a country; null where it has no file.</summary>
    public static CountryRules? Find(string country)
    {
        if (!Known.Contains(country.ToLowerInvariant())) return null;
        var (own, assumed) = (Read<CountryRules>(country.ToLowerInvariant()), Read<AssumedRules>(Assumed));
        return own with
        {
            Contingency = own.Contingency ?? assumed.Contingency, Ageing = own.Ageing ?? assumed.Ageing, Hosting = own.Hosting ?? assumed.Hosting, Remedies = own.Remedies ?? assumed.Remedies,
        };
    }

    private static T Read<T>(string name)
    {
        using var stream = typeof(CountryRules).Assembly.GetManifestResourceStream(name)!;
        return JsonSerializer.Deserialize<T>(stream, Strict)!;
    }

    private sealed record AssumedRules(ContingencyRules Contingency, AgeingRules Ageing, HostingRules Hosting, RemedyRules Remedies);
}
