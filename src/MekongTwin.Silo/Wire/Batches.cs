using MekongTwin.Domain.Twins;

namespace MekongTwin.Silo.Wire;

/// <summary>A stretch of a partition's journal on its way to the partition: readings in the journal's own 24-byte form.</summary>
[GenerateSerializer, Immutable, Alias("mt.partition-batch")]
public sealed class WireBatch
{
    [Id(0)] public required long From { get; init; }

    [Id(1)] public required long To { get; init; }

    [Id(2)] public required byte[] Readings { get; init; }
}

/// <summary>What became of a batch: an outcome a reading, and which assets changed or failed on it, by number.</summary>
[GenerateSerializer, Immutable, Alias("mt.partition-applied")]
public sealed class WireApplied
{
    [Id(0)] public required FoldOutcome[] Outcomes { get; init; }

    [Id(1)] public required int[] Changed { get; init; }

    [Id(2)] public required int[] Faulted { get; init; }
}

/// <summary>What a partition's twins show at one cut.</summary>
[GenerateSerializer, Immutable, Alias("mt.partition-view")]
public sealed class WireView
{
    [Id(0)] public required long Applied { get; init; }

    /// <summary>Latest readings in the journal's form, assets in the order asked, points ascending.</summary>
    [Id(1)] public required byte[] Latest { get; init; }

    [Id(2)] public required int[] Faulted { get; init; }
}

/// <summary>What one asset's twin made of its readings.</summary>
[GenerateSerializer, Immutable, Alias("mt.asset-folded")]
public sealed class WireFolded
{
    [Id(0)] public required FoldOutcome[] Outcomes { get; init; }

    [Id(1)] public required Delta[] Deltas { get; init; }

    /// <summary>The asset's latest readings in the journal's form.</summary>
    [Id(2)] public required byte[] Latest { get; init; }

    /// <summary>True when it failed twice on these readings and was set aside.</summary>
    [Id(3)] public bool Faulted { get; init; }
}
