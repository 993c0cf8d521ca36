using MekongTwin.Domain.Assets;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Sweep;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;
using Network = MekongTwin.Engines.PowerFlow.Network;

namespace MekongTwin.Scenarios.Tests.Screening;

/// <summary>Restoration beside brute force over every state of every switch of small grids.</summary>
public sealed class RestorationLaws(ITestOutputHelper output)
{
    private static readonly CountryRules Country = CountryRules.Find("VN")!;

    private static readonly ContingencyRules Rules = Country.Contingency! with { LinePercent = [new(100, 6), new(120, 0)] };

    [Fact]
    public void No_switch_state_of_twenty_small_grids_restores_more_while_what_was_not_hit_keeps_its_feeder()
    {
        var (losses, limited, better, restored, best) = (0, 0, 0, 0L, 0L);
        for (var seed = 1; seed <= 20; seed++)
        {
            var elements = SwitchedGrids.Of(seed);
            var day = SwitchedGrids.Day(elements, seed);
            var brute = new BruteForce(elements, day, Country.Criteria, Rules);
            var whole = new ScenarioGrid(elements.Grid.Network, []);
            var grid = new SwitchedGrid(elements, whole, []);
            var energyOf = Enumerable.Range(0, grid.NodesOf.Length).Select(section => brute.EnergyOf(grid.NodesOf[section])).ToArray();
            var restoration = new Restoration(grid, new(grid, day, DayLimits.AfterLoss(Country.Criteria, Rules), new StudyElements(elements, whole)), energyOf);
            foreach (var line in Enumerable.Range(0, elements.Grid.City.Lines.Length))
            {
                var section = grid.SectionOfLine(line);
                var plan = restoration.Plan(grid.FeederOf[section], section, -1);
                Compare(seed, elements.Grid.City.Lines[line].Id, plan, brute.Line(line));
            }
            foreach (var feeder in Enumerable.Range(0, elements.Grid.Heads.Length)) Compare(seed, $"head {feeder}", restoration.Plan(feeder, grid.SectionOfHead(feeder), -1), brute.Head(feeder));

            void Compare(int seed, string what, RestorationPlan plan, (long Kept, long Any, long All) most)
            {
                Assert.True(plan.Complete);
                var dark = plan.Dark.Sum(section => energyOf[section]);
                Assert.True(most.All - dark == most.Kept, $"grid {seed}, {what}: {most.All - dark} restored of {most.All}, {most.Kept} possible");
                Assert.True(most.Any >= most.Kept);
                losses++;
                if (plan.Limit is not null) limited++;
                if (most.Any > most.Kept) better++;
                (restored, best) = (restored + most.Kept, best + most.Any);
            }
        }
        output.WriteLine($"{losses} losses, limits bind in {limited}; moving what was not hit as well would restore more in {better}, {100.0 * (best - restored) / best:0.00} % more energy in all");
        Assert.True(losses > 200 && limited > 20, $"{losses} losses, limits bind in {limited}: too few to tell");
    }

    /// <summary>Every state of every switch, solved whole, with the flows of the engines' own room.</summary>
    private sealed class BruteForce
    {
        private readonly CityElements elements;
        private readonly Criteria criteria;
        private readonly ContingencyRules rules;
        private readonly Network network;
        private readonly NetworkLine[] lines;
        private readonly int[] switches;
        private readonly int[] before;
        private readonly Loads[] quarters;
        private readonly long[] energyOfNode;
        private readonly Dictionary<string, bool> known = [];
        private readonly Dictionary<string, (long Kept, long Any, long All)> best = [];

        public BruteForce(CityElements elements, StudiedDay day, Criteria criteria, ContingencyRules rules)
        {
            (this.elements, this.criteria, this.rules, network, lines) = (elements, criteria, rules, elements.Grid.Network, [.. elements.Grid.City.Lines]);
            switches = [.. Enumerable.Range(0, lines.Length).Where(IsSwitched)];
            var buses = network.Buses.Count;
            quarters = [.. Enumerable.Range(0, 4).Select(quarter => network.Loads.WithPower(day.P.AsSpan(quarter * 24 * buses, buses), day.Q.AsSpan(quarter * 24 * buses, buses)))];
            energyOfNode = new long[elements.Grid.City.Nodes.Length];
            for (var t = 0; t < elements.Transformers.Length; t++) energyOfNode[elements.Grid.City.NodeOfTransformer[elements.Grid.Transformers[t]]] += (long)Math.Round(1e6 * quarters.Sum(loads => loads.PowerP[elements.Grid.BusOf(t)]));
            before = FeederOfNode(network)!;
        }

        public long EnergyOf(int[] nodes) => nodes.Sum(node => energyOfNode[node]);

        /// <summary>Most energy of the feeder that can be fed again, with every other node on its feeder and with them on any; and all that went dark.</summary>
        public (long Kept, long Any, long All) Line(int line)
        {
            HashSet<int> lost = [IsHead(lines[line].To) ? lines[line].From : lines[line].To];
            for (var grew = true; grew;)
            {
                grew = false;
                foreach (var plain in lines.Where((_, k) => !IsSwitched(k)))
                {
                    if (lost.Contains(plain.From) != lost.Contains(plain.To)) grew |= lost.Add(plain.From) | lost.Add(plain.To);
                }
            }
            return Best(before[lost.First()], lost);
        }

        public (long Kept, long Any, long All) Head(int feeder) => Best(feeder, [elements.Grid.Heads[feeder]]);

        private (long Kept, long Any, long All) Best(int feeder, HashSet<int> lost)
        {
            var key = string.Join(',', lost.Order());
            if (best.TryGetValue(key, out var found)) return found;
            var (kept, any) = (0L, 0L);
            var dark = Enumerable.Range(0, before.Length).Where(node => before[node] == feeder).ToArray();
            for (var state = 0; state < 1 << switches.Length; state++)
            {
                var inService = (bool[])network.Branches.InService.Clone();
                for (var i = 0; i < switches.Length; i++) inService[switches[i]] = (state >> i & 1) == 1;
                for (var k = 0; k < lines.Length; k++) inService[k] &= !lost.Contains(lines[k].From) && !lost.Contains(lines[k].To);
                var switched = network.With(network.Branches.WithService(inService));
                if (FeederOfNode(switched) is not { } after) continue;
                foreach (var node in lost) after[node] = -1;
                var others = Enumerable.Range(0, before.Length).Where(node => before[node] != feeder && before[node] >= 0).ToArray();
                if (others.Any(node => after[node] < 0)) continue;
                var restored = dark.Where(node => after[node] >= 0).Sum(node => energyOfNode[node]);
                var keeps = others.All(node => after[node] == before[node]);
                if (restored <= (keeps ? kept : any) || !Bears(switched, feeder, after)) continue;
                any = Math.Max(any, restored);
                if (keeps) kept = Math.Max(kept, restored);
            }
            return best[key] = (kept, any, dark.Sum(node => energyOfNode[node]));
        }

        private bool Bears(Network switched, int hit, int[] after)
        {
            var inService = switched.Branches.InService;
            for (var f = 0; f < elements.Grid.Heads.Length; f++)
            {
                var changed = f == hit
                    ? switches.Any(k => inService[k] && !network.Branches.InService[k] && after[lines[k].From] == f)
                    : Enumerable.Range(0, after.Length).Any(node => after[node] == f != (before[node] == f));
                if (changed && !Bears(switched, f, after, $"{f}:{string.Join(',', switches.Where(k => inService[k] && after[lines[k].From] == f))}")) return false;
            }
            return true;
        }

        private bool Bears(Network switched, int feeder, int[] after, string key)
        {
            if (known.TryGetValue(key, out var bears)) return bears;
            var (over, outside) = (new double[switched.Branches.Count, rules.LinePercent.Length], new double[switched.Buses.Count]);
            bears = true;
            foreach (var loads in quarters)
            {
                var solved = RadialSweep.Of(switched.With(loads), out _)!.Solve();
                bears &= solved.Converged;
                for (var k = 0; k < lines.Length; k++)
                {
                    if (after[lines[k].From] != feeder) continue;
                    for (var a = 0; a < rules.LinePercent.Length; a++) over[k, a] += solved.LoadingPercent[k] > rules.LinePercent[a].Beyond ? 6 : 0;
                }
                for (var bus = 0; bus < outside.Length; bus++)
                {
                    var node = bus < after.Length ? bus : elements.Grid.City.NodeOfTransformer[elements.Grid.Transformers[bus - after.Length]];
                    if (after[node] == feeder && (solved.Vm[bus] < criteria.LowestVmAfterContingency || solved.Vm[bus] > criteria.HighestVm)) outside[bus] += 6;
                }
            }
            for (var k = 0; k < lines.Length; k++)
            {
                for (var a = 0; a < rules.LinePercent.Length; a++) bears &= over[k, a] <= rules.LinePercent[a].HoursMax;
            }
            bears &= outside.All(hours => hours <= rules.VoltageHoursMax);
            return known[key] = bears;
        }

        private int[]? FeederOfNode(Network switched)
        {
            if (RadialOrder.Of(switched, out _) is not { } order) return null;
            var (feederOfPlace, feederOf) = (new int[order.Count], Enumerable.Repeat(-1, elements.Grid.City.Nodes.Length).ToArray());
            for (var k = 0; k < order.Count; k++)
            {
                feederOfPlace[k] = k < order.Sources ? k : feederOfPlace[order.Parents[k]];
                if (order.Buses[k] < feederOf.Length) feederOf[order.Buses[k]] = feederOfPlace[k];
            }
            return feederOf;
        }

        private bool IsHead(int node) => elements.Grid.City.Nodes[node].Head >= 0;

        private bool IsSwitched(int line) => lines[line].Switch != NormalState.None || IsHead(lines[line].From) || IsHead(lines[line].To);
    }
}
