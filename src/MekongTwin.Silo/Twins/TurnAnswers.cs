using System.Collections.Concurrent;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Twins;

/// <summary>What the assets of a partition made of one turn. Thread-safe: they are at it at the same time.</summary>
/// <param name="number">Of the turn.</param>
internal sealed class TurnAnswers(long number)
{
    // Null while the asset is at it.
    private readonly ConcurrentDictionary<int, WireFolded?> _answers = new();

    public long Number => number;

    /// <summary>False when the asset has begun its share already.</summary>
    public bool TryBegin(int asset) => _answers.TryAdd(asset, null);

    public void Done(int asset, WireFolded answer) => _answers[asset] = answer;

    /// <summary>Null while the asset is not done.</summary>
    public WireFolded? Of(int asset) => _answers.GetValueOrDefault(asset);
}
