using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Scenarios.Levers;

/// <summary>What levers make of a city's grid.</summary>
internal sealed class GridLevers
{
    private readonly CityElements elements;
    private readonly Buses buses;
    private readonly Branches branches;
    private readonly bool[] inService;
    private readonly List<AddedElement> added = [];

    private GridLevers(CityElements elements, int additions)
    {
        var network = elements.Grid.Network;
        (this.elements, buses, branches) = (elements, Copy(network, additions), Copy(network.Branches, additions));
        inService = [.. network.Branches.InService, .. Enumerable.Repeat(true, additions)];
    }

    /// <summary>The grid with its switches, ratings, taps, capacitors and voltages as the levers have them; the very same when none touches it.</summary>
    /// <exception cref="ScenarioException">A lever names nothing, closes a ring or leaves something without supply that it should not.</exception>
    public static ScenarioGrid Apply(Scenario scenario, CityElements elements)
    {
        var network = elements.Grid.Network;
        if (!scenario.Levers.Any(static lever => lever is SwitchLine or FeederTransfer or Reinforce or HeadVoltage or TransformerTap or Capacitor || IsAddition(lever))) return new(network, []);
        var levers = new GridLevers(elements, scenario.Levers.Count(IsAddition));
        for (var i = 0; i < scenario.Levers.Length; i++) levers.Apply(scenario.Levers[i], $"levers[{i}]");
        for (var i = 0; i < scenario.Levers.Length; i++) levers.Add(scenario.Levers[i], i);
        var changed = new Network(network.BaseMva, levers.buses, new Loads(levers.buses.Count), levers.branches.WithService(levers.inService), network.Generators, network.LoadingBy);
        if (RadialOrder.Of(changed, out var reason) is null) throw new ScenarioException("levers", $"the switches make a ring or join two feeders: {Named(reason!, elements)}; open a switch as well");
        return new(changed, [.. levers.added]);
    }

    private static bool IsAddition(Lever lever) => lever is NewFeeder or NewLoad { Kva: not null };

    private void Apply(Lever of, string field)
    {
        switch (of)
        {
            case SwitchLine lever:
                inService[elements.Line(lever.Line, $"{field}.line")] = lever.Closed;
                break;
            case FeederTransfer lever:
                Transfer(lever, field);
                break;
            case Reinforce lever:
                Scale(elements.Branch(lever.Element, $"{field}.element"), lever.Factor);
                break;
            case HeadVoltage { Feeder: { } feeder } lever:
                buses.StartVm[elements.Grid.Heads[elements.Feeder(feeder, $"{field}.feeder")]] = lever.Pu;
                break;
            case HeadVoltage lever:
                foreach (var head in elements.Grid.Heads) buses.StartVm[head] = lever.Pu;
                break;
            case TransformerTap lever:
                foreach (var t in elements.TransformersBelow(lever.Below, $"{field}.below")) branches.Ratio[elements.Grid.BranchOf(t)] = 1 / (1 + (lever.RaisePercent / 100));
                break;
            case Capacitor lever:
                buses.ShuntB[elements.Node(lever.At, $"{field}.at")] += lever.Kvar / 1000 / CityGrid.BaseMva;
                break;
        }
    }

    private void Transfer(FeederTransfer lever, string field)
    {
        var (close, open) = (elements.Line(lever.Close, $"{field}.close"), elements.Line(lever.Open, $"{field}.open"));
        if (inService[close]) throw new ScenarioException($"{field}.close", $"'{lever.Close}' is closed already; name a line that stands open");
        if (!inService[open]) throw new ScenarioException($"{field}.open", $"'{lever.Open}' stands open already; name a line that is closed");
        var (city, before) = (elements.Grid.City, Trace());
        (inService[close], inService[open]) = (true, false);
        var after = Trace();
        if (after.Loops.Length > before.Loops.Length) throw new ScenarioException($"{field}.open", $"'{lever.Open}' is not on the way that closing '{lever.Close}' joins; name a line between the two sources");
        var dark = Enumerable.Range(0, city.Nodes.Length).Where(node => before.FeederOfNode[node] >= 0 && after.FeederOfNode[node] < 0).ToList();
        if (dark.Count > 0) throw new ScenarioException($"{field}.open", $"opening '{lever.Open}' leaves {dark.Count} nodes without supply, {city.Nodes[dark[0]].Id} among them; '{lever.Close}' does not reach them");
    }

    private Domain.Assets.NetworkTrace Trace() => elements.Grid.City.Trace(line => inService[line]);

    private void Add(Lever of, int i)
    {
        var field = $"levers[{i}]";
        var (bus, branch) = (elements.Grid.Network.Buses.Count + added.Count, elements.Grid.Network.Branches.Count + added.Count);
        switch (of)
        {
            case NewLoad { Kva: { } kva } load:
                var node = elements.Node(load.At, $"{field}.at");
                added.Add(new(i, false, node));
                CityGrid.PlaceTransformer(buses, branches, branch, node, bus, kva / 1000 / CityGrid.BaseMva);
                break;
            case NewFeeder feeder:
                node = elements.Node(feeder.At, $"{field}.at");
                added.Add(new(i, true, node));
                Feed(feeder, field, node, bus, branch);
                break;
        }
    }

    private void Feed(NewFeeder feeder, string field, int node, int bus, int branch)
    {
        var (grid, trace) = (elements.Grid, Trace());
        if (trace.LineToNode[node] is var fedBy && fedBy < 0) throw new ScenarioException($"{field}.at", $"'{feeder.At}' is {(grid.City.Nodes[node].Head >= 0 ? "a feeder's head" : "without supply")}; name a node that a line feeds");
        var conductors = grid.City.Conductors;
        var conductor = feeder.Conductor is { } id
            ? conductors.FirstOrDefault(known => known.Id == id) ?? throw new ScenarioException($"{field}.conductor", $"the city has no conductor '{id}'; there are {string.Join(", ", conductors.Select(static known => known.Id))}")
            : conductors.MaxBy(static known => known.RatingA)!;
        inService[fedBy] = false;
        var head = Enumerable.Range(0, grid.City.Nodes.Length).First(other => grid.City.Nodes[other].Head == trace.FeederOfNode[node]);
        (buses.Type[bus], buses.NominalKv[bus], buses.StartVm[bus]) = (BusType.Slack, buses.NominalKv[node], buses.StartVm[head]);
        CityGrid.PlaceLine(branches, branch, bus, node, conductor, feeder.LengthKm, buses.NominalKv[node]);
    }

    private void Scale(int k, double factor)
    {
        (branches.R[k], branches.X[k]) = (branches.R[k] / factor, branches.X[k] / factor);
        (branches.G[k], branches.B[k]) = (branches.G[k] * factor, branches.B[k] * factor);
        (branches.RatingFrom[k], branches.RatingTo[k]) = (branches.RatingFrom[k] * factor, branches.RatingTo[k] * factor);
    }

    /// <summary>Numbers of branches in the engine's words are positions from 1; people know ids.</summary>
    private static string Named(string reason, CityElements elements) => Regex.Replace(
        reason[(reason.IndexOf("branches", StringComparison.Ordinal) is var at and >= 0 ? at : 0)..], @"\d+", match => int.Parse(match.Value, CultureInfo.InvariantCulture) is var k && k >= 1 && k <= elements.Names.Length ? elements.Names[k - 1] : match.Value);

    private static Buses Copy(Network network, int additions)
    {
        var (from, copy) = (network.Buses, new Buses(network.Buses.Count + additions));
        from.NominalKv.CopyTo(copy.NominalKv, 0);
        from.Type.CopyTo(copy.Type, 0);
        network.SetVm.CopyTo(copy.StartVm, 0);
        from.StartVa.CopyTo(copy.StartVa, 0);
        from.ShuntG.CopyTo(copy.ShuntG, 0);
        from.ShuntB.CopyTo(copy.ShuntB, 0);
        for (var i = 0; i < copy.Count; i++) copy.Number[i] = i + 1;
        return copy;
    }

    private static Branches Copy(Branches from, int additions)
    {
        var copy = new Branches(from.Count + additions);
        foreach (var (source, target) in ((double[], double[])[])[(from.R, copy.R), (from.X, copy.X), (from.G, copy.G), (from.B, copy.B), (from.Ratio, copy.Ratio), (from.ShiftRad, copy.ShiftRad), (from.RatingFrom, copy.RatingFrom), (from.RatingTo, copy.RatingTo)]) source.CopyTo(target, 0);
        from.From.CopyTo(copy.From, 0);
        from.To.CopyTo(copy.To, 0);
        return copy;
    }
}
