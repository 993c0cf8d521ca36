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

    /// <summary>Solves the network with other loads: from the network's own start, and when that fails from the angles of the linear
    /// power flow. Without convergence the solution is the iterate that came closest, so that its worst bus means something.</summary>
    public Solution Solve(Loads loads)
    {
        var (converged, iterations) = Attempt(loads, null, options.MaxIterations);
        if (!converged)
        {
            var (residual, closest) = (single.BestResidual[0], single.BestAt[0]);
            var angles = DirectCurrentStart.Angles(network, equations, loads);
            (converged, var more) = Attempt(loads, angles, options.MaxIterations);
            iterations += more;
            if (!converged && single.BestResidual[0] < residual) Attempt(loads, angles, single.BestAt[0]);
            else if (!converged) Attempt(loads, null, closest);
        }
        var (vm, va) = (network.SetVm.ToArray(), network.Buses.StartVa.ToArray());
        for (var k = 0; k < equations.Bus.Length; k++) (vm[equations.Bus[k]], va[equations.Bus[k]]) = (single.Vm[k].Get(0), single.Va[k].Get(0));
        return Flows.Of(network, loads, vm, va, converged, iterations);
    }

    private (bool Converged, int Iterations) Attempt(Loads loads, double[]? angles, int iterationsMax)
    {
        Start(loads);
        for (var k = 0; angles is not null && k < angles.Length; k++)
        {
            single.Va[k] = Lane1.Of(angles[k]);
            if (network.SolvedAs[equations.Bus[k]] == BusType.PQ) single.Vm[k] = Lane1.Of(1);
        }
        single.Run(options.Tolerance, iterationsMax);
        return (single.Converged[0], single.Iterations[0]);
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
