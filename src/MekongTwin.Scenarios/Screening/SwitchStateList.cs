namespace MekongTwin.Scenarios.Screening;

/// <summary>A radial state of the switches about dark sections.</summary>
/// <param name="Closed">Of each link; links of sections that stay dark are open.</param>
/// <param name="FeederOf">The feeder of each dark section; −1 for one that stays dark.</param>
/// <param name="Restored">Energy over the studied day of the sections that are fed.</param>
/// <param name="Moved">Switches that stand otherwise than before.</param>
internal sealed record SwitchState(bool[] Closed, int[] FeederOf, long Restored, int Moved);

/// <summary>
/// Every state of some links in which each dark section is fed by one feeder over one way, or by none with its links open. Links are
/// decided one after the other, closed first, while no two feeders are joined and no ring is closed.
/// </summary>
internal sealed class SwitchStateList
{
    private readonly int[] dark;
    private readonly Link[] links;
    private readonly int[] feederOf;
    private readonly long[] energyOf;
    private readonly int most;
    private readonly List<SwitchState> found = [];
    private readonly bool[] closed;
    private int looked;

    /// <param name="dark">Sections without supply.</param>
    /// <param name="links">Links with at least one end in them.</param>
    /// <param name="feederOf">Feeder of each section that is not dark.</param>
    /// <param name="energyOf">Energy of each section.</param>
    /// <param name="most">States to look at.</param>
    public SwitchStateList(int[] dark, Link[] links, int[] feederOf, long[] energyOf, int most)
    {
        (this.dark, this.links, this.feederOf, this.energyOf, this.most) = (dark, links, feederOf, energyOf, most);
        closed = new bool[links.Length];
        Decide(0, [.. Enumerable.Range(0, dark.Length)]);
    }

    /// <summary>Most energy first, then the fewest switches moved.</summary>
    public IEnumerable<SwitchState> ByRestored => found.OrderByDescending(static state => state.Restored).ThenBy(static state => state.Moved);

    /// <summary>False when there were more states than were looked at.</summary>
    public bool Complete => looked <= most;

    /// <param name="next">Link to decide.</param>
    /// <param name="group">Of each dark section: sections that are joined share a number; from the number of dark sections on it is a feeder's.</param>
    private void Decide(int next, int[] group)
    {
        if (looked > most) return;
        if (next == links.Length)
        {
            if (++looked <= most) Take(group);
            return;
        }
        var (a, b) = (GroupOf(links[next].A, group), GroupOf(links[next].B, group));
        if (a != b && Math.Min(a, b) < dark.Length)
        {
            var (joined, into) = (Math.Min(a, b), Math.Max(a, b));
            closed[next] = true;
            Decide(next + 1, [.. group.Select(g => g == joined ? into : g)]);
            closed[next] = false;
        }
        Decide(next + 1, group);
    }

    private int GroupOf(int section, int[] group) => Array.IndexOf(dark, section) is var i and >= 0 ? group[i] : dark.Length + feederOf[section];

    private void Take(int[] group)
    {
        var (fed, restored, moved) = (new int[dark.Length], 0L, 0);
        for (var i = 0; i < dark.Length; i++)
        {
            fed[i] = group[i] < dark.Length ? -1 : group[i] - dark.Length;
            if (fed[i] >= 0) restored += energyOf[dark[i]];
            else if (group.Count(g => g == group[i]) > 1) return;
        }
        for (var i = 0; i < links.Length; i++) moved += closed[i] != links[i].Closed ? 1 : 0;
        found.Add(new([.. closed], fed, restored, moved));
    }
}
