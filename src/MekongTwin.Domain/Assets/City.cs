using System.Collections.Immutable;
using System.Text.Json.Serialization;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Assets;

/// <summary>Where a <see cref="ListedArea"/> is named: how it is shown is for the host government to set.</summary>
public enum ListedShown
{
    /// <summary>In the city's folder only.</summary>
    Nowhere,

    /// <summary>With the districts.</summary>
    List,

    /// <summary>With the districts and under the map.</summary>
    Map,
}

/// <summary>An area on the city's administrative list that is neither drawn nor served.</summary>
public sealed record ListedArea(string Name, ListedShown Shown);

/// <summary>A city's own facts.</summary>
public sealed record City(string Id, string Name, string Country, string Zone)
{
    public string Source { get; init; } = "";

    public ImmutableArray<string> Languages { get; init; } = ["en"];

    /// <summary>Days that readings are kept at least; null for ever. Windows and totals stay.</summary>
    public int? KeepReadingsDays { get; init; }

    /// <summary>Areas on the administrative list that are neither drawn nor served; null for none.</summary>
    public IReadOnlyList<ListedArea>? Listed { get; init; }

    /// <summary>A reading of before this is not taken in any more; MinValue where all are kept.</summary>
    public long ReadingsFromUs(long nowUs) => KeepReadingsDays is { } days ? nowUs - days * Instant.Day : long.MinValue;

    /// <summary>Longest absence of a time offset means local time of this zone.</summary>
    public CityCalendar MakeCalendar() => new(TimeZoneInfo.FindSystemTimeZoneById(Zone));
}

/// <summary>A device's (or a full SenML record's) name standing for an asset or a point.</summary>
public sealed record DeviceMapping(string City, string Device, int Asset);

/// <summary>A full name on the wire (a topic, or SenML bn+n) standing for a point.</summary>
public sealed record NameMapping(string Name, int Point)
{
    /// <summary>True when a city folder says so: it holds until the folder says otherwise. A person's stays until a person takes it back.</summary>
    public bool FromFolder { get; init; }

    /// <summary>Topic and record name of <see cref="OfRecord"/>.</summary>
    [JsonIgnore]
    public (string Topic, string Name) Parts => Name.Split('\n', 2) is [var topic, var name] ? (topic, name) : (Name, "");

    /// <summary>The name of a quarantined thing: its topic, and for a record of a pack the record's name under it.</summary>
    public static string OfRecord(string topic, string name) => name.Length == 0 ? topic : $"{topic}\n{name}";
}
