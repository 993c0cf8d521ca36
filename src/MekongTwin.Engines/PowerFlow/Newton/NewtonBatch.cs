using System.Runtime.Intrinsics;

namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>How one scenario of a batch ended.</summary>
/// <param name="Converged">False when the iteration gave up; its voltages are then those of the iterate that came closest.</param>
/// <param name="Iterations">Steps taken.</param>
/// <param name="Residual">Largest mismatch of a bus at the voltages given, pu.</param>
/// <param name="WorstBus">Index of the bus with the largest mismatch when not converged, else −1.</param>
public readonly record struct ScenarioEnd(bool Converged, int Iterations, double Residual, int WorstBus);

/// <summary>Many scenarios of one network that differ in their constant powers: as many at a time as a vector has lanes, the symbolic
/// work done once. Every width and every number of threads gives the same bits; a scenario that fails leaves its neighbours alone.</summary>
public sealed class NewtonBatch
{
    private readonly Network network;
    private readonly NewtonOptions options;
    private readonly Equations equations;

    public NewtonBatch(Network network, NewtonOptions? options = null)
    {
        (this.network, this.options) = (network, options ?? new NewtonOptions());
        if (this.options.ReactiveLimits) throw new ArgumentException("Reactive limits are kept by single solutions only.", nameof(options));
        equations = new Equations(network);
    }

    /// <summary>Threads that share the scenarios.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Scenarios at a time: 8, 4 or 1; what the machine does in one instruction unless said otherwise.</summary>
    public int Lanes { get; init; } = Vector512.IsHardwareAccelerated ? 8 : Vector256.IsHardwareAccelerated ? 4 : 1;

    /// <summary>Solves as many scenarios as there are ends.</summary>
    /// <param name="p">Constant active power drawn, pu: scenarios times buses, one scenario after the other.</param>
    /// <param name="q">The same, reactive.</param>
    /// <param name="ends">How each ended.</param>
    /// <param name="vm">Voltage magnitudes, pu, scenarios times buses; 0 where unserved.</param>
    /// <param name="va">Voltage angles, rad, likewise.</param>
    public void Solve(double[] p, double[] q, ScenarioEnd[] ends, double[] vm, double[] va)
    {
        var size = (long)ends.Length * network.Buses.Count;
        if (p.Length != size || q.Length != size || vm.Length != size || va.Length != size) throw new ArgumentException($"{ends.Length} scenarios of {network.Buses.Count} buses need arrays of {size}.", nameof(ends));
        switch (Lanes)
        {
            case 8: Solve<Lane8>(p, q, ends, vm, va); break;
            case 4: Solve<Lane4>(p, q, ends, vm, va); break;
            case 1: Solve<Lane1>(p, q, ends, vm, va); break;
            default: throw new InvalidOperationException($"{Lanes} lanes; there are 8, 4 and 1.");
        }
    }

    private void Solve<T>(double[] p, double[] q, ScenarioEnd[] ends, double[] vm, double[] va) where T : struct, ILane<T>
    {
        var next = 0;
        Parallel.For(0, Math.Max(1, Math.Min(Threads, (ends.Length + T.Width - 1) / T.Width)), new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ =>
        {
            var iteration = new Iteration<T>(network, equations, equations.HoldsVoltage(network));
            NewtonSolver? again = null;
            for (var first = Interlocked.Add(ref next, T.Width) - T.Width; first < ends.Length; first = Interlocked.Add(ref next, T.Width) - T.Width)
            {
                var count = Math.Min(T.Width, ends.Length - first);
                Load(iteration, p, q, first, count);
                iteration.Run(options.Tolerance, options.MaxIterations);
                for (var lane = 0; lane < count; lane++)
                {
                    if (iteration.Converged[lane]) Store(iteration, lane, first + lane, ends, vm, va);
                    else StoreAlone(again ??= new NewtonSolver(network, equations, options), p, q, first + lane, ends, vm, va);
                }
            }
        });
    }

    /// <summary>Lanes beyond the last scenario repeat it.</summary>
    private void Load<T>(Iteration<T> iteration, double[] p, double[] q, int first, int count) where T : struct, ILane<T>
    {
        var (buses, loads) = (network.Buses.Count, network.Loads);
        for (var k = 0; k < equations.Bus.Length; k++)
        {
            var bus = equations.Bus[k];
            (iteration.Vm[k], iteration.Va[k]) = (T.Of(network.SetVm[bus]), T.Of(network.Buses.StartVa[bus]));
            (iteration.Current[k].X, iteration.Current[k].Y) = (T.Of(loads.CurrentP[bus]), T.Of(loads.CurrentQ[bus]));
            (iteration.Impedance[k].X, iteration.Impedance[k].Y) = (T.Of(loads.ImpedanceP[bus]), T.Of(loads.ImpedanceQ[bus]));
            for (var lane = 0; lane < T.Width; lane++)
            {
                var at = ((first + Math.Min(lane, count - 1)) * buses) + bus;
                iteration.Power[k].X = iteration.Power[k].X.With(lane, p[at] - network.GenerationP[bus]);
                iteration.Power[k].Y = iteration.Power[k].Y.With(lane, q[at] - network.GenerationQ[bus]);
            }
        }
    }

    private void Store<T>(Iteration<T> iteration, int lane, int scenario, ScenarioEnd[] ends, double[] vm, double[] va) where T : struct, ILane<T>
    {
        var at = scenario * network.Buses.Count;
        for (var bus = 0; bus < network.Buses.Count; bus++) (vm[at + bus], va[at + bus]) = network.Served[bus] ? (network.SetVm[bus], network.Buses.StartVa[bus]) : (0, 0);
        for (var k = 0; k < equations.Bus.Length; k++) (vm[at + equations.Bus[k]], va[at + equations.Bus[k]]) = (iteration.Vm[k].Get(lane), iteration.Va[k].Get(lane));
        ends[scenario] = new ScenarioEnd(true, iteration.Iterations[lane], iteration.Residual[lane], -1);
    }

    /// <summary>A scenario that failed among the others has its second start, and its closest iterate, by itself.</summary>
    private void StoreAlone(NewtonSolver solver, double[] p, double[] q, int scenario, ScenarioEnd[] ends, double[] vm, double[] va)
    {
        var (at, own) = (scenario * network.Buses.Count, network.Loads);
        var loads = own.WithPower(p.AsSpan(at, own.Count), q.AsSpan(at, own.Count));
        var solution = solver.Solve(loads);
        solution.Vm.CopyTo(vm, at);
        solution.Va.CopyTo(va, at);
        ends[scenario] = new ScenarioEnd(solution.Converged, solution.Iterations, solution.Residual, solution.Converged ? -1 : solution.WorstBus);
    }
}
