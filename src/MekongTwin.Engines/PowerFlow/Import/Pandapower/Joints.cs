namespace MekongTwin.Engines.PowerFlow.Import.Pandapower;

/// <summary>The buses of a pandapower net and what its switches make of them: closed ones without impedance join two buses into one,
/// open ones at the end of a branch leave that end on a bus of its own.</summary>
internal sealed class Joints
{
    private readonly Dictionary<int, int> rowOf = [];
    private readonly int[] parent;
    private readonly bool[] inService;
    private readonly HashSet<(string Kind, int Element, int Bus)> open = [];
    private readonly List<int> openEnds = [];
    private readonly Table buses;
    private int[] indexOf = [];

    public Joints(Table buses, Table? switches)
    {
        this.buses = buses;
        parent = [.. Enumerable.Range(0, buses.Count)];
        inService = [.. Enumerable.Range(0, buses.Count).Select(row => buses.Flag(row, "in_service", true))];
        for (var row = 0; row < buses.Count; row++)
        {
            if (!rowOf.TryAdd(buses.Index[row], row)) throw buses.Wrong(row, "index", "is there twice.");
        }
        for (var s = 0; switches is not null && s < switches.Count; s++) Take(switches, s);
        Number();
    }

    /// <summary>Closed switches that have an impedance, by row: branches of the network.</summary>
    public List<int> WithImpedance { get; } = [];

    /// <summary>Buses of the network, ends left open not counted.</summary>
    public int Count { get; private set; }

    /// <summary>The bus of the net, by row, that stands for each bus of the network.</summary>
    public List<int> Rows { get; } = [];

    /// <summary>For each open end the bus of the net, by row, that it would be connected to.</summary>
    public IReadOnlyList<int> OpenEnds => openEnds;

    public bool IsInService(int row) => inService[row];

    /// <summary>The network's bus of a net's bus by row.</summary>
    public int IndexOfRow(int row) => indexOf[Root(row)];

    /// <summary>The row of the bus that an element names.</summary>
    public int RowOf(Table elements, int row, string column) => rowOf.TryGetValue(elements.Whole(row, column), out var bus)
        ? bus : throw elements.Wrong(row, column, $"there is no bus {elements.Whole(row, column)}.");

    /// <summary>The network's bus that an element stands on.</summary>
    public int IndexOf(Table elements, int row, string column) => IndexOfRow(RowOf(elements, row, column));

    /// <summary>The network's bus at one end of a branch: a new one where a switch is open or the bus is out of service.</summary>
    public int EndOf(Table branches, int row, string column, string kind)
    {
        var bus = RowOf(branches, row, column);
        if (inService[bus] && !open.Contains((kind, branches.Index[row], buses.Index[bus]))) return IndexOfRow(bus);
        openEnds.Add(bus);
        return Count + openEnds.Count - 1;
    }

    private void Take(Table switches, int s)
    {
        var (kind, closed, bus) = (switches.Text(s, "et"), switches.Flag(s, "closed", true), RowOf(switches, s, "bus"));
        if (kind is not ("b" or "l" or "t" or "t3")) throw switches.Wrong(s, "et", $"is '{kind}'; it must be b, l, t or t3.");
        if (kind != "b" && !closed) open.Add((kind, switches.Whole(s, "element"), buses.Index[bus]));
        if (kind != "b" || !closed) return;
        var other = RowOf(switches, s, "element");
        if (!inService[bus] || !inService[other]) return;
        if (switches.Number(s, "z_ohm", 0) > 0)
        {
            WithImpedance.Add(s);
            return;
        }
        if (buses.Number(bus, "vn_kv") != buses.Number(other, "vn_kv")) throw switches.Wrong(s, "element", "the closed switch joins buses of different nominal voltage.");
        var (a, b) = (Root(bus), Root(other));
        parent[Math.Max(a, b)] = Math.Min(a, b);
    }

    private void Number()
    {
        indexOf = new int[buses.Count];
        for (var row = 0; row < buses.Count; row++)
        {
            if (Root(row) != row) continue;
            indexOf[row] = Count++;
            Rows.Add(row);
        }
    }

    private int Root(int row)
    {
        while (parent[row] != row) row = parent[row] = parent[parent[row]];
        return row;
    }
}
