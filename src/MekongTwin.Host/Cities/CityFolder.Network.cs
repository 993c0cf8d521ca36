using System.Collections.Immutable;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Host.Cities;

/// <summary>The network between feeders and transformers: conductors, nodes, lines. It must be radial as its switches normally stand.</summary>
internal sealed partial class CityFolder
{
    /// <summary>The network; null when the folder describes none, or not well enough to follow it.</summary>
    private Network? ReadNetwork(List<Fields> grids)
    {
        var before = _errors.Count;
        var conductors = grids.SelectMany(grid => grid.List("conductors")).Select(item => ReadConductor(new(item, _errors))).ToImmutableArray();
        var heads = _assets.Where(asset => asset.Kind == AssetKind.Feeder && IsOfThisCity(asset)).Select(feeder => new NetworkNode(feeder.Id.Path[(_city.Length + 1)..]) { Head = feeder.Number, NominalKv = _kvOfFeeder.TryGetValue(feeder.Number, out var kv) ? kv : null });
        var nodes = ImmutableArray.CreateBuilder<NetworkNode>();
        foreach (var head in heads)
        {
            _nodeNumbers[head.Id] = nodes.Count;
            nodes.Add(head);
        }
        foreach (var item in grids.SelectMany(grid => grid.List("nodes"))) nodes.Add(ReadNode(new(item, _errors), nodes.Count));
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in grids.SelectMany(grid => grid.List("lines"))) ReadLine(new(item, _errors), names);
        if (_errors.Count > before || _lines.Count == 0 || _incomplete.Contains(AssetKind.Feeder)) return null;
        var network = new Network(_city, conductors, nodes.ToImmutable(), [.. _lines.Select(line => line.Line)]);
        var trace = network.Trace();
        foreach (var loop in trace.Loops) _errors.Add(_lines[loop].At, LoopMistake(network.Lines[loop], trace));
        if (trace.Loops.IsEmpty) _trace = trace;
        WarnOfWhatIsNotFed(network, trace);
        return network;
    }

    private string LoopMistake(NetworkLine line, NetworkTrace trace)
    {
        string Feeder(int node) => _assets[trace.FeederOfNode[node]].Id.Path[(_city.Length + 1)..];
        var (from, to) = (Feeder(line.From), Feeder(line.To));
        return from == to
            ? $"'{line.Id}' closes a loop of {from} with the switches as they normally stand; one line of it needs \"switch\": \"open\""
            : $"'{line.Id}' joins {from} and {to} with the switches as they normally stand; a line between them needs \"switch\": \"open\"";
    }

    private void WarnOfWhatIsNotFed(Network network, NetworkTrace trace)
    {
        foreach (var (line, at) in _lines)
        {
            if (line.Switch != NormalState.Open && trace.FeederOfNode[line.To] < 0) _errors.Warn(at, $"no feeder feeds '{network.Nodes[line.To].Id}'");
        }
    }

    private Conductor ReadConductor(Fields fields)
    {
        var conductor = new Conductor(fields.Text("id"), fields.Number("rOhmPerKm", 0.001, 10), fields.Number("xOhmPerKm", 0.001, 10), fields.Number("ratingA", 1, 5000));
        if (!_conductorNumbers.TryAdd(conductor.Id, _conductorNumbers.Count)) _errors.Add(fields.Json, $"conductor '{conductor.Id}' is there already");
        fields.RefuseUnknown("note", "assumed");
        return conductor;
    }

    private NetworkNode ReadNode(Fields fields, int number)
    {
        var node = new NetworkNode(fields.Text("id")) { Longitude = fields.OptionalNumber("lon", -180, 180), Latitude = fields.OptionalNumber("lat", -90, 90) };
        if (!_nodeNumbers.TryAdd(node.Id, number)) _errors.Add(fields.Json, $"node '{node.Id}' is there already{(_numbers.ContainsKey(node.Id) ? ", as a feeder's head" : "")}");
        fields.RefuseUnknown("note", "assumed");
        return node;
    }

    private void ReadLine(Fields fields, HashSet<string> names)
    {
        var id = fields.Text("id");
        if (!names.Add(id)) _errors.Add(fields.Json, $"line '{id}' is there already");
        var (from, to) = (NodeReference(fields, "from"), NodeReference(fields, "to"));
        if (from >= 0 && from == to) _errors.Add(fields.Json, $"'{id}' leads from '{fields.Text("from")}' to itself");
        var conductor = NamedReference(fields, "conductor", "conductor", _conductorNumbers);
        var normal = fields.Text("switch", required: false);
        if (normal is not ("" or "open" or "closed")) _errors.Add(fields.Find("switch")!, $"'{normal}' is not open or closed{Nearest.Suggest(normal, ["open", "closed"])}");
        var state = normal switch { "open" => NormalState.Open, "closed" => NormalState.Closed, _ => NormalState.None };
        _lines.Add((new(id, from, to, fields.Number("lengthKm", 0.001, 200), conductor, state), fields.Json));
        fields.RefuseUnknown("note", "assumed");
    }

    /// <summary>Number of the node that a field names, -1 with an error when there is none; a feeder names its head.</summary>
    private int NodeReference(Fields fields, string name, bool isComplete = true) =>
        isComplete && !_incomplete.Contains(AssetKind.Feeder) ? NamedReference(fields, name, "node", _nodeNumbers) : _nodeNumbers.GetValueOrDefault(fields.Text(name), -1);

    private int NamedReference(Fields fields, string name, string what, Dictionary<string, int> numbers)
    {
        var id = fields.Text(name);
        if (id.Length == 0) return -1;
        if (numbers.TryGetValue(id, out var number)) return number;
        _errors.Add(fields.Find(name)!, $"no {what} '{id}'{Nearest.Suggest(id, numbers.Keys)}");
        return -1;
    }
}
