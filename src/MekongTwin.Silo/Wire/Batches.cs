using MekongTwin.Domain.Twins;

namespace MekongTwin.Silo.Wire;

/// <summary>Frames on their way from a door into a partition's journal.</summary>
[GenerateSerializer, Immutable, Alias("mt.append")]
public sealed class WireAppend
{
    /// <summary>A start of a silo.</summary>
    [Id(0)] public required long Door { get; init; }

    /// <summary>Of the door's appends to this partition.</summary>
    [Id(1)] public required long Sequence { get; init; }

    [Id(2)] public required byte[] Frames { get; init; }

    /// <summary>For a receiver: the partition's own grain knows its number.</summary>
    [Id(3)] public int Partition { get; init; }
}

/// <summary>A stretch of a partition's journal: readings in the journal's own 24-byte form.</summary>
[GenerateSerializer, Immutable, Alias("mt.partition-batch")]
public sealed class WireBatch
{
    [Id(0)] public required long From { get; init; }

    [Id(1)] public required long To { get; init; }

    [Id(2)] public required byte[] Readings { get; init; }

    /// <summary>Number of the source of each reading.</summary>
    [Id(3)] public required int[] Sources { get; init; }
}

/// <summary>What became of a batch: an outcome a reading, and which assets changed or failed on it, by number.</summary>
[GenerateSerializer, Immutable, Alias("mt.partition-applied")]
public sealed class WireApplied
{
    [Id(0)] public required FoldOutcome[] Outcomes { get; init; }

    [Id(1)] public required int[] Changed { get; init; }

    [Id(2)] public required int[] Faulted { get; init; }

    [Id(3)] public required LateOutcome[] Late { get; init; }
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

/// <summary>One asset's readings of a batch.</summary>
[GenerateSerializer, Immutable, Alias("mt.asset-share")]
public sealed class WireShare
{
    [Id(0)] public required int Partition { get; init; }

    /// <summary>Of the partition's activation: an asset that knew another one starts anew from what is stored.</summary>
    [Id(1)] public required long Epoch { get; init; }

    [Id(2)] public required long Turn { get; init; }

    [Id(3)] public required byte[] Readings { get; init; }

    /// <summary>Number of the source of each reading.</summary>
    [Id(4)] public required int[] Sources { get; init; }

    /// <summary>Where the partition lives, and the asset shall.</summary>
    [Id(5)] public required SiloAddress Home { get; init; }
}

/// <summary>How an asset's turn ended.</summary>
public enum FoldStep
{
    Done,

    /// <summary>Something of the past is to be fetched; then it goes on.</summary>
    Wanting,

    /// <summary>The asset lives on another silo than its partition. It leaves there: ask again.</summary>
    Elsewhere,
}

/// <summary>What one asset's twin made of its readings.</summary>
[GenerateSerializer, Immutable, Alias("mt.asset-folded")]
public sealed class WireFolded
{
    [Id(0)] public required FoldStep Step { get; init; }

    [Id(1)] public FoldOutcome[] Outcomes { get; init; } = [];

    /// <summary>What became of readings that had been set aside.</summary>
    [Id(2)] public LateOutcome[] Late { get; init; } = [];

    /// <summary>True while it is set aside: it wants to be called in every turn.</summary>
    [Id(3)] public bool SetAside { get; init; }

    /// <summary>What it failed with.</summary>
    [Id(4)] public string? Failure { get; init; }
}

/// <summary>A late outcome between silos.</summary>
[GenerateSerializer, Alias("mt.late-outcome")]
public struct WireLate
{
    [Id(0)] public int Source;
    [Id(1)] public FoldOutcome Outcome;
    [Id(2)] public long Count;
}

/// <summary>The Domain's type and its form on the wire.</summary>
[RegisterConverter]
public sealed class LateConverter : IConverter<LateOutcome, WireLate>
{
    public LateOutcome ConvertFromSurrogate(in WireLate surrogate) => new(surrogate.Source, surrogate.Outcome, surrogate.Count);

    public WireLate ConvertToSurrogate(in LateOutcome value) => new() { Source = value.Source, Outcome = value.Outcome, Count = value.Count };
}
