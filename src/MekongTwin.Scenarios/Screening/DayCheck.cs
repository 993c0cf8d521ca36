using System.Collections.Concurrent;
using System.Collections.Immutable;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Sweep;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>A limit that stands in the way.</summary>
/// <param name="Element">Line, or the bus by its node or transformer.</param>
/// <param name="What">loading, lowVoltage, highVoltage, or collapse where there is no solution.</param>
/// <param name="Worst">Highest loading in %, or the voltage farthest out in pu; 0 of a collapse.</param>
public sealed record LimitHit(string Element, string What, double Worst);

/// <summary>What lines and buses are held to for a day; transformers carry the same load however they are fed.</summary>
/// <param name="LinePercent">Loadings with the hours they may last, ascending.</param>
/// <param name="LowestVm">Voltage band, pu.</param>
/// <param name="HighestVm">Its upper end.</param>
/// <param name="VoltageHoursMax">Hours of the day that a bus may be outside.</param>
internal sealed record DayLimits(ImmutableArray<Allowance> LinePercent, double LowestVm, double HighestVm, double VoltageHoursMax)
{
    public static DayLimits AfterLoss(Criteria criteria, ContingencyRules rules) => new(rules.LinePercent, criteria.LowestVmAfterContingency, criteria.HighestVm, rules.VoltageHoursMax);

    /// <summary>Shorter than what makes a violation.</summary>
    public static DayLimits Normal(Criteria criteria)
    {
        var hours = Math.Max(0, criteria.LeastHours - (24.0 / IFutureLoads.Steps));
        return new([new(criteria.LinePercent[1], hours)], criteria.LowestVm, criteria.HighestVm, hours);
    }
}

/// <summary>
/// Whether a feeder, switched so, bears the day: the day's steps are the lanes of one sweep. Thread-safe; a state is solved once.
/// </summary>
internal sealed class DayCheck(SwitchedGrid grid, StudiedDay day, DayLimits limits, StudyElements named)
{
    private const int Steps = IFutureLoads.Steps;

    private readonly ConcurrentDictionary<string, Lazy<LimitHit?>> known = new(StringComparer.Ordinal);

    /// <summary>What a feeder would break with these links closed, the worst of it; null when it bears the day.</summary>
    public LimitHit? Find(int feeder, SortedSet<int> closed) =>
        known.GetOrAdd($"{feeder}:{string.Join(',', closed)}", _ => new(() => Solve(FeederGrid.Of(grid.Network, grid.Outward(feeder, closed))))).Value;

    private LimitHit? Solve(FeederGrid tree)
    {
        var (buses, all) = (tree.Buses.Length, day.Buses);
        var (p, q, vm) = (new double[Steps * buses], new double[Steps * buses], new double[Steps * buses]);
        for (var step = 0; step < Steps; step++)
        {
            for (var i = 0; i < buses; i++) (p[(step * buses) + i], q[(step * buses) + i]) = (day.P[(step * all) + tree.Buses[i]], day.Q[(step * all) + tree.Buses[i]]);
        }
        var results = new ScenarioResult[Steps];
        tree.Sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, buses, Steps), Results = results, Vm = vm });
        if (Array.Exists(results, static result => !result.Converged)) return new(named.Buses[tree.Buses[0]].Name, "collapse", 0);
        return Overload(tree, p, q, vm) ?? OutOfBand(tree, vm);
    }

    private LimitHit? Overload(FeederGrid tree, double[] p, double[] q, double[] vm)
    {
        var (buses, flows) = (tree.Buses.Length, new FeederFlows(tree));
        var squared = new double[Steps * (buses - 1)];
        for (var step = 0; step < Steps; step++) flows.Run(p.AsSpan(step * buses, buses), q.AsSpan(step * buses, buses), vm.AsSpan(step * buses, buses), squared.AsSpan(step * (buses - 1), buses - 1));
        var (worst, at) = (0.0, -1);
        for (var b = 0; b < buses - 1; b++)
        {
            if (named.Branches[tree.Branches[b]].Kind != "line") continue;
            var passed = false;
            foreach (var allowance in limits.LinePercent)
            {
                var beyond = 0;
                for (var step = 0; step < Steps; step++) beyond += squared[(step * (buses - 1)) + b] * 1e4 > allowance.Beyond * allowance.Beyond ? 1 : 0;
                passed |= beyond > allowance.HoursMax * Steps / 24;
            }
            if (!passed) continue;
            for (var step = 0; step < Steps; step++)
            {
                if (squared[(step * (buses - 1)) + b] > worst) (worst, at) = (squared[(step * (buses - 1)) + b], b);
            }
        }
        return at < 0 ? null : new(named.Branches[tree.Branches[at]].Name, "loading", Math.Round(100 * Math.Sqrt(worst), 1));
    }

    private LimitHit? OutOfBand(FeederGrid tree, double[] vm)
    {
        var (buses, least, most) = (tree.Buses.Length, limits.LowestVm, limits.HighestVm);
        var (farthest, at, value) = (0.0, -1, 0.0);
        for (var i = 1; i < buses; i++)
        {
            var (outside, far, farVm) = (0, 0.0, 0.0);
            for (var step = 0; step < Steps; step++)
            {
                var v = vm[(step * buses) + i];
                var beyond = Math.Max(least - v, v - most);
                if (beyond > 0) outside++;
                if (beyond > far) (far, farVm) = (beyond, v);
            }
            if (outside > limits.VoltageHoursMax * Steps / 24 && far > farthest) (farthest, at, value) = (far, i, farVm);
        }
        return at < 0 ? null : new(named.Buses[tree.Buses[at]].Name, value < least ? "lowVoltage" : "highVoltage", Math.Round(value, 4));
    }
}
