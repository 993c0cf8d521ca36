namespace MekongTwin.Engines.PowerFlow.Import;

/// <summary>A bus of a file and the bus of the network it became; closed switches make several the same.</summary>
/// <param name="Number">Its number in the file.</param>
/// <param name="Bus">Index of the network's bus.</param>
/// <param name="InService">False where the file takes it out, though others of the same bus may be in.</param>
public readonly record struct BusRow(int Number, int Bus, bool InService);

/// <summary>A network from a file, and what its reader should be told.</summary>
/// <param name="Name">The case's own name.</param>
/// <param name="Network">Buses and branches in the file's order.</param>
/// <param name="Notes">What was passed over or read in a way that is worth a line, each with file and line.</param>
public sealed record ImportedCase(string Name, Network Network, IReadOnlyList<string> Notes)
{
    /// <summary>The file's buses in its own order.</summary>
    public required IReadOnlyList<BusRow> Rows { get; init; }

    /// <summary>Ids of the network's buses, where its source has any besides numbers.</summary>
    public IReadOnlyList<string>? BusIds { get; init; }

    /// <summary>Ids of the network's branches, likewise.</summary>
    public IReadOnlyList<string>? BranchIds { get; init; }
}
