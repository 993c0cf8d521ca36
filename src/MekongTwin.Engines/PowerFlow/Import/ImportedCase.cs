namespace MekongTwin.Engines.PowerFlow.Import;

/// <summary>A network from a file, and what its reader should be told.</summary>
/// <param name="Name">The case's own name.</param>
/// <param name="Network">Buses and branches in the file's order.</param>
/// <param name="Notes">What was passed over or read in a way that is worth a line, each with file and line.</param>
public sealed record ImportedCase(string Name, Network Network, IReadOnlyList<string> Notes);
