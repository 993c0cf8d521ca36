namespace MekongTwin.Engines.PowerFlow.Completion;

/// <summary>What a completion takes as given.</summary>
public sealed record CompletionOptions
{
    public static CompletionOptions Default { get; } = new();

    /// <summary>Standard deviation of a feeder's level λ: how far all that is only expected may be off together. The head all but settles it.</summary>
    public double LevelSd { get; init; } = 0.5;

    /// <summary>Standard deviation of μ, by which reactive power may be off besides.</summary>
    public double ReactiveLevelSd { get; init; } = 0.3;

    /// <summary>Head and loads contradict each other beyond so many standard deviations of what is measured: 3.29 is one in a thousand.</summary>
    public double ContradictionSd { get; init; } = 3.29;

    /// <summary>Largest change of a squared voltage, and of a feeder's losses, in the last pass, pu.</summary>
    public double TolerancePu { get; init; } = 1e-10;

    public int MaxIterations { get; init; } = 50;
}
