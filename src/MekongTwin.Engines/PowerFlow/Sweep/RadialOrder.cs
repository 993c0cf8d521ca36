using System.Globalization;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The served buses of a radial network in breadth-first order: sources first, every other bus after the one that feeds it.
/// It depends on which branches are in service alone, so one order serves every load.</summary>
public sealed class RadialOrder
{
    private RadialOrder(int[] buses, int[] parents, int[] branches, int sources)
    {
        (Buses, Parents, Branches, Sources) = (buses, parents, branches, sources);
        (Entry, Size) = Nest(parents, sources);
        ByEntry = new int[buses.Length];
        for (var k = 0; k < buses.Length; k++) ByEntry[Entry[k]] = k;
    }

    /// <summary>Served buses in all.</summary>
    public int Count => Buses.Length;

    /// <summary>How many of them, the first ones, are sources.</summary>
    public int Sources { get; }

    /// <summary>Bus index at each place.</summary>
    public int[] Buses { get; }

    /// <summary>Place of the bus that feeds the one at each place; −1 for a source.</summary>
    public int[] Parents { get; }

    /// <summary>Branch index through which it is fed; −1 for a source.</summary>
    public int[] Branches { get; }

    /// <summary>Number of each place in depth-first order: what a place feeds, itself included, has the numbers from its own on,
    /// <see cref="Size"/> of them.</summary>
    internal int[] Entry { get; }

    internal int[] Size { get; }

    /// <summary>Place at each depth-first number.</summary>
    internal int[] ByEntry { get; }

    /// <summary>The order of a network; null with a reason naming the elements when it is not radial.</summary>
    public static RadialOrder? Of(Network network, out string? reason)
    {
        var (buses, branches) = (network.Buses, network.Branches);
        var (starts, neighbours) = Adjacency(network);
        var place = new int[buses.Count];
        Array.Fill(place, -1);
        List<int> order = [], parents = [], through = [];
        for (var i = 0; i < buses.Count; i++)
        {
            if (buses.Type[i] == BusType.Slack) Append(i, -1, -1);
        }
        var sources = order.Count;
        for (var k = 0; k < order.Count; k++)
        {
            for (var a = starts[order[k]]; a < starts[order[k] + 1]; a++)
            {
                var branch = neighbours[a];
                if (branch == through[k]) continue;
                var other = branches.From[branch] == order[k] ? branches.To[branch] : branches.From[branch];
                if (place[other] >= 0)
                {
                    reason = Ring(network, parents, through, order, k, place[other], branch);
                    return null;
                }
                Append(other, k, branch);
            }
        }
        reason = null;
        return new RadialOrder([.. order], [.. parents], [.. through], sources);

        void Append(int bus, int parent, int branch)
        {
            place[bus] = order.Count;
            order.Add(bus);
            parents.Add(parent);
            through.Add(branch);
        }
    }

    /// <summary>Branches in service at each bus, one bus after the other.</summary>
    private static (int[] Starts, int[] Branches) Adjacency(Network network)
    {
        var (buses, branches) = (network.Buses, network.Branches);
        var starts = new int[buses.Count + 1];
        for (var k = 0; k < branches.Count; k++)
        {
            if (!Joins(k)) continue;
            starts[branches.From[k] + 1]++;
            starts[branches.To[k] + 1]++;
        }
        for (var i = 0; i < buses.Count; i++) starts[i + 1] += starts[i];
        var list = new int[starts[^1]];
        var next = starts.AsSpan(0, buses.Count).ToArray();
        for (var k = 0; k < branches.Count; k++)
        {
            if (!Joins(k)) continue;
            list[next[branches.From[k]]++] = k;
            list[next[branches.To[k]]++] = k;
        }
        return (starts, list);

        bool Joins(int k) => branches.InService[k] && buses.Type[branches.From[k]] != BusType.Isolated && buses.Type[branches.To[k]] != BusType.Isolated;
    }

    private static string Ring(Network network, List<int> parents, List<int> through, List<int> order, int a, int b, int closing)
    {
        List<int> ring = [closing];
        while (a != b)
        {
            // Parents stand before their children, so the later of the two is never an ancestor of the other.
            ref var deeper = ref a > b ? ref a : ref b;
            if (parents[deeper] < 0)
            {
                ring.Sort();
                var numbers = network.Buses.Number;
                return string.Create(CultureInfo.InvariantCulture, $"sources {numbers[order[Math.Min(a, b)]]} and {numbers[order[Math.Max(a, b)]]} are joined by branches {Listed(ring)}");
            }
            ring.Add(through[deeper]);
            deeper = parents[deeper];
        }
        ring.Sort();
        return $"branches {Listed(ring)} form a ring";
    }

    /// <summary>Positions as in the network's list, from 1; of a long ring the first ones.</summary>
    private static string Listed(List<int> branches)
    {
        const int Most = 30;
        var numbers = string.Join(", ", branches.Take(Most).Select(static k => (k + 1).ToString(CultureInfo.InvariantCulture)));
        return branches.Count <= Most ? numbers : string.Create(CultureInfo.InvariantCulture, $"{numbers} and {branches.Count - Most} more");
    }

    private static (int[] Entry, int[] Size) Nest(int[] parents, int sources)
    {
        var (entry, size) = (new int[parents.Length], new int[parents.Length]);
        for (var k = parents.Length - 1; k >= 0; k--)
        {
            size[k]++;
            if (parents[k] >= 0) size[parents[k]] += size[k];
        }
        var next = new int[parents.Length];
        var start = 0;
        for (var k = 0; k < parents.Length; k++)
        {
            if (k < sources)
            {
                entry[k] = start;
                start += size[k];
            }
            else
            {
                entry[k] = next[parents[k]];
                next[parents[k]] += size[k];
            }
            next[k] = entry[k] + 1;
        }
        return (entry, size);
    }
}
