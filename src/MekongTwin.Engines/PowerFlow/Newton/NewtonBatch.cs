using System.Runtime.InteropServices;

namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>Many scenarios of one network that differ in their constant powers: as many at a time as a vector has lanes, the symbolic
/// work done once, each started from the solution of the network's own loads. Every width and every number of threads gives the same bits; a scenario that fails leaves its neighbours alone.</summary>
public sealed class NewtonBatch
{
    private readonly Network network;
    private readonly NewtonOptions options;
    private readonly Equations equations;
    private readonly double[] startVm;
    private readonly double[] startVa;

    public NewtonBatch(Network network, NewtonOptions? options = null)
    {
        (this.network, this.options) = (network, options ?? new NewtonOptions());
        if (this.options.ReactiveLimits) throw new ArgumentException("Reactive limits are kept by single solutions only.", nameof(options));
        equations = new Equations(network);
        var own = new NewtonSolver(network, equations, this.options).Solve();
        (startVm, startVa) = own.Converged ? (own.Vm, own.Va) : (network.SetVm, network.Buses.StartVa);
    }

    /// <summary>Threads that share the scenarios.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>How many scenarios at a time: as many as doubles in a vector.</summary>
    public SimdWidth Width { get; init; } = Simd.Widest;

    /// <summary>Solves as many scenarios as there are results.</summary>
    /// <param name="p">Constant active power drawn, pu: scenarios times buses, one scenario after the other.</param>
    /// <param name="q">The same, reactive.</param>
    /// <param name="results">How each ended.</param>
    /// <param name="vm">Voltage magnitudes, pu, scenarios times buses; 0 where unserved.</param>
    /// <param name="va">Voltage angles, rad, likewise.</param>
    public void Solve(double[] p, double[] q, ScenarioResult[] results, double[] vm, double[] va)
    {
        var size = (long)results.Length * network.Buses.Count;
        if (p.Length != size || q.Length != size || vm.Length != size || va.Length != size) throw new ArgumentException($"{results.Length} scenarios of {network.Buses.Count} buses need arrays of {size}.", nameof(results));
        Simd.Need(Width);
        switch (Width)
        {
            case SimdWidth.Vector512: Solve<Lane8>(p, q, results, vm, va); break;
            case SimdWidth.Vector256: Solve<Lane4>(p, q, results, vm, va); break;
            default: Solve<Lane1>(p, q, results, vm, va); break;
        }
    }

    private void Solve<T>(double[] p, double[] q, ScenarioResult[] results, double[] vm, double[] va) where T : struct, ILane<T>
    {
        var next = 0;
        Parallel.For(0, Math.Max(1, Math.Min(Threads, (results.Length + T.Width - 1) / T.Width)), new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ =>
        {
            var iteration = new Iteration<T>(network, equations, equations.HoldsVoltage(network));
            NewtonSolver? again = null;
            for (var first = Interlocked.Add(ref next, T.Width) - T.Width; first < results.Length; first = Interlocked.Add(ref next, T.Width) - T.Width)
            {
                var count = Math.Min(T.Width, results.Length - first);
                Load(iteration, p, q, first, count);
                iteration.Run(options.Tolerance, options.MaxIterations);
                var losses = iteration.Losses();
                for (var lane = 0; lane < count; lane++)
                {
                    if (iteration.Converged[lane]) Store(iteration, losses, lane, first + lane, results, vm, va);
                    else StoreAlone(again ??= new NewtonSolver(network, equations, options), p, q, first + lane, results, vm, va);
                }
            }
        });
    }

    /// <summary>Lanes beyond the last scenario repeat it.</summary>
    private void Load<T>(Iteration<T> iteration, double[] p, double[] q, int first, int count) where T : struct, ILane<T>
    {
        var (buses, loads) = (network.Buses.Count, network.Loads);
        var power = MemoryMarshal.Cast<Couple<T>, double>(iteration.Power.AsSpan());
        for (var k = 0; k < equations.Bus.Length; k++)
        {
            var bus = equations.Bus[k];
            (iteration.Vm[k], iteration.Va[k]) = (T.Of(startVm[bus]), T.Of(startVa[bus]));
            (iteration.Current[k].X, iteration.Current[k].Y) = (T.Of(loads.CurrentP[bus]), T.Of(loads.CurrentQ[bus]));
            (iteration.Impedance[k].X, iteration.Impedance[k].Y) = (T.Of(loads.ImpedanceP[bus]), T.Of(loads.ImpedanceQ[bus]));
            var (generationP, generationQ) = (network.GenerationP[bus], network.GenerationQ[bus]);
            var lanes = power.Slice(k * 2 * T.Width, 2 * T.Width);
            for (var lane = 0; lane < T.Width; lane++)
            {
                var at = ((first + Math.Min(lane, count - 1)) * buses) + bus;
                (lanes[lane], lanes[T.Width + lane]) = (p[at] - generationP, q[at] - generationQ);
            }
        }
    }

    private void Store<T>(Iteration<T> iteration, (T P, T Q) losses, int lane, int scenario, ScenarioResult[] results, double[] vm, double[] va) where T : struct, ILane<T>
    {
        var row = (scenario * network.Buses.Count)..((scenario + 1) * network.Buses.Count);
        var magnitudes = vm.AsSpan(row);
        var angles = va.AsSpan(row);
        var lowest = double.PositiveInfinity;
        for (var bus = 0; bus < magnitudes.Length; bus++)
        {
            if (equations.Position[bus] >= 0) continue;
            (magnitudes[bus], angles[bus]) = network.Served[bus] ? (network.SetVm[bus], network.Buses.StartVa[bus]) : (0, 0);
            if (network.Served[bus]) lowest = Math.Min(lowest, magnitudes[bus]);
        }
        var foundVm = MemoryMarshal.Cast<T, double>(iteration.Vm.AsSpan());
        var foundVa = MemoryMarshal.Cast<T, double>(iteration.Va.AsSpan());
        for (var k = 0; k < equations.Bus.Length; k++)
        {
            var (bus, at) = (equations.Bus[k], (k * T.Width) + lane);
            (magnitudes[bus], angles[bus]) = (foundVm[at], foundVa[at]);
            lowest = Math.Min(lowest, foundVm[at]);
        }
        results[scenario] = new ScenarioResult(true, iteration.Iterations[lane], iteration.Residual[lane], -1, losses.P.Get(lane), losses.Q.Get(lane), lowest);
    }

    /// <summary>A scenario that failed among the others has its second start, and its closest iterate, by itself.</summary>
    private void StoreAlone(NewtonSolver solver, double[] p, double[] q, int scenario, ScenarioResult[] results, double[] vm, double[] va)
    {
        var (at, own) = (scenario * network.Buses.Count, network.Loads);
        var solution = solver.Solve(own.WithPower(p.AsSpan(at, own.Count), q.AsSpan(at, own.Count)));
        solution.Vm.CopyTo(vm, at);
        solution.Va.CopyTo(va, at);
        var lowest = double.PositiveInfinity;
        for (var bus = 0; bus < own.Count; bus++)
        {
            if (network.Served[bus]) lowest = Math.Min(lowest, solution.Vm[bus]);
        }
        results[scenario] = new ScenarioResult(solution.Converged, solution.Iterations, solution.Residual, solution.Converged ? -1 : solution.WorstBus, solution.LossesP, solution.LossesQ, lowest);
    }
}
