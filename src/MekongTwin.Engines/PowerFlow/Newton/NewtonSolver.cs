namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>Newton-Raphson power flow in polar form (Tinney and Hart, IEEE Transactions on Power Apparatus and Systems PAS-86(11), 1967)
/// for one network: the order of elimination and all arrays are made here, once. Not for two threads at a time.</summary>
public sealed class NewtonSolver
{
    private readonly Network network;
    private readonly NewtonOptions options;
    private readonly Equations equations;
    private readonly Iteration<Lane1> single;

    public NewtonSolver(Network network, NewtonOptions? options = null)
        : this(network, new Equations(network), options ?? new NewtonOptions())
    {
    }

    internal NewtonSolver(Network network, Equations equations, NewtonOptions options)
    {
        (this.network, this.equations, this.options) = (network, equations, options);
        single = new Iteration<Lane1>(network, equations, equations.HoldsVoltage(network));
    }

    /// <summary>Solves the network as it is.</summary>
    public Solution Solve() => Solve(network.Loads);

    /// <summary>Solves the network with other loads. Without convergence the solution is the iterate that came closest, so that its
    /// worst bus means something.</summary>
    public Solution Solve(Loads loads)
    {
        Start(loads);
        single.Run(options.Tolerance, options.MaxIterations);
        var (converged, iterations) = (single.Converged[0], single.Iterations[0]);
        if (!converged)
        {
            Start(loads);
            single.Run(options.Tolerance, single.BestAt[0]);
        }
        var (vm, va) = (network.SetVm.ToArray(), network.Buses.StartVa.ToArray());
        for (var k = 0; k < equations.Bus.Length; k++) (vm[equations.Bus[k]], va[equations.Bus[k]]) = (single.Vm[k].Get(0), single.Va[k].Get(0));
        return Flows.Of(network, loads, vm, va, converged, iterations);
    }

    private void Start(Loads loads)
    {
        for (var k = 0; k < equations.Bus.Length; k++)
        {
            var bus = equations.Bus[k];
            (single.Vm[k], single.Va[k]) = (Lane1.Of(network.SetVm[bus]), Lane1.Of(network.Buses.StartVa[bus]));
            (single.Power[k].X, single.Power[k].Y) = (Lane1.Of(loads.PowerP[bus] - network.GenerationP[bus]), Lane1.Of(loads.PowerQ[bus] - network.GenerationQ[bus]));
            (single.Current[k].X, single.Current[k].Y) = (Lane1.Of(loads.CurrentP[bus]), Lane1.Of(loads.CurrentQ[bus]));
            (single.Impedance[k].X, single.Impedance[k].Y) = (Lane1.Of(loads.ImpedanceP[bus]), Lane1.Of(loads.ImpedanceQ[bus]));
        }
    }
}
