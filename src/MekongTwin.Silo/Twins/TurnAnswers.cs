using System.Collections.Concurrent;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Twins;

/// <summary>What the assets of a partition made of the turn under way. Thread-safe: they are at it at the same time.</summary>
internal sealed class TurnAnswers
{
    // Null while the asset is at it.
    private readonly ConcurrentDictionary<int, WireFolded?> _answers = new();
    private long _number;

    /// <summary>The next turn: what is asked of an earlier one came late.</summary>
    public void Begin(long number)
    {
        Volatile.Write(ref _number, number);
        _answers.Clear();
    }

    public bool IsUnderWay(long number) => Volatile.Read(ref _number) == number;

    /// <summary>False when the asset has begun its share already.</summary>
    public bool TryBegin(int asset) => _answers.TryAdd(asset, null);

    public void Done(int asset, WireFolded answer) => _answers[asset] = answer;

    /// <summary>Null while the asset is not done.</summary>
    public WireFolded? Of(int asset) => _answers.GetValueOrDefault(asset);
}
