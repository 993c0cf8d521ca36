using System.Collections.Immutable;

namespace MekongTwin.Scenarios.Screening;

/// <summary>What switching makes of a loss.</summary>
/// <param name="Dark">Sections of the feeder that stay without supply, the lost one among them.</param>
/// <param name="Closed">Lines that are closed.</param>
/// <param name="Opened">Lines that are opened, those that isolate the loss among them.</param>
/// <param name="Limit">What stands in the way of the state that would restore most; null when as much is restored.</param>
/// <param name="Complete">False when not every switch state was looked at: more could perhaps be restored.</param>
internal sealed record RestorationPlan(ImmutableArray<int> Dark, ImmutableArray<int> Closed, ImmutableArray<int> Opened, LimitHit? Limit, bool Complete);

/// <summary>
/// Restores supply after a loss. The feeder's breaker has opened; the loss is isolated by the switches about it; then every radial state
/// of the switches within and about the dark sections is a candidate. Candidates are taken by the energy they restore over the studied
/// day, then by the fewest switches moved, and the first that bears the emergency limits all day is the plan: the best there is as long as
/// no section that was not hit changes its feeder. What a head fed before over the same links it may feed again without a check; a
/// feeder that helps is checked with all that it then feeds.
/// </summary>
internal sealed class Restoration(SwitchedGrid grid, DayCheck limits, long[] energyOf)
{
    /// <summary>States of the switches that are looked at for one loss.</summary>
    public const int StatesMax = 1 << 16;

    /// <summary>States that are solved for one loss.</summary>
    public const int TriedMax = 1024;

    /// <param name="feeder">Whose breaker opens.</param>
    /// <param name="lostSection">The section that is out until repair; −1 for none.</param>
    /// <param name="lostLine">A line that is out alone; −1 for none.</param>
    public RestorationPlan Plan(int feeder, int lostSection, int lostLine)
    {
        int[] dark = [.. Enumerable.Range(0, grid.FeederOf.Length).Where(section => grid.FeederOf[section] == feeder && section != lostSection && section != grid.SectionOfHead(feeder))];
        Link[] links = [.. grid.Links.Where(link => link.Line != lostLine && IsUsable(link.A) && IsUsable(link.B) && (dark.Contains(link.A) || dark.Contains(link.B)))];
        var states = new SwitchStateList(dark, links, grid.FeederOf, energyOf, StatesMax);
        (SwitchState State, LimitHit Hit)? best = null;
        foreach (var state in states.ByRestored.Take(TriedMax))
        {
            var hit = Helpers(state).Select(helper => limits.Find(helper.Feeder, helper.Closed)).FirstOrDefault(static hit => hit is not null);
            if (hit is null) return Made(state, states.Complete);
            best ??= (state, hit);
        }
        return Made(new(new bool[links.Length], [.. dark.Select(static _ => -1)], 0, 0), false);

        bool IsUsable(int section) => section != lostSection && grid.FeederOf[section] >= 0;

        RestorationPlan Made(SwitchState state, bool complete)
        {
            var isolating = grid.Links.Where(link => link.Closed && (link.Line == lostLine || link.A == lostSection || link.B == lostSection)).Select(static link => link.Line);
            return new(
                [.. dark.Where((_, i) => state.FeederOf[i] < 0).Concat(lostSection >= 0 ? [lostSection] : []).Order()],
                [.. links.Where((link, i) => state.Closed[i] && !link.Closed).Select(static link => link.Line)],
                [.. links.Where((link, i) => !state.Closed[i] && link.Closed).Select(static link => link.Line).Concat(isolating).Order()],
                best is { } wanted && wanted.State.Restored > state.Restored ? wanted.Hit : null, complete);
        }

        // Feeders that feed something otherwise than before, with every link that is closed below them.
        IEnumerable<(int Feeder, SortedSet<int> Closed)> Helpers(SwitchState state)
        {
            foreach (var helper in state.FeederOf.Where(static f => f >= 0).Distinct().Order())
            {
                SortedSet<int> closed = [.. grid.Links.Where(link => helper != feeder && link.Closed && grid.FeederOf[link.A] == helper && grid.FeederOf[link.B] == helper).Select(static link => link.Line)];
                var changed = helper != feeder;
                for (var i = 0; i < links.Length; i++)
                {
                    if (!state.Closed[i] || (FedBy(state, links[i].A) != helper && FedBy(state, links[i].B) != helper)) continue;
                    closed.Add(links[i].Line);
                    changed |= !links[i].Closed;
                }
                if (changed) yield return (helper, closed);
            }
        }

        int FedBy(SwitchState state, int section) => Array.IndexOf(dark, section) is var i and >= 0 ? state.FeederOf[i] : grid.FeederOf[section];
    }
}
