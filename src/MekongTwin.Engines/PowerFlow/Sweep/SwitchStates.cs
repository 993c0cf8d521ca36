using System.Collections.Concurrent;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>What a scenario switches, by branch index, beside the network's own state.</summary>
/// <param name="Open">Branches taken out of service.</param>
/// <param name="Close">Branches put into service.</param>
public sealed record Switching(IReadOnlyList<int> Open, IReadOnlyList<int> Close)
{
    public static Switching None { get; } = new([], []);
}

/// <summary>The sweeps of one network's switch states: each state's order is found once. Thread-safe.</summary>
/// <remarks>A scenario that opens one branch shares the order of the network as it is, its lane masked; one that closes a branch, or
/// opens several, is swept with the scenarios of the same state.</remarks>
public sealed class SwitchStates
{
    /// <summary>States kept; beyond that all are forgotten, for whoever tries so many tries each once.</summary>
    public const int StatesMax = 1024;

    private readonly Network network;
    private readonly ConcurrentDictionary<string, (RadialSweep? Sweep, string? Reason)> known = [];

    public SwitchStates(Network network) => this.network = network;

    /// <summary>The sweep of a switch state; null with the reason when it is not radial.</summary>
    /// <exception cref="ArgumentException">There is no such branch, or one is both opened and closed.</exception>
    public RadialSweep? Sweep(Switching switching, out string? reason)
    {
        (var sweep, reason) = State(switching);
        return sweep;
    }

    /// <summary>Scenarios that each switch and load as they like.</summary>
    /// <param name="switchings">One for each scenario.</param>
    /// <param name="p">Constant active power drawn, pu: scenarios times buses, one scenario after the other.</param>
    /// <param name="q">The same, reactive.</param>
    /// <param name="results">One for each scenario; a state that cannot be swept did not converge, in 0 iterations.</param>
    /// <param name="vm">Voltage magnitudes, pu, scenarios times buses; 0 where unserved.</param>
    /// <param name="va">Voltage angles, rad, likewise.</param>
    /// <param name="options">How the sweeps run.</param>
    public void Solve(IReadOnlyList<Switching> switchings, double[] p, double[] q, ScenarioResult[] results, double[] vm, double[] va, SweepOptions? options = null)
    {
        var buses = network.Buses.Count;
        var size = (long)switchings.Count * buses;
        if (p.Length != size || q.Length != size || vm.Length != size || va.Length != size || results.Length != switchings.Count) throw new ArgumentException($"{switchings.Count} scenarios of {buses} buses need arrays of {size}.");
        var maskable = Sweep(Switching.None, out _) is not null;
        foreach (var group in Enumerable.Range(0, switchings.Count).GroupBy(s => maskable && IsMask(switchings[s]) ? "" : Key(switchings[s])))
        {
            var scenarios = group.ToArray();
            var masks = group.Key.Length == 0;
            var (sweep, _) = State(masks ? Switching.None : switchings[scenarios[0]]);
            if (sweep is null)
            {
                foreach (var s in scenarios)
                {
                    results[s] = new ScenarioResult(false, 0, double.NaN, -1, double.NaN, double.NaN, double.NaN);
                    vm.AsSpan(s * buses, buses).Clear();
                    va.AsSpan(s * buses, buses).Clear();
                }
                continue;
            }
            var ends = new ScenarioResult[scenarios.Length];
            var (groupVm, groupVa) = (new double[scenarios.Length * buses], new double[scenarios.Length * buses]);
            sweep.Solve(
                new ScenarioBatch
                {
                    Loads = ScenarioLoads.Rows(Rows(p, scenarios, buses), Rows(q, scenarios, buses), buses),
                    Opened = masks ? Array.ConvertAll(scenarios, s => switchings[s].Open.Count == 0 ? -1 : switchings[s].Open[0]) : null,
                    Results = ends,
                    Vm = groupVm,
                    Va = groupVa,
                },
                options);
            for (var i = 0; i < scenarios.Length; i++)
            {
                results[scenarios[i]] = ends[i];
                groupVm.AsSpan(i * buses, buses).CopyTo(vm.AsSpan(scenarios[i] * buses));
                groupVa.AsSpan(i * buses, buses).CopyTo(va.AsSpan(scenarios[i] * buses));
            }
        }
    }

    private static bool IsMask(Switching switching) => switching.Close.Count == 0 && switching.Open is [] or [>= 0];

    private static string Key(Switching switching) => $"-{string.Join(',', switching.Open.Distinct().Order())}+{string.Join(',', switching.Close.Distinct().Order())}";

    private static double[] Rows(double[] all, int[] scenarios, int buses)
    {
        var rows = new double[scenarios.Length * buses];
        for (var i = 0; i < scenarios.Length; i++) all.AsSpan(scenarios[i] * buses, buses).CopyTo(rows.AsSpan(i * buses));
        return rows;
    }

    private (RadialSweep? Sweep, string? Reason) State(Switching switching)
    {
        if (known.Count >= StatesMax) known.Clear();
        return known.GetOrAdd(Key(switching), _ => (RadialSweep.Of(Switched(switching), out var reason), reason));
    }

    private Network Switched(Switching switching)
    {
        if (switching.Open.Count == 0 && switching.Close.Count == 0) return network;
        var inService = (bool[])network.Branches.InService.Clone();
        foreach (var k in switching.Open) inService[Known(k)] = false;
        foreach (var k in switching.Close) inService[Known(k)] = true;
        if (switching.Open.Intersect(switching.Close).Any()) throw new ArgumentException($"Branch {switching.Open.Intersect(switching.Close).First() + 1} is both opened and closed.", nameof(switching));
        return network.With(network.Branches.WithService(inService));

        int Known(int k) => (uint)k < (uint)inService.Length ? k : throw new ArgumentException($"There is no branch {k + 1} to switch.", nameof(switching));
    }
}
