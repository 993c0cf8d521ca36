namespace MekongTwin.Silo.Twins;

/// <summary>What was asked for is in the database and not in memory: it is noted, to be fetched before it is asked for again.</summary>
internal sealed class NotAtHandException() : Exception("Stored facts that are needed are not in memory yet.");
