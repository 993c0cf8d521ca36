using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Silo.Storage;

/// <summary>What changed in a partition between two offsets of its journal: committed whole or not at all.</summary>
internal sealed class FactsChange
{
    public required int Partition { get; init; }

    /// <summary>Of the writer.</summary>
    public required long Epoch { get; init; }

    /// <summary>The commit before this one.</summary>
    public required long Revision { get; init; }

    /// <summary>The offset that the facts stand for with this change.</summary>
    public required long Applied { get; init; }

    public required byte[] Doors { get; init; }

    public List<(int Asset, byte[] Body)> States { get; } = [];

    /// <summary>An empty body takes the row away.</summary>
    public List<(int Asset, long StartUs, byte[] Body)> Windows { get; } = [];

    /// <summary>What to add to totals.</summary>
    public List<AssetWindow> Totals { get; } = [];

    public List<(int Source, byte[] Body)> Ledger { get; } = [];

    public List<QuarantineChange> Quarantine { get; } = [];

    public List<RunPart> Runs { get; } = [];
}

/// <summary>A kind of thing in quarantine: what its count rises or falls by, and the newest of it.</summary>
internal sealed record QuarantineChange(Refusal Reason, int Source, string Topic, string Name)
{
    public long Count { get; set; }

    public long FirstUs { get; set; } = long.MaxValue;

    public long LastUs { get; set; } = long.MinValue;

    public long FirstOffset { get; init; }

    public byte[] Sample { get; set; } = [];

    public long SampleTimeUs { get; set; }
}

/// <summary>Readings of a few points of a stretch of the journal, sorted by point and time.</summary>
internal readonly record struct RunPart(long UptoOffset, int Part, int FirstPoint, int LastPoint, long FirstUs, long LastUs, byte[] Readings);
