using System.Collections.Immutable;
using System.Globalization;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>
/// Mends the violations of a scenario round by round: levers are added to it, and its futures are solved again. In a round each feeder
/// with overloaded lines first tries to move an open point; lines that are left get circuits beside them, transformers the next
/// size; where voltage alone is low or high, the head's is moved. Not thread-safe.
/// </summary>
internal sealed class RemedySearch
{
    /// <summary>Times it is solved again at most.</summary>
    private const int RoundsMax = 5;

    /// <summary>Step of a head's voltage: that of most on-load tap changers, pu.</summary>
    private const double HeadStep = 0.0125;

    private readonly StudyBase from;
    private readonly Scenario scenario;
    private readonly RemedyRules rules;
    private readonly Func<Scenario, StudiedSide> solve;
    private readonly CityElements elements;
    private readonly Criteria criteria;
    private readonly Engines.PowerFlow.Network asked;
    private readonly List<Remedy> remedies = [];
    private readonly List<Lever> moves = [];
    private readonly SortedDictionary<int, double> factors = [];
    private readonly SortedDictionary<int, double> heads = [];
    private readonly HashSet<int> moved = [];
    private int proposed;

    /// <param name="from">The base.</param>
    /// <param name="scenario">Whose violations are mended.</param>
    /// <param name="rules">Sizes and prices.</param>
    /// <param name="solve">Solves its futures with more levers.</param>
    public RemedySearch(StudyBase from, Scenario scenario, RemedyRules rules, Func<Scenario, StudiedSide> solve)
    {
        (this.from, this.scenario, this.rules, this.solve) = (from, scenario, rules, solve);
        (elements, criteria, asked) = (from.Elements, from.Rules.Criteria, GridLevers.Apply(scenario, from.Elements).Network);
    }

    /// <param name="before">The scenario, solved.</param>
    /// <param name="unserved">Expected energy not delivered a year, MWh.</param>
    public RemedyReport Run(StudiedSide before, Func<StudiedSide, double> unserved)
    {
        var (side, rounds) = (before, 0);
        for (; rounds < RoundsMax && Propose(side); rounds++) side = solve(scenario with { Levers = [.. scenario.Levers, .. moves, .. Scaled(), .. Raised()] });
        var (was, now) = (Side(before), Side(side));
        var perYear = 365.25 / scenario.Days;
        var saved = ((was.LossesMwh.P50 - now.LossesMwh.P50) * perYear * rules.LossesPerMwh) + ((was.ExpectedUnservedMwhPerYear - now.ExpectedUnservedMwhPerYear) * rules.UnservedPerMwh);
        return new(
            rules.Name, rules.Source, rules.Currency, rules.Year, was, now, remedies.Sum(static remedy => remedy.Cost), Math.Round(saved), rounds, [.. remedies],
            [.. Violating(side).Select(static need => need.Name).Distinct()]);

        RemediedSide Side(StudiedSide of) => new(
            Violating(of).Count, Percentiles.Of([.. of.Futures.Select(static future => future.LossesKwh / 1000)]).Round(3), Math.Round(unserved(of), 2));
    }

    private IEnumerable<Lever> Scaled() => factors.Select(pair => new Reinforce(elements.Names[pair.Key], pair.Value));

    private IEnumerable<Lever> Raised() => heads.Select(pair => new HeadVoltage(pair.Value) { Feeder = elements.Feeders[pair.Key].Id.Path });

    /// <summary>What is in violation in more futures than the rules bear, in the order of branches, then of buses.</summary>
    private List<Need> Violating(StudiedSide side)
    {
        var (futures, needs) = (side.Futures, new List<Need>());
        var least = Exceedance.LeastOf(criteria);
        for (var branch = 0; branch < side.Named.Branches.Length; branch++)
        {
            if (IsIn(future => future.Elements.StepsOver[branch])) needs.Add(new(side.Named.Branches[branch].Name, branch, -1, futures.Select(future => (double)future.Elements.HighestLoading[branch]).OrderDescending().ElementAt((int)(rules.Share * futures.Length))));
        }
        for (var bus = 0; bus < side.Named.Buses.Length; bus++)
        {
            if (IsIn(future => future.Elements.StepsLow[bus])) needs.Add(new(side.Named.Buses[bus].Name, -1, bus, -1));
            if (IsIn(future => future.Elements.StepsHigh[bus])) needs.Add(new(side.Named.Buses[bus].Name, -1, bus, 1));
        }
        return needs;

        bool IsIn(Func<FutureOutcome, int> steps) => futures.Count(future => steps(future) >= least) > rules.Share * futures.Length;
    }

    /// <summary>Adds the remedies of a round; false when there is nothing to add.</summary>
    private bool Propose(StudiedSide side)
    {
        // What a lever adds is of the size that the planner gave it.
        var needs = Violating(side).Where(need => need.Branch < elements.Names.Length && need.Bus < elements.Grid.Network.Buses.Count).ToList();
        var grid = new SwitchedGrid(elements, side.Grid, scenario.Levers);
        proposed = 0;
        var check = new DayCheck(grid, StudiedDay.PeakOf(side.Plan, side.Futures), DayLimits.Normal(criteria), side.Named);
        var busy = new HashSet<int>();
        var lines = elements.Grid.City.Lines;
        foreach (var need in needs.Where(need => need.Branch >= 0 && need.Branch < lines.Length))
        {
            var feeder = grid.FeederOfNode(lines[need.Branch].To);
            if (feeder < 0 || busy.Contains(feeder)) continue;
            if (!moved.Contains(feeder) && Move(grid, check, feeder, need, busy)) continue;
            Widen(need);
        }
        foreach (var need in needs.Where(need => need.Branch >= lines.Length)) Enlarge(need);
        // Voltage follows what is mended otherwise: it is looked at when nothing else is left on the feeder.
        var mended = needs.Where(static need => need.Branch >= 0).Select(need => FeederOfBranch(grid, need.Branch)).ToHashSet();
        foreach (var group in needs.Where(static need => need.Bus >= 0).GroupBy(need => FeederOfBus(grid, need.Bus)).Where(group => group.Key >= 0 && group.Key < elements.Feeders.Length && !mended.Contains(group.Key)).OrderBy(static group => group.Key)) SetHead(side, group.Key, [.. group]);
        return proposed > 0;
    }

    /// <summary>Hands a part of a feeder to a neighbour: the smallest with which both bear the day.</summary>
    private bool Move(SwitchedGrid grid, DayCheck check, int feeder, Need need, HashSet<int> busy)
    {
        var above = Above(grid, feeder);
        var candidates = new List<(int Part, Link Tie, Link Opened, HashSet<int> Sections)>();
        foreach (var tie in grid.Links.Where(link => !link.Closed && grid.FeederOf[link.A] == feeder != (grid.FeederOf[link.B] == feeder)))
        {
            var (own, other) = grid.FeederOf[tie.A] == feeder ? (tie.A, tie.B) : (tie.B, tie.A);
            // A feeder that a lever adds feeds its node over a line that is none of the city's.
            if (grid.FeederOf[other] is var helper && (helper < 0 || helper >= elements.Feeders.Length || busy.Contains(helper) || moved.Contains(helper))) continue;
            for (var section = own; above.TryGetValue(section, out var link); section = link.A == section ? link.B : link.A)
            {
                if (link.Line >= elements.Grid.City.Lines.Length) break;
                var below = Below(grid, above, section);
                candidates.Add((below.Sum(part => grid.NodesOf[part].Length), tie, link, below));
            }
        }
        foreach (var (_, tie, opened, part) in candidates.OrderBy(static candidate => candidate.Part).ThenBy(static candidate => candidate.Tie.Line).ThenBy(static candidate => candidate.Opened.Line))
        {
            var helper = grid.FeederOf[tie.A] == feeder ? grid.FeederOf[tie.B] : grid.FeederOf[tie.A];
            SortedSet<int> rest = [.. Closed(feeder).Where(link => link != opened && !part.Contains(link.A)).Select(static link => link.Line)];
            SortedSet<int> taken = [.. Closed(helper).Select(static link => link.Line), .. Closed(feeder).Where(link => link != opened && part.Contains(link.A)).Select(static link => link.Line), tie.Line];
            if (check.Find(feeder, rest) is not null || check.Find(helper, taken) is not null) continue;
            var lines = elements.Grid.City.Lines;
            moves.AddRange([new SwitchLine(lines[tie.Line].Id, true), new SwitchLine(lines[opened.Line].Id, false)]);
            Add(new("moveOpenPoint", lines[tie.Line].Id, $"close it and open {lines[opened.Line].Id}", need.Name, 0));
            busy.UnionWith([feeder, helper]);
            moved.UnionWith([feeder, helper]);
            return true;
        }
        return false;

        IEnumerable<Link> Closed(int of) => grid.Links.Where(link => link.Closed && grid.FeederOf[link.A] == of && grid.FeederOf[link.B] == of);
    }

    /// <summary>The link over which each section of a feeder is fed.</summary>
    private static Dictionary<int, Link> Above(SwitchedGrid grid, int feeder)
    {
        var above = new Dictionary<int, Link>();
        List<int> order = [grid.SectionOfHead(feeder)];
        for (var at = 0; at < order.Count; at++)
        {
            foreach (var link in grid.Links.Where(link => link.Closed && (link.A == order[at] || link.B == order[at])))
            {
                var far = link.A == order[at] ? link.B : link.A;
                if (far == order[0] || !above.TryAdd(far, link)) continue;
                order.Add(far);
            }
        }
        return above;
    }

    /// <summary>A section and what is fed through it.</summary>
    private static HashSet<int> Below(SwitchedGrid grid, Dictionary<int, Link> above, int section)
    {
        HashSet<int> below = [section];
        for (var grew = true; grew;)
        {
            grew = false;
            foreach (var (part, link) in above)
            {
                if (below.Contains(link.A == part ? link.B : link.A)) grew |= below.Add(part);
            }
        }
        return below;
    }

    /// <summary>Circuits beside a line, as many as it takes.</summary>
    private void Widen(Need need)
    {
        var line = elements.Grid.City.Lines[need.Branch];
        var before = factors.GetValueOrDefault(need.Branch, 1);
        var circuits = Math.Max(before + 1, Math.Ceiling(before * need.Worst));
        factors[need.Branch] = circuits;
        Add(new("parallelLine", line.Id, Text($"{circuits - before:0} more of {line.LengthKm:0.##} km"), need.Name, Math.Round((circuits - before) * line.LengthKm * rules.LinePerKm)));
    }

    /// <summary>The smallest transformer, or number of the largest, that carries what is needed.</summary>
    private void Enlarge(Need need)
    {
        var rated = asked.Branches.RatingFrom[need.Branch] * asked.BaseMva * 1000;
        var needed = rated * factors.GetValueOrDefault(need.Branch, 1) * Math.Max(1, need.Worst) * 100 / criteria.TransformerPercent[1];
        var (largest, found) = (rules.Transformers[^1], rules.Transformers.FirstOrDefault(size => size.Kva >= needed));
        var count = found is null ? (int)Math.Ceiling(needed / largest.Kva) : 1;
        var size = found ?? largest;
        factors[need.Branch] = count * size.Kva / rated;
        Replace(new("largerTransformer", need.Name, Text($"{(count > 1 ? Text($"{count} of ") : "")}{size.Kva:0} kVA in place of {rated:0}"), need.Name, count * size.Cost));
    }

    /// <summary>Moves a head's voltage one step, where the other end of the band has room for it.</summary>
    private void SetHead(StudiedSide side, int feeder, Need[] needs)
    {
        var direction = needs.All(static need => need.Worst < 0) ? 1 : needs.All(static need => need.Worst > 0) ? -1 : 0;
        var pu = side.Grid.Network.SetVm[elements.Grid.Heads[feeder]] + (direction * HeadStep);
        var worst = side.Plan.Feeders[feeder].Buses.Select(bus => Percentiles.Of([.. side.Futures.Select(future => (double)(direction > 0 ? future.Elements.HighestVm[bus] : -future.Elements.LowestVm[bus]))]).P90).Max();
        if (direction == 0 || worst + HeadStep > (direction > 0 ? criteria.HighestVm : -criteria.LowestVm)) return;
        heads[feeder] = Math.Round(pu, 4);
        var name = elements.Feeders[feeder].Id.Path;
        Replace(new("headVoltage", name, Text($"{pu:0.####} pu"), needs[0].Name, rules.HeadVoltage));
    }

    private void Add(Remedy remedy)
    {
        remedies.Add(remedy);
        proposed++;
    }

    /// <summary>In place of what was done there in a round before.</summary>
    private void Replace(Remedy remedy)
    {
        remedies.RemoveAll(known => known.What == remedy.What && known.Element == remedy.Element);
        Add(remedy);
    }

    private int FeederOfBranch(SwitchedGrid grid, int branch) => FeederOfBus(grid, elements.Grid.Network.Branches.To[branch]);

    private int FeederOfBus(SwitchedGrid grid, int bus) =>
        grid.FeederOfNode(bus < elements.Grid.City.Nodes.Length ? bus : elements.Grid.City.NodeOfTransformer[elements.Grid.Transformers[bus - elements.Grid.City.Nodes.Length]]);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>An element in violation.</summary>
    /// <param name="Name">Its id.</param>
    /// <param name="Branch">−1 for a bus.</param>
    /// <param name="Bus">−1 for a branch.</param>
    /// <param name="Worst">Of a branch the loading that no more than the rules' share of futures exceed, share of its rating; of a bus −1 when low, 1 when high.</param>
    private sealed record Need(string Name, int Branch, int Bus, double Worst);
}
