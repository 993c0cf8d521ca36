using MekongTwin.Domain.Journal;

namespace MekongTwin.Silo.Wire;

/// <summary>How a partition is.</summary>
[GenerateSerializer, Immutable, Alias("mt.partition-status")]
public sealed class WireStatus
{
    /// <summary>Of its activation: rises when it moves.</summary>
    [Id(0)] public required long Epoch { get; init; }

    [Id(1)] public required long Journalled { get; init; }

    [Id(2)] public required long Applied { get; init; }

    /// <summary>99th percentile of the newest readings, from their receipt to their being folded.</summary>
    [Id(3)] public required double LagP99Ms { get; init; }

    /// <summary>Assets that are set aside, by number, and why.</summary>
    [Id(4)] public required WireFault[] SetAside { get; init; }

    /// <summary>Why it does not get on, or null.</summary>
    [Id(5)] public string? Fault { get; init; }
}

/// <summary>An asset that is set aside.</summary>
[GenerateSerializer, Immutable, Alias("mt.asset-fault")]
public readonly record struct WireFault([property: Id(0)] int Asset, [property: Id(1)] string? Why);

/// <summary>A partition's accounts by source, as they are stored.</summary>
[GenerateSerializer, Immutable, Alias("mt.partition-ledger")]
public sealed class WireLedger
{
    [Id(0)] public required int[] Sources { get; init; }

    [Id(1)] public required byte[][] Lines { get; init; }

    /// <summary>Readings that were journalled, folded or not.</summary>
    [Id(2)] public required long[] Received { get; init; }
}

/// <summary>A kind of thing in quarantine, and where the first of it stands.</summary>
[GenerateSerializer, Immutable, Alias("mt.quarantine-kind")]
public sealed class WireQuarantineKind
{
    [Id(0)] public required Refusal Reason { get; init; }

    [Id(1)] public required int Source { get; init; }

    [Id(2)] public required string Topic { get; init; }

    [Id(3)] public required string Name { get; init; }

    [Id(4)] public required long FirstOffset { get; init; }
}
