using System.Numerics;
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
    private readonly Extremes[] extremes;
    private readonly int[][] opened;
    private readonly Dictionary<int, bool[]>[] below;
    private readonly FeederFlows[] flows;
    private readonly FeederLife[] lives;
    private readonly int[] sunny;
    private readonly double[] p, q, vm;
    private readonly double[] rowP, rowQ, loading;
    private readonly double[] drawn = new double[Steps], unserved = new double[Steps];
    private readonly ScenarioResult[] results = new ScenarioResult[Steps];
    private readonly double[] cityKw = new double[Steps];
    private ElementTally elements;

    public StudyWorker(StudyPlan plan)
    {
        this.plan = plan;
        var widest = plan.Feeders.Max(static feeder => feeder.Buses.Length);
        loads = plan.Loads.MakeStretch();
        extremes = [.. plan.Feeders.Select(feeder => new Extremes(feeder.Network, LimitsOf(feeder, plan)))];
        opened = [.. plan.Feeders.Select(feeder => OpenedSteps(feeder, plan))];
        below = [.. plan.Feeders.Select((feeder, f) => opened[f].Where(static branch => branch >= 0).Distinct().ToDictionary(static branch => branch, branch => Below(feeder, branch)))];
        (p, q) = (new double[Steps * widest], new double[Steps * widest]);
        var isAged = plan.Ageing is not null;
        flows = isAged ? [.. plan.Feeders.Select(static feeder => new FeederFlows(feeder))] : [];
        vm = isAged ? new double[Steps * widest] : [];
        (rowP, rowQ, loading) = isAged ? (new double[widest], new double[widest], new double[widest]) : ([], [], []);
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
            extremes[f].Clear();
            feeder.Sweep.Solve(new ScenarioBatch
            {
                Loads = ScenarioLoads.Columns(p, q, feeder.Buses.Length, Steps), Opened = opened[f].Length == 0 ? null : opened[f], Results = results, Vm = lives.Length == 0 ? null : vm, Extremes = extremes[f],
            });
            Take(f, day);
            if (lives.Length > 0) Age(f, day);
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

    /// <summary>Buses that a branch of a feeder feeds, which none of them is when it is open.</summary>
    private static bool[] Below(FeederGrid feeder, int opened)
    {
        var below = new bool[feeder.Buses.Length];
        var branches = feeder.Network.Branches;
        // Bus i is fed through branch i − 1, by one before it.
        for (var i = 1; i < below.Length; i++) below[i] = i - 1 == opened || below[branches.From[i - 1] == i ? branches.To[i - 1] : branches.From[i - 1]];
        return below;
    }

    private static SweepLimits LimitsOf(FeederGrid feeder, StudyPlan plan) =>
        new(plan.Criteria.LowestVm, plan.Criteria.HighestVm, [.. feeder.Branches.Select(branch => (double)(plan.IsLine[branch] ? plan.Criteria.LinePercent : plan.Criteria.TransformerPercent)[1])]);

    /// <summary>Takes in what a day did to a feeder. What enters it is what its loads take and its branches lose.</summary>
    private void Take(int f, int day)
    {
        var buses = plan.Feeders[f].Buses.Length;
        var (losses, lost, unsolved) = (0.0, 0.0, 0);
        Draw(f);
        for (var step = 0; step < Steps; step++)
        {
            if (!results[step].Converged)
            {
                unsolved++;
                continue;
            }
            losses += results[step].LossesP;
            lost += unserved[step];
            cityKw[step] += (drawn[step] + results[step].LossesP) * plan.BaseKva;
        }
        Sums = Sums with
        {
            LossesKwh = Sums.LossesKwh + (losses * plan.BaseKva * Hours),
            UnservedKwh = Sums.UnservedKwh + (lost * plan.BaseKva * Hours),
            Unsolved = Sums.Unsolved + unsolved,
        };
        for (var i = 0; i < buses; i++) TakeBus(plan.Feeders[f].Buses[i], extremes[f], i, i == 0 ? Steps - unsolved : 0, day);
        for (var b = 0; b < buses - 1; b++) TakeBranch(plan.Feeders[f].Branches[b], extremes[f], b, day);
    }

    /// <summary>What a feeder's loads draw in each step, and what those that are cut off would.</summary>
    private void Draw(int f)
    {
        Array.Clear(drawn);
        Array.Clear(unserved);
        for (var i = 0; i < plan.Feeders[f].Buses.Length; i++)
        {
            var column = p.AsSpan(i * Steps, Steps);
            if (opened[f].Length == 0)
            {
                for (var step = 0; step < Steps; step += Vector<double>.Count) (new Vector<double>(drawn, step) + new Vector<double>(column[step..])).CopyTo(drawn, step);
                continue;
            }
            for (var step = 0; step < Steps; step++)
            {
                if (opened[f][step] is >= 0 and var branch && below[f][branch][i]) unserved[step] += Math.Max(0, column[step]);
                else drawn[step] += column[step];
            }
        }
    }

    /// <param name="steps">Of a source, whose voltage is held: the steps that it was.</param>
    private void TakeBus(int bus, Extremes of, int i, int steps, int day)
    {
        elements.LowestVm[bus] = Math.Min(elements.LowestVm[bus], (float)of.LowestVm[i]);
        elements.HighestVm[bus] = Math.Max(elements.HighestVm[bus], (float)of.HighestVm[i]);
        var (low, high) = steps == 0 ? (of.Low[i], of.High[i]) : (of.LowestVm[i] < plan.Criteria.LowestVm ? steps : 0, of.HighestVm[i] > plan.Criteria.HighestVm ? steps : 0);
        if (low + high == 0) return;
        (elements.StepsLow[bus], elements.StepsHigh[bus]) = (elements.StepsLow[bus] + low, elements.StepsHigh[bus] + high);
        if (elements.FirstDayOfBus[bus] < 0) elements.FirstDayOfBus[bus] = day;
    }

    private void TakeBranch(int branch, Extremes of, int b, int day)
    {
        var highest = (float)(of.HighestLoadingPercent[b] / 100);
        if (highest > elements.HighestLoading[branch]) elements.HighestLoading[branch] = highest;
        if (of.Over[b] == 0) return;
        elements.StepsOver[branch] += of.Over[b];
        if (elements.FirstDayOfBranch[branch] < 0) elements.FirstDayOfBranch[branch] = day;
    }

    /// <summary>Ages a feeder's transformers by a day, step by step.</summary>
    private void Age(int f, int day)
    {
        var air = loads.AmbientC(day);
        var buses = plan.Feeders[f].Buses.Length;
        for (var step = 0; step < Steps; step++)
        {
            if (!results[step].Converged) continue;
            var row = vm.AsSpan(step * buses, buses);
            for (var i = 0; i < buses; i++) (rowP[i], rowQ[i]) = row[i] == 0 ? (0, 0) : (p[(i * Steps) + step], q[(i * Steps) + step]);
            flows[f].Run(rowP.AsSpan(0, buses), rowQ.AsSpan(0, buses), row, loading);
            lives[f].Advance(air[step], loading);
        }
    }
}
