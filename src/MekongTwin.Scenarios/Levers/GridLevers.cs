using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Scenarios.Levers;

/// <summary>What levers make of a city's grid.</summary>
internal static class GridLevers
{
    /// <summary>The grid with its switches, ratings and voltages as the levers have them; the very same when none touches it.</summary>
    /// <exception cref="ScenarioException">A lever names nothing, or closes a ring.</exception>
    public static Network Apply(Scenario scenario, CityElements elements)
    {
        var network = elements.Grid.Network;
        if (!scenario.Levers.Any(static lever => lever is SwitchLine or Reinforce or HeadVoltage)) return network;
        var (buses, branches) = (Copy(network), Copy(network.Branches));
        var inService = (bool[])network.Branches.InService.Clone();
        for (var i = 0; i < scenario.Levers.Length; i++)
        {
            var field = $"levers[{i}]";
            switch (scenario.Levers[i])
            {
                case SwitchLine lever:
                    inService[elements.Line(lever.Line, $"{field}.line")] = lever.Closed;
                    break;
                case Reinforce lever:
                    Scale(branches, elements.Branch(lever.Element, $"{field}.element"), lever.Factor);
                    break;
                case HeadVoltage { Feeder: { } feeder } lever:
                    buses.StartVm[elements.Grid.Heads[elements.Feeder(feeder, $"{field}.feeder")]] = lever.Pu;
                    break;
                case HeadVoltage lever:
                    foreach (var head in elements.Grid.Heads) buses.StartVm[head] = lever.Pu;
                    break;
            }
        }
        var changed = new Network(network.BaseMva, buses, network.Loads, branches.WithService(inService), network.Generators, network.LoadingBy);
        if (Engines.PowerFlow.Sweep.RadialOrder.Of(changed, out var reason) is null) throw new ScenarioException("levers", $"the switches make a ring or join two feeders: {Named(reason!, elements)}; open a switch as well");
        return changed;
    }

    private static void Scale(Branches branches, int k, double factor)
    {
        (branches.R[k], branches.X[k]) = (branches.R[k] / factor, branches.X[k] / factor);
        (branches.G[k], branches.B[k]) = (branches.G[k] * factor, branches.B[k] * factor);
        (branches.RatingFrom[k], branches.RatingTo[k]) = (branches.RatingFrom[k] * factor, branches.RatingTo[k] * factor);
    }

    /// <summary>Numbers of branches in the engine's words are positions from 1; people know ids.</summary>
    private static string Named(string reason, CityElements elements) => System.Text.RegularExpressions.Regex.Replace(
        reason[(reason.IndexOf("branches", StringComparison.Ordinal) is var at and >= 0 ? at : 0)..], @"\d+", match => int.Parse(match.Value, System.Globalization.CultureInfo.InvariantCulture) is var k && k >= 1 && k <= elements.Names.Length ? elements.Names[k - 1] : match.Value);

    private static Buses Copy(Network network)
    {
        var (from, copy) = (network.Buses, new Buses(network.Buses.Count));
        from.Number.CopyTo(copy.Number, 0);
        from.NominalKv.CopyTo(copy.NominalKv, 0);
        from.Type.CopyTo(copy.Type, 0);
        network.SetVm.CopyTo(copy.StartVm, 0);
        from.StartVa.CopyTo(copy.StartVa, 0);
        from.ShuntG.CopyTo(copy.ShuntG, 0);
        from.ShuntB.CopyTo(copy.ShuntB, 0);
        return copy;
    }

    private static Branches Copy(Branches from)
    {
        var copy = new Branches(from.Count);
        foreach (var (source, target) in ((double[], double[])[])[(from.R, copy.R), (from.X, copy.X), (from.G, copy.G), (from.B, copy.B), (from.Ratio, copy.Ratio), (from.ShiftRad, copy.ShiftRad), (from.RatingFrom, copy.RatingFrom), (from.RatingTo, copy.RatingTo)]) source.CopyTo(target, 0);
        from.From.CopyTo(copy.From, 0);
        from.To.CopyTo(copy.To, 0);
        return copy;
    }
}
