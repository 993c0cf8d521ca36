using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>
/// One edition's twins over a store and a source of applied readings, as a journal's tailer sees them. One test owns it.
/// </summary>
public interface ITwinsFixture : IAsyncDisposable
{
    /// <summary>The twins under test; others after <see cref="RestartAsync"/>.</summary>
    ITwins Twins { get; }

    /// <summary>
    /// Makes readings available as applied ones, as the tailer does after every batch. Not before: a twin must not see the
    /// readings of a batch in the journal while it folds them.
    /// </summary>
    void AddApplied(ReadOnlySpan<Reading> readings);

    /// <summary>Makes every look-up of this point's applied readings throw, or null for none.</summary>
    int? BrokenPoint { get; set; }

    /// <summary>Everything the store holds now: latest values, windows of points, totals of assets.</summary>
    ValueTask<Facts> ReadFactsAsync();

    /// <summary>Ends the twins and starts others over the same store, with the stored latest values.</summary>
    ValueTask RestartAsync();
}

/// <summary>How many loops an edition may use; it may round.</summary>
public sealed record TwinsSetup(Model Model, int Workers = 1);
