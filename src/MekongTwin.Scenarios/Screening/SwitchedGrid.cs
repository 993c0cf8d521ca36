using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using GridNetwork = MekongTwin.Engines.PowerFlow.Network;

namespace MekongTwin.Scenarios.Screening;

/// <summary>A line that can be switched, between two sections.</summary>
internal readonly record struct Link(int Line, int A, int B, bool Closed);

/// <summary>
/// A city's grid as its switches part it: a section is what no switch parts, a link is a line that can be switched, between two sections.
/// A line that leaves a head has the feeder's breaker at its beginning; the head itself is a section.
/// </summary>
internal sealed class SwitchedGrid
{
    private readonly int[] sectionOf;
    private readonly int[] sectionOfLine;
    private readonly List<int>[] linesOf;
    private readonly List<int>[] transformersOf;

    /// <param name="grid">The city's grid.</param>
    /// <param name="network">The same in the switch state that is studied; radial.</param>
    public SwitchedGrid(CityGrid grid, GridNetwork network)
    {
        (Grid, Network) = (grid, network);
        var (nodes, lines, inService) = (grid.City.Nodes.Length, grid.City.Lines, network.Branches.InService);
        (linesOf, transformersOf) = ([.. Enumerable.Range(0, nodes).Select(static _ => new List<int>())], [.. Enumerable.Range(0, nodes).Select(static _ => new List<int>())]);
        for (var line = 0; line < lines.Length; line++)
        {
            linesOf[lines[line].From].Add(line);
            if (lines[line].To != lines[line].From) linesOf[lines[line].To].Add(line);
        }
        for (var t = 0; t < grid.Transformers.Length; t++) transformersOf[grid.City.NodeOfTransformer[grid.Transformers[t]]].Add(t);

        sectionOf = Enumerable.Repeat(-1, nodes).ToArray();
        var sections = new List<int[]>();
        for (var node = 0; node < nodes; node++)
        {
            if (sectionOf[node] < 0) sections.Add(Gather(node, sections.Count));
        }
        NodesOf = [.. sections];
        sectionOfLine = [.. lines.Select(line => IsHead(line.To) ? IsHead(line.From) || line.Switch != NormalState.None ? -1 : sectionOf[line.From] : sectionOf[line.To])];
        Links = [.. Enumerable.Range(0, lines.Length).Where(k => IsLink(k) && sectionOf[lines[k].From] != sectionOf[lines[k].To] && (inService[k] || lines[k].Switch != NormalState.None)).Select(k => new Link(k, sectionOf[lines[k].From], sectionOf[lines[k].To], inService[k]))];
        FeederOf = Feeders();
    }

    public CityGrid Grid { get; }

    public GridNetwork Network { get; }

    /// <summary>Nodes of each section.</summary>
    public int[][] NodesOf { get; }

    /// <summary>Feeder, by its position, that feeds each section; −1 for one that nothing feeds.</summary>
    public int[] FeederOf { get; }

    public Link[] Links { get; }

    public int SectionOfHead(int feeder) => sectionOf[Grid.Heads[feeder]];

    public int FeederOfNode(int node) => FeederOf[sectionOf[node]];

    /// <summary>The section that a line's conductor hangs from and a fault of it takes out; −1 for one between a switch and a breaker, which is alone. A switch stands at the beginning of its line.</summary>
    public int SectionOfLine(int line) => sectionOfLine[line];

    /// <summary>Buses of a section: its nodes and the low-voltage sides of their transformers.</summary>
    public IEnumerable<int> BusesOf(int section) => NodesOf[section].SelectMany(node => transformersOf[node].Select(Grid.BusOf).Prepend(node));

    /// <summary>What a head feeds over closed links, each bus after the one that feeds it, with the branch to it.</summary>
    /// <exception cref="InvalidOperationException">The links close a ring.</exception>
    public List<(int Bus, int Branch)> Outward(int feeder, IReadOnlySet<int> closed)
    {
        var (lines, inService) = (Grid.City.Lines, Network.Branches.InService);
        List<(int Bus, int Branch)> outward = [(Grid.Heads[feeder], -1)];
        var seen = new HashSet<int> { Grid.Heads[feeder] };
        for (var at = 0; at < outward.Count; at++)
        {
            var (node, through) = outward[at];
            if (node >= Grid.City.Nodes.Length) continue;
            foreach (var line in linesOf[node])
            {
                if (line == through || !(IsLink(line) ? closed.Contains(line) : inService[line])) continue;
                var far = lines[line].From == node ? lines[line].To : lines[line].From;
                if (!seen.Add(far)) throw new InvalidOperationException($"Line {lines[line].Id} closes a ring.");
                outward.Add((far, line));
            }
            foreach (var t in transformersOf[node]) outward.Add((Grid.BusOf(t), Grid.BranchOf(t)));
        }
        return outward;
    }

    private bool IsHead(int node) => Grid.City.Nodes[node].Head >= 0;

    private bool IsLink(int line) => Grid.City.Lines[line] is var of && (of.Switch != NormalState.None || IsHead(of.From) || IsHead(of.To));

    private int[] Gather(int first, int section)
    {
        List<int> nodes = [first];
        sectionOf[first] = section;
        for (var at = 0; at < nodes.Count; at++)
        {
            foreach (var line in linesOf[nodes[at]])
            {
                if (IsLink(line) || !Network.Branches.InService[line]) continue;
                var far = Grid.City.Lines[line].From == nodes[at] ? Grid.City.Lines[line].To : Grid.City.Lines[line].From;
                if (sectionOf[far] >= 0) continue;
                sectionOf[far] = section;
                nodes.Add(far);
            }
        }
        return [.. nodes];
    }

    private int[] Feeders()
    {
        var feederOf = Enumerable.Repeat(-1, NodesOf.Length).ToArray();
        var closed = Links.Where(static link => link.Closed).Select(static link => link.Line).ToHashSet();
        for (var f = 0; f < Grid.Heads.Length; f++)
        {
            foreach (var (bus, _) in Outward(f, closed).Where(pair => pair.Bus < Grid.City.Nodes.Length)) feederOf[sectionOf[bus]] = f;
        }
        return feederOf;
    }
}
