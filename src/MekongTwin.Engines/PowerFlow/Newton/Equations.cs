namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>The bus admittance matrix of the served buses in elimination order, as the solver walks it: nodes (served buses that are not
/// slack), pairs of nodes that branches join, and links from a node to a slack bus.</summary>
internal sealed class Equations
{
    public Equations(Network network)
    {
        var (buses, branches) = (network.Buses, network.Branches);
        var node = new int[buses.Count];
        var nodes = new List<int>();
        for (var i = 0; i < buses.Count; i++)
        {
            node[i] = -1;
            if (!network.Served[i] || network.SolvedAs[i] == BusType.Slack) continue;
            node[i] = nodes.Count;
            nodes.Add(i);
        }
        var live = Enumerable.Range(0, branches.Count).Where(k => branches.InService[k] && network.Served[branches.From[k]] && network.Served[branches.To[k]]).ToArray();
        Elimination = Elimination.Of(Neighbours(branches, live, node, nodes.Count));

        Bus = new int[nodes.Count];
        var position = Position = Filled.With(buses.Count, -1);
        for (var k = 0; k < Bus.Length; k++) position[Bus[k] = nodes[Elimination.Order[k]]] = k;
        (ShuntG, ShuntB) = (Array.ConvertAll(Bus, bus => buses.ShuntG[bus]), Array.ConvertAll(Bus, bus => buses.ShuntB[bus]));
        (SelfG, SelfB) = ([.. ShuntG], [.. ShuntB]);

        var pairs = new SortedDictionary<int, Pair>();
        var links = new SortedDictionary<(int, int), Link>();
        foreach (var k in live)
        {
            var y = Admittance.Of(branches, k);
            var (from, to) = (position[branches.From[k]], position[branches.To[k]]);
            if (from >= 0) (SelfG[from], SelfB[from]) = (SelfG[from] + y.FfG, SelfB[from] + y.FfB);
            if (to >= 0) (SelfG[to], SelfB[to]) = (SelfG[to] + y.TtG, SelfB[to] + y.TtB);
            if (from >= 0 && to >= 0) Add(pairs, from, to, y);
            else if (from >= 0) Add(links, new Link(from, branches.To[k], y.FtG, y.FtB, y.TfG, y.TfB));
            else if (to >= 0) Add(links, new Link(to, branches.From[k], y.TfG, y.TfB, y.FtG, y.FtB));
            AddSlack(network, k, y, from < 0, to < 0);
        }
        Pairs = [.. pairs.Values];
        Links = [.. links.Values];
    }

    /// <summary>Two nodes, Row before Column, their slot, and the admittances seen from each.</summary>
    internal readonly record struct Pair(int Row, int Column, int Slot, double RowG, double RowB, double ColumnG, double ColumnB);

    /// <summary>A node and a slack bus, and the admittances seen from each.</summary>
    internal readonly record struct Link(int Row, int SlackBus, double G, double B, double SlackG, double SlackB);

    public Elimination Elimination { get; }

    /// <summary>Node to bus.</summary>
    public int[] Bus { get; }

    /// <summary>Bus to node; −1 for a bus that is none.</summary>
    public int[] Position { get; }

    /// <summary>Shunt of each node's bus, pu.</summary>
    public double[] ShuntG { get; }

    public double[] ShuntB { get; }

    /// <summary>Admittance of each node to all its neighbours and its shunt, pu.</summary>
    public double[] SelfG { get; }

    public double[] SelfB { get; }

    public Pair[] Pairs { get; }

    public Link[] Links { get; }

    /// <summary>What slack buses put into branches whatever the nodes' voltages are, pu.</summary>
    public double SlackP { get; private set; }

    public double SlackQ { get; private set; }

    /// <summary>For each node whether a generator holds its voltage.</summary>
    public bool[] HoldsVoltage(Network network) => Array.ConvertAll(Bus, bus => network.SolvedAs[bus] == BusType.PV);

    private static List<int>[] Neighbours(Branches branches, int[] live, int[] node, int count)
    {
        var sets = new SortedSet<int>[count];
        for (var i = 0; i < count; i++) sets[i] = [];
        foreach (var k in live)
        {
            var (a, b) = (node[branches.From[k]], node[branches.To[k]]);
            if (a < 0 || b < 0) continue;
            sets[a].Add(b);
            sets[b].Add(a);
        }
        return Array.ConvertAll(sets, static set => new List<int>(set));
    }

    private void Add(SortedDictionary<int, Pair> pairs, int from, int to, in Admittance y)
    {
        var (row, column) = (Math.Min(from, to), Math.Max(from, to));
        var slot = Elimination.Slot(row, column);
        var old = pairs.GetValueOrDefault(slot);
        pairs[slot] = from == row
            ? new Pair(row, column, slot, old.RowG + y.FtG, old.RowB + y.FtB, old.ColumnG + y.TfG, old.ColumnB + y.TfB)
            : new Pair(row, column, slot, old.RowG + y.TfG, old.RowB + y.TfB, old.ColumnG + y.FtG, old.ColumnB + y.FtB);
    }

    private static void Add(SortedDictionary<(int, int), Link> links, Link link)
    {
        var old = links.GetValueOrDefault((link.Row, link.SlackBus));
        links[(link.Row, link.SlackBus)] = link with { G = old.G + link.G, B = old.B + link.B, SlackG = old.SlackG + link.SlackG, SlackB = old.SlackB + link.SlackB };
    }

    private void AddSlack(Network network, int branch, in Admittance y, bool fromSlack, bool toSlack)
    {
        var (from, to) = (network.Branches.From[branch], network.Branches.To[branch]);
        if (fromSlack) Add(y.FfG, y.FfB, network.SetVm[from] * network.SetVm[from], 0);
        if (toSlack) Add(y.TtG, y.TtB, network.SetVm[to] * network.SetVm[to], 0);
        if (!fromSlack || !toSlack) return;
        var (sin, cos) = Math.SinCos(network.Buses.StartVa[from] - network.Buses.StartVa[to]);
        var product = network.SetVm[from] * network.SetVm[to];
        Add(y.FtG, y.FtB, product * cos, product * sin);
        Add(y.TfG, y.TfB, product * cos, -product * sin);

        void Add(double g, double b, double c, double s) => (SlackP, SlackQ) = (SlackP + (g * c) + (b * s), SlackQ + (g * s) - (b * c));
    }
}
