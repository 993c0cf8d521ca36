namespace MekongTwin.Engines.PowerFlow;

/// <summary>Which buses hang together.</summary>
public static class Islands
{
    /// <summary>True for every bus that branches in service connect to a slack bus without passing an isolated one.</summary>
    internal static bool[] Served(Network network)
    {
        var buses = network.Buses;
        var root = Roots(network);
        var alive = new bool[buses.Count];
        for (var i = 0; i < buses.Count; i++)
        {
            if (buses.Type[i] == BusType.Slack) alive[root[i]] = true;
        }
        var served = new bool[buses.Count];
        for (var i = 0; i < buses.Count; i++) served[i] = alive[root[i]];
        return served;
    }

    /// <summary>For each bus one bus that stands for its island: the same for two buses exactly when branches in service connect them.</summary>
    public static int[] Roots(Network network)
    {
        var (buses, branches) = (network.Buses, network.Branches);
        var parent = new int[buses.Count];
        for (var i = 0; i < parent.Length; i++) parent[i] = i;
        for (var k = 0; k < branches.Count; k++)
        {
            if (!branches.InService[k] || buses.Type[branches.From[k]] == BusType.Isolated || buses.Type[branches.To[k]] == BusType.Isolated) continue;
            var (a, b) = (Root(parent, branches.From[k]), Root(parent, branches.To[k]));
            if (a != b) parent[Math.Max(a, b)] = Math.Min(a, b);
        }
        for (var i = 0; i < parent.Length; i++) parent[i] = Root(parent, i);
        return parent;
    }

    private static int Root(int[] parent, int i)
    {
        while (parent[i] != i) i = parent[i] = parent[parent[i]];
        return i;
    }
}
