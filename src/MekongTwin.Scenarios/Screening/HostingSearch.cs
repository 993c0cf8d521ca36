using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Sweep;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>Most power that may feed in, kW, and what stands in the way of more: the branch or bus of the whole grid.</summary>
internal readonly record struct HostingLimit(double Kw, string What, int Element)
{
    /// <summary>Every place is filled and nothing stands in the way.</summary>
    public const string Full = "full";
}

/// <summary>Panels at a bus of a feeder, pu at full power: as many as there is room for.</summary>
internal readonly record struct Panels(int Bus, double Most);

/// <summary>
/// The most that a feeder takes of panels that come one place after the other, at one instant: the largest size below which no bus rises above the
/// voltage band less what is kept for the low-voltage grid, and no line is loaded beyond its band, or beyond what it is without panels; a
/// transformer has room for so many panels and no more. Sizes are the lanes of a sweep: each of <see cref="Rounds"/> rounds parts the interval in <see cref="Lanes"/>. Not thread-safe.
/// </summary>
internal sealed class HostingSearch
{
    /// <summary>Sizes of a round.</summary>
    public const int Lanes = 16;

    /// <summary>Rounds: the answer is within the range divided by 16 to their power, a 4,096th.</summary>
    public const int Rounds = 3;

    private readonly FeederGrid feeder;
    private readonly FeederFlows flows;
    private readonly double[] most, allowed;
    private readonly double highestVm;
    private readonly double[] p, q, vm, squared;
    private readonly ScenarioResult[] results = new ScenarioResult[Lanes];

    /// <param name="feeder">The feeder.</param>
    /// <param name="isLine">Which branches of the whole are lines; the others are transformers.</param>
    /// <param name="criteria">Highest voltage and loading.</param>
    /// <param name="rules">What is kept free.</param>
    public HostingSearch(FeederGrid feeder, bool[] isLine, Criteria criteria, HostingRules rules)
    {
        (this.feeder, flows, highestVm) = (feeder, new(feeder), criteria.HighestVm - rules.LowVoltageRisePu);
        most = [.. feeder.Branches.Select(branch => isLine[branch] ? Math.Pow(criteria.LinePercent[1] / 100, 2) : double.PositiveInfinity)];
        allowed = new double[most.Length];
        var buses = feeder.Buses.Length;
        (p, q, vm, squared) = (new double[Lanes * buses], new double[Lanes * buses], new double[Lanes * buses], new double[buses - 1]);
    }

    /// <param name="loadP">Drawn at each bus of the feeder, pu.</param>
    /// <param name="loadQ">The same, reactive.</param>
    /// <param name="places">Where panels come, in this order; a place is filled before the next one begins.</param>
    /// <param name="baseKva">kVA of 1 pu.</param>
    public HostingLimit Find(ReadOnlySpan<double> loadP, ReadOnlySpan<double> loadQ, ReadOnlySpan<Panels> places, double baseKva)
    {
        var (low, high, hit) = (0.0, 0.0, default((string What, int Element)?));
        foreach (var place in places) high += place.Most;
        for (var round = 0; round < Rounds; round++)
        {
            var step = (high - low) / Lanes;
            Solve(loadP, loadQ, places, low, step);
            if (round == 0) Allow();
            var lane = round == 0 ? 0 : 1;
            for (; lane < Lanes; lane++)
            {
                if (Hit(lane) is not { } found) continue;
                hit = found;
                break;
            }
            (low, high) = (low + (Math.Max(0, lane - 1) * step), low + (lane * step));
            if (lane == 0) break;
        }
        return new(low * baseKva, hit?.What ?? HostingLimit.Full, hit?.Element ?? feeder.Buses[0]);
    }

    /// <summary>Lanes from <paramref name="low"/> on, which is borne.</summary>
    private void Solve(ReadOnlySpan<double> loadP, ReadOnlySpan<double> loadQ, ReadOnlySpan<Panels> places, double low, double step)
    {
        var buses = feeder.Buses.Length;
        for (var lane = 0; lane < Lanes; lane++)
        {
            var rest = low + (lane * step);
            var rowP = p.AsSpan(lane * buses, buses);
            loadP.CopyTo(rowP);
            loadQ.CopyTo(q.AsSpan(lane * buses));
            foreach (var place in places)
            {
                rowP[place.Bus] -= Math.Min(rest, place.Most);
                rest = Math.Max(0, rest - place.Most);
            }
        }
        feeder.Sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, buses, Lanes), Results = results, Vm = vm });
    }

    /// <summary>What is overloaded without panels is not theirs: it may be loaded as much as then.</summary>
    private void Allow()
    {
        var buses = feeder.Buses.Length;
        flows.Run(p.AsSpan(0, buses), q.AsSpan(0, buses), vm.AsSpan(0, buses), squared);
        for (var b = 0; b < most.Length; b++) allowed[b] = Math.Max(most[b], squared[b]);
    }

    private (string What, int Element)? Hit(int lane)
    {
        var buses = feeder.Buses.Length;
        if (!results[lane].Converged) return ("collapse", feeder.Buses[0]);
        var voltages = vm.AsSpan(lane * buses, buses);
        flows.Run(p.AsSpan(lane * buses, buses), q.AsSpan(lane * buses, buses), voltages, squared);
        var (worst, found) = (0.0, default((string, int)?));
        for (var i = 1; i < buses; i++)
        {
            if (voltages[i] - highestVm is var rise && rise > worst) (worst, found) = (rise, ("highVoltage", feeder.Buses[i]));
        }
        if (found is not null) return found;
        for (var b = 0; b < buses - 1; b++)
        {
            if (squared[b] - allowed[b] is var over && over > worst) (worst, found) = (over, ("loading", feeder.Branches[b]));
        }
        return found;
    }
}
