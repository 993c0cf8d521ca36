namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>Newton-Raphson power flow in polar form (Tinney and Hart, IEEE Transactions on Power Apparatus and Systems PAS-86(11), 1967)
/// for one network: the order of elimination and all arrays are made here, once. Not for two threads at a time.</summary>
public sealed class NewtonSolver
{
    private readonly Network network;
    private readonly NewtonOptions options;
    private readonly Equations equations;
    private readonly Iteration<Lane1> single;
    private readonly bool[] holdsVoltage;
    private readonly BusType[] types;
    private readonly double[] generationQ;

    public NewtonSolver(Network network, NewtonOptions? options = null)
        : this(network, new Equations(network), options ?? new NewtonOptions())
    {
    }

    internal NewtonSolver(Network network, Equations equations, NewtonOptions options)
    {
        (this.network, this.equations, this.options) = (network, equations, options);
        (holdsVoltage, types, generationQ) = (equations.HoldsVoltage(network), [.. network.SolvedAs], [.. network.GenerationQ]);
        single = new Iteration<Lane1>(network, equations, holdsVoltage);
    }

    /// <summary>Solves the network as it is.</summary>
    public Solution Solve() => Solve(network.Loads);

    /// <summary>Solves the network with other loads: from the network's own start, and when that fails from the angles of the linear
    /// power flow. Without convergence the solution is the iterate that came closest, so that its worst bus means something.</summary>
    public Solution Solve(Loads loads)
    {
        var solution = SolveAsHeld(loads, 0);
        if (!options.ReactiveLimits) return solution;
        while (solution.Converged && ReleaseAtLimits(solution)) solution = SolveAsHeld(loads, solution.Iterations);
        HoldAll();
        return solution;
    }

    private Solution SolveAsHeld(Loads loads, int iterationsBefore)
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
        return Flows.Of(network, loads, vm, va, converged, iterationsBefore + iterations, types, generationQ);
    }

    /// <summary>PV buses beyond the limits of their generators become PQ at the limit; false when there is none.</summary>
    private bool ReleaseAtLimits(Solution solution)
    {
        var generators = network.Generators;
        var (least, most) = (new double[network.Buses.Count], new double[network.Buses.Count]);
        for (var g = 0; g < generators.Count; g++)
        {
            if (!generators.InService[g]) continue;
            least[generators.Bus[g]] += generators.MinQ[g];
            most[generators.Bus[g]] += generators.MaxQ[g];
        }
        var any = false;
        for (var k = 0; k < holdsVoltage.Length; k++)
        {
            var bus = equations.Bus[k];
            var (q, slop) = (solution.SourceQ[bus], options.Tolerance);
            if (!holdsVoltage[k] || (q <= most[bus] + slop && q >= least[bus] - slop)) continue;
            (any, holdsVoltage[k], types[bus], generationQ[bus]) = (true, false, BusType.PQ, q > most[bus] ? most[bus] : least[bus]);
        }
        return any;
    }

    private void HoldAll()
    {
        equations.HoldsVoltage(network).CopyTo(holdsVoltage, 0);
        network.SolvedAs.CopyTo(types, 0);
        network.GenerationQ.CopyTo(generationQ, 0);
    }

    private (bool Converged, int Iterations) Attempt(Loads loads, double[]? angles, int iterationsMax)
    {
        Start(loads);
        for (var k = 0; angles is not null && k < angles.Length; k++)
        {
            single.Va[k] = Lane1.Of(angles[k]);
            if (!holdsVoltage[k]) single.Vm[k] = Lane1.Of(1);
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
            (single.Power[k].X, single.Power[k].Y) = (Lane1.Of(loads.PowerP[bus] - network.GenerationP[bus]), Lane1.Of(loads.PowerQ[bus] - generationQ[bus]));
            (single.Current[k].X, single.Current[k].Y) = (Lane1.Of(loads.CurrentP[bus]), Lane1.Of(loads.CurrentQ[bus]));
            (single.Impedance[k].X, single.Impedance[k].Y) = (Lane1.Of(loads.ImpedanceP[bus]), Lane1.Of(loads.ImpedanceQ[bus]));
        }
    }
}
