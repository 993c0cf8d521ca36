namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>Newton-Raphson power flow in polar form (Tinney and Hart, IEEE Transactions on Power Apparatus and Systems PAS-86(11), 1967)
/// for one network: the order of elimination and all arrays are made here, once. Not for two threads at a time.</summary>
public sealed class NewtonSolver
{
    private readonly Network network;
    private readonly NewtonOptions options;
    private readonly Equations equations;
    private readonly bool[] holdsVoltage;
    private readonly Iteration<Lane1> single;

    public NewtonSolver(Network network, NewtonOptions? options = null)
    {
        (this.network, this.options) = (network, options ?? new NewtonOptions());
        equations = new Equations(network);
        holdsVoltage = Array.ConvertAll(equations.Bus, bus => network.SolvedAs[bus] == BusType.PV);
        single = new Iteration<Lane1>(network, equations, holdsVoltage);
    }

    /// <summary>Solves the network as it is.</summary>
    public Solution Solve() => Solve(network.Loads);

    /// <summary>Solves the network with other loads.</summary>
    public Solution Solve(Loads loads)
    {
        for (var k = 0; k < equations.Bus.Length; k++)
        {
            var bus = equations.Bus[k];
            (single.Vm[k], single.Va[k]) = (new Lane1(network.SetVm[bus]), new Lane1(network.Buses.StartVa[bus]));
            (single.Power[k].X, single.Power[k].Y) = (new Lane1(loads.PowerP[bus] - network.GenerationP[bus]), new Lane1(loads.PowerQ[bus] - network.GenerationQ[bus]));
            (single.Current[k].X, single.Current[k].Y) = (new Lane1(loads.CurrentP[bus]), new Lane1(loads.CurrentQ[bus]));
            (single.Impedance[k].X, single.Impedance[k].Y) = (new Lane1(loads.ImpedanceP[bus]), new Lane1(loads.ImpedanceQ[bus]));
        }
        single.Run(options);
        var (vm, va) = (network.SetVm.ToArray(), network.Buses.StartVa.ToArray());
        for (var k = 0; k < equations.Bus.Length; k++) (vm[equations.Bus[k]], va[equations.Bus[k]]) = (single.Vm[k].Get(0), single.Va[k].Get(0));
        return Flows.Of(network, loads, vm, va, single.Converged[0], single.Iterations[0]);
    }
}
