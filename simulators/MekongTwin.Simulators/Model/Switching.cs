namespace MekongTwin.Simulators.Model;

/// <summary>
/// A tail of one feeder that its neighbour feeds for some hours: <see cref="OpenedLine"/> is opened and <see cref="Tie"/> closed.
/// </summary>
internal sealed record Transfer(int Tie, int OpenedLine, int From, int To, int Direction);

/// <summary>
/// Switching that nobody reports: now and then, for some hours, a tie is closed and a section switch opened, so that the tail
/// of a feeder hangs on its neighbour. The twin's model does not know; its balances show it. One transfer at a time for a feeder.
/// </summary>
internal sealed class Switching
{
    private const long DayMs = 86_400_000;

    /// <summary>A tie is used on one day in so many.</summary>
    private const double DaysBetween = 90;

    private readonly NetworkModel _network;
    private readonly List<(Noise Noise, Transfer[] Transfers)> _ties = [];
    private readonly Dictionary<(int Feeder, Transfer Transfer), FeederTree> _trees = [];

    public Switching(NetworkModel network, long seed, string city)
    {
        _network = network;
        for (var line = 0; line < network.Lines.Count; line++)
        {
            if (!network.Lines[line].IsNormallyOpen) continue;
            Transfer?[] both = [Tail(line, network.Lines[line].From, network.Lines[line].To, 0), Tail(line, network.Lines[line].To, network.Lines[line].From, 1)];
            Transfer[] possible = [.. both.OfType<Transfer>()];
            if (possible.Length > 0) _ties.Add((Noise.For(seed, $"{city}/tie/{line}"), possible));
        }
    }

    /// <summary>The transfers at an instant.</summary>
    public IReadOnlyList<Transfer> At(long timeMs)
    {
        List<Transfer>? active = null;
        var day = Math.DivRem(timeMs, DayMs, out var restMs);
        foreach (var (noise, possible) in _ties)
        {
            if (noise.Block(day, 0) >= 1 / DaysBetween) continue;
            var hours = restMs / 3_600_000.0;
            var begin = 18 * noise.Block(day, 1);
            if (hours < begin || hours >= begin + 2 + 4 * noise.Block(day, 2)) continue;
            var transfer = possible[(int)(possible.Length * noise.Block(day, 3))];
            if (active?.Any(other => other.From == transfer.From || other.To == transfer.From || other.From == transfer.To || other.To == transfer.To) == true) continue;
            (active ??= []).Add(transfer);
        }
        return active ?? [];
    }

    /// <summary>What a feeder feeds while these transfers hold.</summary>
    public FeederTree TreeAt(int feeder, IReadOnlyList<Transfer> transfers)
    {
        foreach (var transfer in transfers)
        {
            if (transfer.From != feeder && transfer.To != feeder) continue;
            if (!_trees.TryGetValue((feeder, transfer), out var tree))
            {
                tree = _network.Trace(feeder, line => line == transfer.Tie || (line != transfer.OpenedLine && !_network.Lines[line].IsNormallyOpen));
                _trees.Add((feeder, transfer), tree);
            }
            return tree;
        }
        return _network.NormalTrees[feeder];
    }

    /// <summary>The transfer of the tail that ends at a tie, or null where no switch cuts it off.</summary>
    private Transfer? Tail(int tie, int end, int neighbour, int direction)
    {
        var (from, to) = (_network.FeederOf(end), _network.FeederOf(neighbour));
        if (from < 0 || to < 0 || from == to) return null;
        var tree = _network.NormalTrees[from];
        for (var at = Array.IndexOf(tree.Nodes, end); at > 0; at = tree.FedFrom[at])
        {
            if (_network.Lines[tree.Lines[at]].IsSwitched) return new(tie, tree.Lines[at], from, to, direction);
        }
        return null;
    }
}
