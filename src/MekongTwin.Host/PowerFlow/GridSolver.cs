using MekongTwin.Engines.PowerFlow.Newton;
using MekongTwin.Engines.PowerFlow.Sweep;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.PowerFlow;

/// <summary>The solver that the command line asks for: by <c>auto</c> the sweep where the grid is radial, with Newton for what it
/// cannot solve, else Newton.</summary>
internal sealed class GridSolver
{
    /// <summary>A single solution is asked for to the last digits: it costs an iteration at most.</summary>
    private static readonly NewtonOptions ExactNewton = new() { Tolerance = 1e-10 };
    private static readonly SweepOptions ExactSweep = new() { TolerancePu = 1e-12 };

    private readonly Network network;
    private readonly RadialSweep? sweep;
    private readonly bool fallsBack;
    private readonly Lazy<NewtonBatch> newton;

    /// <param name="network">The grid.</param>
    /// <param name="wish">auto, sweep or newton.</param>
    /// <exception cref="InputException">The sweep was asked for and the grid is not radial.</exception>
    public GridSolver(Network network, string wish)
    {
        this.network = network;
        fallsBack = wish == "auto";
        newton = new Lazy<NewtonBatch>(() => new NewtonBatch(network) { Threads = Environment.ProcessorCount });
        string? reason = null;
        sweep = wish == "newton" ? null : RadialSweep.Of(network, out reason);
        if (wish == "sweep" && sweep is null) throw new InputException($"--solver sweep: {reason}.");
        Reason = reason;
    }

    /// <summary>What solves the grid: sweep or newton.</summary>
    public string Name => sweep is null ? "newton" : "sweep";

    /// <summary>Why it is not the sweep; null when it is, or when nobody asked.</summary>
    public string? Reason { get; }

    /// <summary>The grid as it is, and what solved it.</summary>
    public (Solution Solution, string Solver) Solve()
    {
        if (sweep?.Solve(ExactSweep) is { } solution && (solution.Converged || !fallsBack)) return (solution, "sweep");
        return (SolveByNewton(reactiveLimits: false), "newton");
    }

    /// <summary>The grid with generators that may give up their voltages: Newton's alone.</summary>
    public Solution SolveByNewton(bool reactiveLimits) => new NewtonSolver(network, ExactNewton with { ReactiveLimits = reactiveLimits }).Solve();

    /// <summary>Scenarios of its loads; see <see cref="LoadStudy.Solver"/>.</summary>
    public void SolveMany(double[] p, double[] q, ScenarioResult[] results, double[] vm, double[] va)
    {
        if (sweep is null)
        {
            newton.Value.Solve(p, q, results, vm, va);
            return;
        }
        var buses = network.Buses.Count;
        sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, buses), Results = results, Vm = vm, Va = va }, new SweepOptions { Threads = Environment.ProcessorCount });
        if (!fallsBack) return;
        for (var s = 0; s < results.Length; s++)
        {
            if (results[s].Converged) continue;
            var (row, result) = ((s * buses)..((s + 1) * buses), new ScenarioResult[1]);
            var (newtonVm, newtonVa) = (new double[buses], new double[buses]);
            newton.Value.Solve(p[row], q[row], result, newtonVm, newtonVa);
            results[s] = result[0];
            newtonVm.CopyTo(vm, s * buses);
            newtonVa.CopyTo(va, s * buses);
        }
    }
}
