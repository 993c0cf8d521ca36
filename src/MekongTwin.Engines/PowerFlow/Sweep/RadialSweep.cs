using System.Collections.Concurrent;
using System.Globalization;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The backward/forward sweep of one radial network: one SIMD lane a scenario. Thread-safe; it keeps its blocks of memory
/// from call to call.</summary>
public sealed class RadialSweep
{
    private readonly RadialModel model;
    private readonly ConcurrentDictionary<int, ConcurrentBag<SweepBlock>> blocksByLanes = [];

    private RadialSweep(RadialModel model) => this.model = model;

    public Network Network => model.Network;

    public RadialOrder Order => model.Order;

    /// <summary>The sweep of a network; null with the reason in plain words when another solver is needed.</summary>
    public static RadialSweep? Of(Network network, out string? reason) => RadialOrder.Of(network, out reason) is { } order ? Of(network, order, out reason) : null;

    /// <summary>The sweep of a network whose order is known: other loads on the same switch state.</summary>
    public static RadialSweep? Of(Network network, RadialOrder order, out string? reason)
    {
        foreach (var bus in order.Buses)
        {
            if (network.SolvedAs[bus] != BusType.PV) continue;
            reason = string.Create(CultureInfo.InvariantCulture, $"bus {network.Buses.Number[bus]} holds its voltage (PV)");
            return null;
        }
        reason = null;
        return new RadialSweep(new RadialModel(network, order));
    }

    /// <summary>The network's own loads.</summary>
    public Solution Solve(SweepOptions? options = null)
    {
        var (vm, va) = (new double[Network.Buses.Count], new double[Network.Buses.Count]);
        var results = new ScenarioResult[1];
        Solve(new ScenarioBatch { Loads = ScenarioLoads.Same(1), Results = results, Vm = vm, Va = va }, options);
        return Flows.Of(Network, Network.Loads, vm, va, results[0].Converged, results[0].Iterations);
    }

    /// <summary>Every scenario of a batch; a scenario gets the same bits whatever its neighbours, threads and width.</summary>
    /// <exception cref="ArgumentException">Arrays do not fit the network and the scenarios.</exception>
    public void Solve(ScenarioBatch batch, SweepOptions? options = null)
    {
        options ??= SweepOptions.Default;
        Check(batch, options);
        var width = SweepWidth.For(options.Width, Order.Count, batch.Loads.Count);
        var count = (batch.Loads.Count + width.Lanes - 1) / width.Lanes;
        // An opened branch takes loads out of its lane, so they have to stand there.
        var profiles = batch.Opened is null ? batch.Loads.Place(model) : null;
        var next = -1;
        if (Math.Min(options.Threads, count) <= 1) Work();
        else Parallel.For(0, Math.Min(options.Threads, count), new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, _ => Work());

        void Work()
        {
            var blocks = blocksByLanes.GetOrAdd(width.Lanes, static _ => []);
            if (!blocks.TryTake(out var block)) block = new SweepBlock(Order.Count + 1, model.RingLength, width.Lanes, model.IsPowerOnly);
            block.Profiles = profiles;
            if (batch.Extremes is not null) block.ClearExtremes(model, batch.Extremes.Limits);
            for (var b = Interlocked.Increment(ref next); b < count; b = Interlocked.Increment(ref next))
            {
                Solve(batch, options, width, block, b * width.Lanes);
            }
            if (batch.Extremes is { } extremes) extremes.Take(model, block);
            blocks.Add(block);
        }
    }

    private void Solve(ScenarioBatch batch, SweepOptions options, SweepWidth width, SweepBlock block, int first)
    {
        var last = Math.Min(first + width.Lanes, batch.Loads.Count) - 1;
        // A change of u = |V|² by e is one of |V| by e/2.
        var bound = 2 * options.TolerancePu;
        var angles = batch.Vm is not null || batch.Va is not null;
        block.Start();
        block.Filled = last - first + 1;
        do
        {
            batch.Loads.Fill(width, model, block, first, last);
            if (batch.Opened is { } opened) block.Open(model, opened, first, last);
            else block.CloseAll();
            block.Restart();
            width.Solve(model, block, bound, options.MaxIterations);
            width.Settle(model, block, angles, batch.Extremes is not null);
        }
        while (block.SettledTooEarly(bound));
        if (batch.Extremes is not null) block.Keep();
        for (var lane = 0; lane <= last - first; lane++)
        {
            var converged = block.Converged[lane];
            batch.Results[first + lane] = new ScenarioResult(
                converged, block.Iterations[lane], block.Residual.Span[lane],
                converged || Order.Count == Order.Sources ? -1 : Order.Buses[block.Worst(lane, Order.Sources)],
                block.LossesP.Span[lane], block.LossesQ.Span[lane], block.LowestVm.Span[lane]);
        }
        if (!angles) return;
        block.Load.Span[(Order.Count * 2 * width.Lanes)..].Clear();
        if (batch.Va is { } va) ScenarioRows.Scatter(block.Load.Span, 0, width.Lanes, model.Places, va, first, last);
        if (batch.Vm is { } vm) ScenarioRows.Scatter(block.Load.Span, 1, width.Lanes, model.Places, vm, first, last);
    }

    private void Check(ScenarioBatch batch, SweepOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.TolerancePu);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxIterations, 2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Threads);
        Simd.Need(options.Width);
        batch.Loads.Check(Network);
        var (scenarios, values) = (batch.Loads.Count, (long)batch.Loads.Count * Network.Buses.Count);
        Need("results", batch.Results.Length, scenarios);
        if (batch.Opened is { } opened) Need("opened branches", opened.Length, scenarios);
        if (batch.Vm is { } vm) Need("voltage magnitudes", vm.Length, values);
        if (batch.Va is { } va) Need("voltage angles", va.Length, values);
        if (batch.Opened is { Length: > 0 } branches && branches.Max() is var most && most >= Network.Branches.Count) throw new ArgumentException($"There is no branch {most + 1} to open.");

        static void Need(string what, int length, long needed)
        {
            if (length < needed) throw new ArgumentException($"There is room for {length} {what}; {needed} are needed.");
        }
    }
}
