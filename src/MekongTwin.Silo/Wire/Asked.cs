namespace MekongTwin.Silo.Wire;

/// <summary>What became of a scenario that was asked for: a study, or why it is refused.</summary>
[GenerateSerializer, Immutable, Alias("mt.study-asked")]
public sealed class WireAsked
{
    /// <summary>As it is shown, JSON.</summary>
    [Id(0)] public byte[]? Study { get; init; }

    [Id(1)] public string? Refused { get; init; }
}
