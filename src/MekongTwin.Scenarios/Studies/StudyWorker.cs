using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Scenarios.Studies;

/// <summary>One thread's room: it solves days and tallies what it sees.</summary>
internal sealed class StudyWorker
{
    private const int Steps = IFutureLoads.Steps;
    private const double Hours = 24.0 / Steps;

    private readonly StudyPlan plan;
    private readonly IStretchLoads loads;
    private readonly FeederFlows[] flows;
    private readonly int[][] opened;
    private readonly FeederLife[] lives;
    private readonly int[] sunny;
    private readonly double[] p, q, vm, loading;
    private readonly ScenarioResult[] results = new ScenarioResult[Steps];
    private readonly double[] cityKw = new double[Steps];
    private ElementTally elements;

    public StudyWorker(StudyPlan plan)
    {
        this.plan = plan;
        var widest = plan.Feeders.Max(static feeder => feeder.Buses.Length);
        loads = plan.Loads.MakeStretch();
        flows = [.. plan.Feeders.Select(static feeder => new FeederFlows(feeder))];
        opened = [.. plan.Feeders.Select(feeder => OpenedSteps(feeder, plan))];
        (p, q, vm) = (new double[Steps * widest], new double[Steps * widest], new double[Steps * widest]);
        loading = new double[widest];
        lives = plan.Ageing is null ? [] : [.. plan.Feeders.Select(feeder => new FeederLife(feeder, plan.IsLine, plan.Ageing))];
        sunny = [.. plan.Hosting?.Steps ?? []];
        elements = plan.MakeTally();
    }

    public StretchSums Sums { get; private set; }

    /// <summary>Begins with some days of a future.</summary>
    public void Begin(int future, int firstDay, int days)
    {
        (elements, Sums) = (plan.MakeTally(), default);
        loads.Draw(future, firstDay, days);
        foreach (var life in lives) life.Begin();
    }

    /// <summary>What the days since the beginning did to every element.</summary>
    public ElementTally End()
    {
        foreach (var life in lives) life.End(elements);
        return elements;
    }

    public void SolveDay(int day, FutureOutcome outcome)
    {
        Array.Clear(cityKw);
        for (var f = 0; f < plan.Feeders.Length; f++)
        {
            var feeder = plan.Feeders[f];
            var size = Steps * feeder.Buses.Length;
            loads.Fill(f, feeder, day, p.AsSpan(0, size), q.AsSpan(0, size));
            feeder.Sweep.Solve(new ScenarioBatch { Loads = ScenarioLoads.Rows(p, q, feeder.Buses.Length, Steps), Opened = opened[f].Length == 0 ? null : opened[f], Results = results, Vm = vm });
            Tally(feeder, flows[f], lives.Length == 0 ? null : lives[f], day);
        }
        var (peak, energy) = (0.0, 0.0);
        for (var step = 0; step < Steps; step++)
        {
            (peak, energy) = (Math.Max(peak, cityKw[step]), energy + (cityKw[step] * Hours));
            if (day == 0) outcome.FirstDayKw[step] = (float)cityKw[step];
        }
        outcome.DailyPeakKw[day] = (float)peak;
        if (sunny.Length > 0) outcome.DailyLeastKw[day] = (float)sunny.Min(step => cityKw[step]);
        Sums = Sums with { EnergyKwh = Sums.EnergyKwh + energy };
    }

    /// <summary>The branch of a feeder that is open in each step; empty where none ever is.</summary>
    private static int[] OpenedSteps(FeederGrid feeder, StudyPlan plan)
    {
        var opened = new int[Steps];
        Array.Fill(opened, -1);
        foreach (var outage in plan.Outages)
        {
            var branch = Array.IndexOf(feeder.Branches, outage.Branch);
            if (branch < 0) continue;
            for (var step = outage.FromStep; step < outage.ToStep; step++) opened[step] = branch;
        }
        return opened.All(static branch => branch < 0) ? [] : opened;
    }

    private void Tally(FeederGrid feeder, FeederFlows flow, FeederLife? life, int day)
    {
        var air = life is null ? default : loads.AmbientC(day);
        var buses = feeder.Buses.Length;
        var (losses, unserved, unsolved) = (0.0, 0.0, 0);
        for (var step = 0; step < Steps; step++)
        {
            var row = step * buses;
            if (!results[step].Converged)
            {
                unsolved++;
                continue;
            }
            var voltages = vm.AsSpan(row, buses);
            losses += results[step].LossesP;
            for (var i = 0; i < buses; i++)
            {
                if (voltages[i] != 0) TakeVoltage(feeder.Buses[i], voltages[i], day);
                else
                {
                    unserved += Math.Max(0, p[row + i]);
                    (p[row + i], q[row + i]) = (0, 0);
                }
            }
            cityKw[step] += flow.Run(p.AsSpan(row, buses), q.AsSpan(row, buses), voltages, loading).P * plan.BaseKva;
            for (var b = 0; b < buses - 1; b++) TakeLoading(feeder.Branches[b], loading[b], day);
            life?.Advance(air[step], loading);
        }
        Sums = Sums with
        {
            LossesKwh = Sums.LossesKwh + (losses * plan.BaseKva * Hours),
            UnservedKwh = Sums.UnservedKwh + (unserved * plan.BaseKva * Hours),
            Unsolved = Sums.Unsolved + unsolved,
        };
    }

    private void TakeVoltage(int bus, double vm, int day)
    {
        var value = (float)vm;
        if (value < elements.LowestVm[bus]) elements.LowestVm[bus] = value;
        if (value > elements.HighestVm[bus]) elements.HighestVm[bus] = value;
        if (vm >= plan.Criteria.LowestVm && vm <= plan.Criteria.HighestVm) return;
        if (vm < plan.Criteria.LowestVm) elements.StepsLow[bus]++;
        else elements.StepsHigh[bus]++;
        if (elements.FirstDayOfBus[bus] < 0) elements.FirstDayOfBus[bus] = day;
    }

    private void TakeLoading(int branch, double squared, int day)
    {
        var highest = elements.HighestLoading[branch];
        if (squared > (double)highest * highest) elements.HighestLoading[branch] = (float)Math.Sqrt(squared);
        var most = (plan.IsLine[branch] ? plan.Criteria.LinePercent : plan.Criteria.TransformerPercent)[1];
        if (squared * 1e4 <= most * most) return;
        elements.StepsOver[branch]++;
        if (elements.FirstDayOfBranch[branch] < 0) elements.FirstDayOfBranch[branch] = day;
    }
}
