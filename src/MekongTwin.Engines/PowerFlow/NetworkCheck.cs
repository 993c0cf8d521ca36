using System.Globalization;

namespace MekongTwin.Engines.PowerFlow;

/// <summary>Refuses what no network can be, before anything is solved.</summary>
internal static class NetworkCheck
{
    public static void Run(Network network)
    {
        if (!(network.BaseMva > 0) || !double.IsFinite(network.BaseMva)) throw new NetworkException(Say($"base power is {network.BaseMva} MVA; it must be positive."));
        CheckBuses(network.Buses);
        CheckLoads(network.Loads, network.Buses);
        CheckBranches(network.Branches, network.Buses);
        CheckGenerators(network.Generators, network.Buses);
    }

    private static void CheckBuses(Buses buses)
    {
        if (buses.Count == 0) throw new NetworkException("there is no bus.");
        var seen = new HashSet<int>();
        for (var i = 0; i < buses.Count; i++)
        {
            if (!seen.Add(buses.Number[i])) throw new NetworkException(Say($"bus number {buses.Number[i]} is there twice."));
            if (!Enum.IsDefined(buses.Type[i])) throw new NetworkException(Say($"bus {buses.Number[i]}: type is {(int)buses.Type[i]}; it must be 1 (PQ), 2 (PV), 3 (slack) or 4 (isolated)."));
            Need(buses.NominalKv[i] >= 0 && double.IsFinite(buses.NominalKv[i]), "bus", buses.Number[i], "nominal kV", buses.NominalKv[i], "it must be positive, or 0 where it is not stated");
            Need(double.IsFinite(buses.ShuntG[i]), "bus", buses.Number[i], "shunt conductance", buses.ShuntG[i], "it must be finite");
            Need(double.IsFinite(buses.ShuntB[i]), "bus", buses.Number[i], "shunt susceptance", buses.ShuntB[i], "it must be finite");
            if (buses.Type[i] == BusType.Isolated) continue;
            Need(buses.StartVm[i] > 0 && double.IsFinite(buses.StartVm[i]), "bus", buses.Number[i], "voltage magnitude", buses.StartVm[i], "it must be positive");
            Need(double.IsFinite(buses.StartVa[i]), "bus", buses.Number[i], "voltage angle", buses.StartVa[i], "it must be finite");
        }
    }

    private static void CheckLoads(Loads loads, Buses buses)
    {
        if (loads.Count != buses.Count) throw new NetworkException(Say($"there are {loads.Count} loads for {buses.Count} buses; there must be one a bus."));
        ReadOnlySpan<(string Field, double[] Values)> fields =
        [
            ("constant active power", loads.PowerP), ("constant reactive power", loads.PowerQ), ("constant active current", loads.CurrentP),
            ("constant reactive current", loads.CurrentQ), ("constant conductance", loads.ImpedanceP), ("constant susceptance", loads.ImpedanceQ),
        ];
        foreach (var (field, values) in fields)
        {
            for (var i = 0; i < values.Length; i++) Need(double.IsFinite(values[i]), "load at bus", buses.Number[i], field, values[i], "it must be finite");
        }
    }

    private static void CheckBranches(Branches branches, Buses buses)
    {
        for (var k = 0; k < branches.Count; k++)
        {
            var place = k + 1;
            Need((uint)branches.From[k] < (uint)buses.Count, "branch", place, "from bus index", branches.From[k], "there is no such bus");
            Need((uint)branches.To[k] < (uint)buses.Count, "branch", place, "to bus index", branches.To[k], "there is no such bus");
            if (branches.From[k] == branches.To[k]) throw new NetworkException(Say($"branch {place} joins bus {buses.Number[branches.From[k]]} with itself."));
            Need(double.IsFinite(branches.R[k]), "branch", place, "resistance", branches.R[k], "it must be finite");
            Need(double.IsFinite(branches.X[k]), "branch", place, "reactance", branches.X[k], "it must be finite");
            Need(double.IsFinite(branches.G[k]), "branch", place, "shunt conductance", branches.G[k], "it must be finite");
            Need(double.IsFinite(branches.B[k]), "branch", place, "shunt susceptance", branches.B[k], "it must be finite");
            if (branches.InService[k] && !double.IsFinite(1 / ((branches.R[k] * branches.R[k]) + (branches.X[k] * branches.X[k])))) throw new NetworkException(Say($"branch {place} between buses {buses.Number[branches.From[k]]} and {buses.Number[branches.To[k]]} has no impedance; what a closed switch joins is one bus."));
            Need(branches.Ratio[k] > 0 && double.IsFinite(branches.Ratio[k]), "branch", place, "turns ratio", branches.Ratio[k], "it must be positive");
            Need(double.IsFinite(branches.ShiftRad[k]), "branch", place, "phase shift", branches.ShiftRad[k], "it must be finite");
            Need(branches.RatingFrom[k] >= 0, "branch", place, "rating at the from end", branches.RatingFrom[k], "it must not be negative");
            Need(branches.RatingTo[k] >= 0, "branch", place, "rating at the to end", branches.RatingTo[k], "it must not be negative");
        }
    }

    private static void CheckGenerators(Generators generators, Buses buses)
    {
        for (var g = 0; g < generators.Count; g++)
        {
            var place = g + 1;
            Need((uint)generators.Bus[g] < (uint)buses.Count, "generator", place, "bus index", generators.Bus[g], "there is no such bus");
            if (!generators.InService[g]) continue;
            Need(double.IsFinite(generators.P[g]), "generator", place, "active power", generators.P[g], "it must be finite");
            Need(double.IsFinite(generators.Q[g]), "generator", place, "reactive power", generators.Q[g], "it must be finite");
            if (buses.Type[generators.Bus[g]] is BusType.PV or BusType.Slack) Need(generators.SetVm[g] > 0 && double.IsFinite(generators.SetVm[g]), "generator", place, "voltage set point", generators.SetVm[g], "it must be positive");
            if (double.IsNaN(generators.MinQ[g]) || double.IsNaN(generators.MaxQ[g]) || generators.MinQ[g] > generators.MaxQ[g]) throw new NetworkException(Say($"generator {place}: reactive limits {generators.MinQ[g]} to {generators.MaxQ[g]} pu are no range."));
        }
    }

    private static void Need(bool holds, string element, int number, string field, double value, string rule)
    {
        if (!holds) throw new NetworkException(Say($"{element} {number}: {field} is {value}; {rule}."));
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
