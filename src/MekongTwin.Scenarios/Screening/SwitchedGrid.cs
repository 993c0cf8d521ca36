using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Scenarios.Levers;
using GridNetwork = MekongTwin.Engines.PowerFlow.Network;

namespace MekongTwin.Scenarios.Screening;

/// <summary>A line of the medium voltage by its branch and the buses of its ends; a switch stands at its beginning.</summary>
internal readonly record struct GridLine(int Branch, int From, int To, NormalState Switch, double LengthKm);

/// <summary>A transformer by its branch, the node where it stands and the bus of its low-voltage side.</summary>
internal readonly record struct GridTransformer(int Branch, int Node, int Bus);

/// <summary>A line that can be switched, by its branch, between two sections.</summary>
internal readonly record struct Link(int Line, int A, int B, bool Closed);

/// <summary>
/// A city's grid as its switches part it: a section is what no switch parts, a link is a line that can be switched, between two sections.
/// A line that leaves a head has the feeder's breaker at its beginning; the head itself is a section.
/// </summary>
internal sealed class SwitchedGrid
{
    private readonly Dictionary<int, int> sectionOf = [];
    private readonly Dictionary<int, int> sectionOfLine;
    private readonly ILookup<int, GridLine> linesOf;
    private readonly ILookup<int, GridTransformer> transformersOf;

    /// <param name="elements">The city.</param>
    /// <param name="grid">Its grid in the switch state that is studied, with what levers add; radial.</param>
    /// <param name="levers">Those of the scenario.</param>
    public SwitchedGrid(CityElements elements, ScenarioGrid grid, IReadOnlyList<Lever> levers)
    {
        Network = grid.Network;
        var (city, own) = (elements.Grid.City, elements.Grid);
        var (buses, branches) = (Network.Buses.Count - grid.Added.Length, Network.Branches.Count - grid.Added.Length);
        var added = grid.Added.Select((addition, i) => (addition.IsLine, addition.Node, Bus: buses + i, Branch: branches + i, Lever: levers[addition.Lever]));
        Lines =
        [
            .. city.Lines.Select(static (line, k) => new GridLine(k, line.From, line.To, line.Switch, line.LengthKm)),
            .. added.Where(static of => of.IsLine).Select(static of => new GridLine(of.Branch, of.Bus, of.Node, NormalState.None, ((NewFeeder)of.Lever).LengthKm)),
        ];
        Transformers =
        [
            .. Enumerable.Range(0, own.Transformers.Length).Select(t => new GridTransformer(own.BranchOf(t), city.NodeOfTransformer[own.Transformers[t]], own.BusOf(t))),
            .. added.Where(static of => !of.IsLine).Select(static of => new GridTransformer(of.Branch, of.Node, of.Bus)),
        ];
        Heads = [.. Enumerable.Range(0, Network.Buses.Count).Where(IsHead)];
        linesOf = Lines.SelectMany(static line => line.From == line.To ? [(line.From, line)] : ((int Node, GridLine Line)[])[(line.From, line), (line.To, line)]).ToLookup(static pair => pair.Item1, static pair => pair.Item2);
        transformersOf = Transformers.ToLookup(static transformer => transformer.Node);

        var sections = new List<int[]>();
        foreach (var node in Enumerable.Range(0, city.Nodes.Length).Concat(Heads))
        {
            if (!sectionOf.ContainsKey(node)) sections.Add(Gather(node, sections.Count));
        }
        NodesOf = [.. sections];
        sectionOfLine = Lines.ToDictionary(static line => line.Branch, line => IsHead(line.To) ? IsHead(line.From) || line.Switch != NormalState.None ? -1 : sectionOf[line.From] : sectionOf[line.To]);
        Links = [.. Lines.Where(line => IsLink(line) && sectionOf[line.From] != sectionOf[line.To] && (IsClosed(line) || line.Switch != NormalState.None)).Select(line => new Link(line.Branch, sectionOf[line.From], sectionOf[line.To], IsClosed(line)))];
        FeederOf = Feeders();
    }

    public GridNetwork Network { get; }

    /// <summary>The city's lines, by their branches, then those that levers add.</summary>
    public GridLine[] Lines { get; }

    /// <summary>Likewise.</summary>
    public GridTransformer[] Transformers { get; }

    /// <summary>Bus of each feeder's head, ascending: positions are the feeders.</summary>
    public int[] Heads { get; }

    /// <summary>Nodes of each section.</summary>
    public int[][] NodesOf { get; }

    /// <summary>Feeder, by its position, that feeds each section; −1 for one that nothing feeds.</summary>
    public int[] FeederOf { get; }

    public Link[] Links { get; }

    public int SectionOfHead(int feeder) => sectionOf[Heads[feeder]];

    public int FeederOfNode(int node) => FeederOf[sectionOf[node]];

    /// <summary>The section that a line's conductor hangs from and a fault of it takes out; −1 for one between a switch and a breaker, which is alone.</summary>
    public int SectionOfLine(int line) => sectionOfLine[line];

    /// <summary>Buses of a section: its nodes and the low-voltage sides of their transformers.</summary>
    public IEnumerable<int> BusesOf(int section) => NodesOf[section].SelectMany(node => transformersOf[node].Select(static transformer => transformer.Bus).Prepend(node));

    /// <summary>What a head feeds over closed links, each bus after the one that feeds it, with the branch to it.</summary>
    /// <exception cref="InvalidOperationException">The links close a ring.</exception>
    public List<(int Bus, int Branch)> Outward(int feeder, IReadOnlySet<int> closed)
    {
        List<(int Bus, int Branch)> outward = [(Heads[feeder], -1)];
        var seen = new HashSet<int> { Heads[feeder] };
        for (var at = 0; at < outward.Count; at++)
        {
            var (node, through) = outward[at];
            foreach (var line in linesOf[node])
            {
                if (line.Branch == through || !(IsLink(line) ? closed.Contains(line.Branch) : IsClosed(line))) continue;
                var far = line.From == node ? line.To : line.From;
                if (!seen.Add(far)) throw new InvalidOperationException($"Branch {line.Branch + 1} closes a ring.");
                outward.Add((far, line.Branch));
            }
            foreach (var transformer in transformersOf[node]) outward.Add((transformer.Bus, transformer.Branch));
        }
        return outward;
    }

    private bool IsHead(int bus) => Network.Buses.Type[bus] == BusType.Slack;

    private bool IsLink(GridLine line) => line.Switch != NormalState.None || IsHead(line.From) || IsHead(line.To);

    private bool IsClosed(GridLine line) => Network.Branches.InService[line.Branch];

    private int[] Gather(int first, int section)
    {
        List<int> nodes = [first];
        sectionOf[first] = section;
        for (var at = 0; at < nodes.Count; at++)
        {
            foreach (var line in linesOf[nodes[at]])
            {
                if (IsLink(line) || !IsClosed(line)) continue;
                var far = line.From == nodes[at] ? line.To : line.From;
                if (sectionOf.TryAdd(far, section)) nodes.Add(far);
            }
        }
        return [.. nodes];
    }

    private int[] Feeders()
    {
        var feederOf = Enumerable.Repeat(-1, NodesOf.Length).ToArray();
        var closed = Links.Where(static link => link.Closed).Select(static link => link.Line).ToHashSet();
        for (var f = 0; f < Heads.Length; f++)
        {
            foreach (var (bus, _) in Outward(f, closed))
            {
                if (sectionOf.TryGetValue(bus, out var section)) feederOf[section] = f;
            }
        }
        return feederOf;
    }
}
