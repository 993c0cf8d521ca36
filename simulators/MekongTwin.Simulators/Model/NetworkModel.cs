using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>A line of the network by the numbers of its nodes; resistance and reactance in Ω.</summary>
internal sealed record LineModel(int From, int To, double ROhm, double XOhm, bool IsSwitched, bool IsNormallyOpen);

/// <summary>
/// The medium-voltage network as it is built. The first nodes are the heads of the feeders, in the order of the file. Without lines
/// every transformer hangs at the head of its feeder.
/// </summary>
internal sealed class NetworkModel
{
    private readonly Dictionary<string, int> _nodes = new(StringComparer.Ordinal);
    private readonly List<int>[] _linesOf;
    private readonly int[] _feederOf;

    public NetworkModel(GridFile grid)
    {
        Feeders = grid.Feeders.Count;
        foreach (var id in grid.Feeders.Select(feeder => feeder.Id).Concat(grid.Nodes.Select(node => node.Id))) _nodes.TryAdd(id, _nodes.Count);
        var conductors = grid.Conductors.ToDictionary(conductor => conductor.Id, StringComparer.Ordinal);
        Lines = [.. grid.Lines.Select(line => MakeLine(line, conductors))];
        _linesOf = [.. Enumerable.Range(0, _nodes.Count).Select(_ => new List<int>())];
        for (var line = 0; line < Lines.Count; line++)
        {
            _linesOf[Lines[line].From].Add(line);
            _linesOf[Lines[line].To].Add(line);
        }
        NormalTrees = [.. Enumerable.Range(0, Feeders).Select(feeder => Trace(feeder, line => !Lines[line].IsNormallyOpen))];
        _feederOf = Enumerable.Repeat(-1, _nodes.Count).ToArray();
        for (var feeder = 0; feeder < Feeders; feeder++)
        {
            foreach (var node in NormalTrees[feeder].Nodes) _feederOf[node] = feeder;
        }
    }

    public int Feeders { get; }

    public int Nodes => _nodes.Count;

    public IReadOnlyList<LineModel> Lines { get; }

    /// <summary>What each feeder feeds with the switches as they normally stand.</summary>
    public IReadOnlyList<FeederTree> NormalTrees { get; }

    /// <summary>The node a transformer is at; the head of its feeder where the folder names no node.</summary>
    public int NodeOf(TransformerFile transformer)
    {
        var id = transformer.Node.Length > 0 ? transformer.Node : transformer.Feeder;
        return _nodes.TryGetValue(id, out var node) ? node : throw new InvalidDataException($"grid.json: {transformer.Id} refers to {id}, which is not there.");
    }

    /// <summary>The feeder that normally feeds a node, or -1.</summary>
    public int FeederOf(int node) => _feederOf[node];

    /// <summary>What a feeder feeds over the lines that are closed.</summary>
    public FeederTree Trace(int feeder, Predicate<int> isClosed)
    {
        List<int> nodes = [feeder], fedFrom = [-1], lines = [-1], sections = [0];
        for (var at = 0; at < nodes.Count; at++)
        {
            foreach (var line in _linesOf[nodes[at]])
            {
                if (line == lines[at] || !isClosed(line)) continue;
                nodes.Add(Lines[line].From == nodes[at] ? Lines[line].To : Lines[line].From);
                fedFrom.Add(at);
                lines.Add(line);
                sections.Add(sections[at] + (Lines[line].IsSwitched ? 1 : 0));
                if (nodes.Count > _nodes.Count) throw new InvalidDataException("grid.json: the lines that are normally closed are not radial; `check` says where.");
            }
        }
        return new([.. nodes], [.. fedFrom], [.. lines], [.. sections]);
    }

    private LineModel MakeLine(LineFile file, Dictionary<string, ConductorFile> conductors)
    {
        if (!conductors.TryGetValue(file.Conductor, out var conductor)) throw new InvalidDataException($"grid.json: {file.Id} refers to {file.Conductor}, which is not there.");
        int Node(string id) => _nodes.TryGetValue(id, out var node) ? node : throw new InvalidDataException($"grid.json: {file.Id} refers to {id}, which is not there.");
        return new(Node(file.From), Node(file.To), conductor.ROhmPerKm * file.LengthKm, conductor.XOhmPerKm * file.LengthKm, file.Switch.Length > 0, file.Switch == "open");
    }
}
