using System.Security.Cryptography;
using System.Text.Json.Serialization;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Api;

/// <summary>One line of the ledger as it is published.</summary>
public sealed record LedgerView(string Source, long Received, long Stored, long Duplicate, IReadOnlyDictionary<string, long> Rejected, IReadOnlyDictionary<string, long> Quarantined, long Pending, string? LastSeen);

/// <summary>The whole account, with how far behind the twins are.</summary>
public sealed record LedgerPage(LedgerView Total, bool Balanced, IReadOnlyList<LedgerView> Sources, long BacklogBytes, double CommitP99Ms, double LagP99Ms)
{
    /// <summary>The subscription to a broker, where there is one.</summary>
    public BrokerView? Broker { get; init; }

    /// <summary>What is not healthy and what to do about it.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}

/// <summary>A broker the twin subscribes to; <see cref="Dropped"/> is what the broker says it dropped for all its clients.</summary>
public sealed record BrokerView(string Name, bool Connected, long? Dropped, string? LastError);

/// <summary>One check of the health page.</summary>
public sealed record HealthCheck(string Name, bool Healthy, string? Detail)
{
    /// <summary>False where the server serves without it: the page shows it, readiness does not depend on it.</summary>
    public bool Required { get; init; } = true;

    /// <summary>Since when it is as it is, where that is known.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>True when what happens is logged one by one by who makes the check.</summary>
    [JsonIgnore]
    public bool IsLoggedElsewhere { get; init; }
}

/// <summary>The door for devices: mqtt or mqtts, and its port.</summary>
public sealed record MqttDoor(string Scheme, int Port);

/// <summary>What can be drawn of a city, as GeoJSON in UTF-8, with the tag that who has it asks with.</summary>
public sealed record DrawnMap(byte[] GeoJson)
{
    public string Tag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(GeoJson).AsSpan(0, 8))}\"";
}

/// <summary>What the process allocated since its start and holds now.</summary>
public sealed record MemoryView(long AllocatedBytes, long HeapBytes, int Collections, double PauseMs);

/// <summary>State of the program for whoever looks after it.</summary>
public sealed record StatusView(string? Version, MqttServerStatus Mqtt, BrokerStatus? Broker, JournalStatus Journal, bool Simulator, MemoryView Gc, IReadOnlyList<HealthCheck> Health);

/// <summary>What the routes need of the running program, whichever edition it is.</summary>
public interface ITwinServices
{
    ITwins Twins { get; }

    /// <summary>What is stored of the facts, down to the readings behind a window.</summary>
    ITwinQueries Queries { get; }

    /// <summary>The model now; it changes when somebody maps a point or adds to a city folder.</summary>
    Model Model { get; }

    /// <summary>What can be drawn of a city; null where there is no such city. It stands until something is added to the city's folder.</summary>
    DrawnMap? FindMap(string city);

    TimeProvider Clock { get; }

    /// <summary>True when the program's own simulator feeds the city: every page is watermarked.</summary>
    bool Simulated { get; }

    JournalStatus Journal { get; }

    /// <summary>Where devices send to, once that door is open.</summary>
    MqttDoor? Mqtt { get; }

    /// <summary>How readings came in, and before the start as far as the raw journal tells; null where the edition keeps no such record, and says so.</summary>
    Arrivals? Arrivals => null;

    ValueTask<LedgerPage> ReadLedgerAsync(CancellationToken ct);

    /// <summary>Liveness and readiness, check by check.</summary>
    IReadOnlyList<HealthCheck> ReadHealth();

    string SourceName(int number);

    /// <summary>Units of what quarantine keeps of a name, as they were sent, each once; empty for what came without one.</summary>
    ValueTask<IReadOnlySet<string>> QuarantineUnitsAsync(QuarantineGroup group, CancellationToken ct);

    /// <summary>Maps a quarantined name to a point and takes in what was kept of it; gives how many readings that were.</summary>
    Task<int> MapQuarantineAsync(QuarantineGroup group, Point point, CancellationToken ct);

    /// <summary>Throws away what quarantine holds of a kind: from quarantined it goes to rejected (discarded).</summary>
    Task DiscardQuarantineAsync(QuarantineGroup group, CancellationToken ct);

    /// <summary>Takes back a mapping that somebody made; false when there is none. What it took in stays; the folder's mapping of the name holds again.</summary>
    Task<bool> RemoveMappingAsync(string name, CancellationToken ct);

    /// <summary>A city's grid as it was completed last; null where it is not completed.</summary>
    GridState? ReadGrid(string city) => null;

    /// <summary>What-if studies; null in an edition that runs none.</summary>
    IStudies? Studies => null;

    /// <summary>What was estimated of an asset's metric over the last day, one a quarter of an hour; empty where nothing was.</summary>
    IReadOnlyList<PastEstimate> ReadEstimates(string city, int asset, string metric) => [];

    /// <summary>State of the doors, the journal and the twins.</summary>
    StatusView ReadStatus();
}
