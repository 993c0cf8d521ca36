using System.Collections.Immutable;

namespace MekongTwin.Domain.Assets;

/// <summary>A type of line. Resistance at 20 °C and reactance in Ω/km, thermal rating in A.</summary>
public sealed record Conductor(string Id, double ROhmPerKm, double XOhmPerKm, double RatingA);

/// <summary>A place of the medium-voltage network: a pole, a ring main unit, or the head of a feeder at its busbar.</summary>
public sealed record NetworkNode(string Id)
{
    /// <summary>Number of the feeder whose head this is, or -1.</summary>
    public int Head { get; init; } = -1;

    /// <summary>Nominal voltage of a head, kV; null where it is not stated.</summary>
    public double? NominalKv { get; init; }

    public double? Longitude { get; init; }

    public double? Latitude { get; init; }
}

/// <summary>Classes of customers, as tariffs know them. Names in files are the lower-camel form.</summary>
public enum CustomerClass
{
    Household,
    Commercial,
    Hotel,
    Industrial,
    StreetLight,
    Pumping,
}

/// <summary>A switch at the beginning of a line, as it normally stands.</summary>
public enum NormalState
{
    /// <summary>There is none.</summary>
    None,
    Closed,
    Open,
}

/// <summary>A line between two nodes, by their numbers and that of its conductor.</summary>
public sealed record NetworkLine(string Id, int From, int To, double LengthKm, int Conductor, NormalState Switch);

/// <summary>
/// The medium-voltage network of a city as it is built: positions in the arrays are the numbers. What feeds what follows
/// from the switches (<see cref="Trace"/>).
/// </summary>
public sealed record Network(string City, ImmutableArray<Conductor> Conductors, ImmutableArray<NetworkNode> Nodes, ImmutableArray<NetworkLine> Lines)
{
    /// <summary>Node of each transformer, by the asset's number.</summary>
    public ImmutableDictionary<int, int> NodeOfTransformer { get; init; } = ImmutableDictionary<int, int>.Empty;

    /// <summary>Customers of each transformer in the order of <see cref="CustomerClass"/>, by the asset's number; only where their classes are known.</summary>
    public ImmutableDictionary<int, ImmutableArray<int>> CustomersOfTransformer { get; init; } = ImmutableDictionary<int, ImmutableArray<int>>.Empty;

    /// <summary>Customers of a transformer in the order of <see cref="CustomerClass"/>: those whose classes are known, else all of them as households; empty where their number is not known either.</summary>
    public ImmutableArray<int> CustomersOf(Asset transformer) => CustomersOfTransformer.GetValueOrDefault(transformer.Number, transformer.Customers > 0 ? [transformer.Customers] : []);

    /// <summary>What each feeder feeds with the switches as they normally stand.</summary>
    public NetworkTrace Trace() => Trace(line => Lines[line].Switch != NormalState.Open);

    /// <summary>What each feeder feeds over the lines that are closed, found outward from the heads, in the order of nodes and lines.</summary>
    public NetworkTrace Trace(Predicate<int> isClosed)
    {
        var linesOf = LinesOfNodes();
        var feederOf = Enumerable.Repeat(-1, Nodes.Length).ToArray();
        var lineTo = Enumerable.Repeat(-1, Nodes.Length).ToArray();
        var order = new List<int>();
        var loops = ImmutableArray.CreateBuilder<int>();
        var seen = new bool[Lines.Length];
        for (var node = 0; node < Nodes.Length; node++)
        {
            if (Nodes[node].Head < 0) continue;
            feederOf[node] = Nodes[node].Head;
            order.Add(node);
        }
        for (var at = 0; at < order.Count; at++)
        {
            foreach (var line in linesOf[order[at]])
            {
                if (seen[line] || !isClosed(line)) continue;
                seen[line] = true;
                var far = Lines[line].From == order[at] ? Lines[line].To : Lines[line].From;
                if (feederOf[far] >= 0)
                {
                    loops.Add(line);
                    continue;
                }
                feederOf[far] = feederOf[order[at]];
                lineTo[far] = line;
                order.Add(far);
            }
        }
        return new([.. feederOf], [.. lineTo], [.. order], loops.ToImmutable());
    }

    private List<int>[] LinesOfNodes()
    {
        var lines = new List<int>[Nodes.Length];
        for (var node = 0; node < lines.Length; node++) lines[node] = [];
        for (var line = 0; line < Lines.Length; line++)
        {
            lines[Lines[line].From].Add(line);
            if (Lines[line].To != Lines[line].From) lines[Lines[line].To].Add(line);
        }
        return lines;
    }
}

/// <summary>
/// Which feeder feeds a node (its asset's number, -1: none) and over which line (-1 at a head); <see cref="Outward"/> lists
/// the nodes that are fed, each after the one that it is fed from. A network without <see cref="Loops"/> is radial: each of
/// these lines joins two nodes that are fed already.
/// </summary>
public sealed record NetworkTrace(ImmutableArray<int> FeederOfNode, ImmutableArray<int> LineToNode, ImmutableArray<int> Outward, ImmutableArray<int> Loops);
