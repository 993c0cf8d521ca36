using System.Collections.Immutable;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>What the loss of one element comes to.</summary>
/// <param name="Branch">The line or transformer; −1 for a feeder's head.</param>
/// <param name="Feeder">Whose breaker opens; −1 for a transformer, which its own fuse takes out.</param>
/// <param name="Plan">How supply is restored; null where there is nothing to switch.</param>
/// <param name="Customers">Without supply before and after switching.</param>
/// <param name="Mwh">Not delivered in the first 5 minutes, in the first hour, and until repair, when it begins at the worst hour of the day.</param>
/// <param name="RestoredShare">Of the energy that switching could restore; null where there is none.</param>
/// <param name="FailuresPerYear">How often it is lost.</param>
/// <param name="RepairHours">How long.</param>
/// <param name="MwhPerYear">Expected: mean over the hours of the day at which it may begin, times failures, times the mean of daily peaks to the highest.</param>
internal sealed record Loss(
    int Branch, int Feeder, RestorationPlan? Plan, (int Before, int After) Customers, (double Minutes5, double Hour, double Repair) Mwh, double? RestoredShare, double FailuresPerYear, double RepairHours, double MwhPerYear)
{
    /// <summary>Expected customers times hours without supply a year.</summary>
    public required double CustomerHoursPerYear { get; init; }
}

/// <summary>
/// The loss of every feeder's head, every line and every transformer, one at a time, on the studied day. Lines of a section have their
/// restoration in common, so it is found once.
/// </summary>
internal static class ContingencyScreening
{
    private const double Minutes5 = 5.0 / 60;

    /// <param name="elements">The city.</param>
    /// <param name="named">Its elements with those that levers add.</param>
    /// <param name="grid">Its grid in the state that is studied.</param>
    /// <param name="day">The loads.</param>
    /// <param name="criteria">The voltage band after a contingency.</param>
    /// <param name="rules">What is borne, how often things fail and how long they take.</param>
    /// <param name="threads">Threads to share the work; the answer does not depend on it.</param>
    /// <param name="ct">Stops it.</param>
    public static Loss[] Run(CityElements elements, StudyElements named, SwitchedGrid grid, StudiedDay day, Criteria criteria, ContingencyRules rules, int threads, CancellationToken ct)
    {
        var city = new CityLoads(elements, grid, day);
        var restoration = new Restoration(grid, new DayCheck(grid, day, DayLimits.AfterLoss(criteria, rules), named), [.. city.OfSection.Select(static section => (long)Math.Round(1000 * section.Curve.Kwh))]);
        var (lines, feeders) = (grid.Lines, grid.Heads.Length);
        var faults = lines.Select(FaultOfLine).Concat(Enumerable.Range(0, feeders).Select(f => new Fault(f, grid.SectionOfHead(f), -1))).ToArray();
        Fault[] distinct = [.. faults.Where(static fault => fault.Feeder >= 0).Distinct()];
        var plans = new RestorationPlan[distinct.Length];
        Parallel.For(0, distinct.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = ct }, i => plans[i] = restoration.Plan(distinct[i].Feeder, distinct[i].Section, distinct[i].Line));
        var planOf = Enumerable.Range(0, distinct.Length).ToDictionary(i => distinct[i], i => plans[i]);
        return
        [
            .. Enumerable.Range(0, lines.Length).Where(line => faults[line].Feeder >= 0).Select(line => OfFault(lines[line].Branch, faults[line], rules.Failures.LinePerKm * lines[line].LengthKm, rules.Repair.Line)),
            .. Enumerable.Range(0, feeders).Select(f => OfFault(-1, faults[lines.Length + f], rules.Failures.Head, rules.Repair.Head)),
            .. grid.Transformers.Select((transformer, t) => Of(transformer.Branch, -1, null, (city.OfTransformer[t], city.OfTransformer[t], city.OfTransformer[t]), rules.Failures.Transformer, rules.Repair.Transformer)),
        ];

        Fault FaultOfLine(GridLine line)
        {
            var section = grid.SectionOfLine(line.Branch);
            // A line alone stands between a switch and the breaker at its end, which opens whatever the switch.
            return section >= 0 ? new(grid.FeederOf[section], section, -1) : new(grid.FeederOfNode(line.To), -1, line.Branch);
        }

        Loss OfFault(int branch, Fault fault, double failures, double repair)
        {
            var plan = planOf[fault];
            var head = grid.SectionOfHead(fault.Feeder);
            var before = Enumerable.Range(0, grid.FeederOf.Length).Where(section => grid.FeederOf[section] == fault.Feeder && (section != head || fault.Section == head));
            return Of(branch, fault.Feeder, plan, (Together(before), Together(plan.Dark), Together(fault.Section >= 0 ? [fault.Section] : [])), failures, repair);
        }

        Supplied Together(IEnumerable<int> sections) => Supplied.Sum(sections.Select(section => city.OfSection[section]));

        Loss Of(int branch, int feeder, RestorationPlan? plan, (Supplied Before, Supplied After, Supplied Lost) dark, double failures, double repair)
        {
            var switched = Math.Min(repair, rules.SwitchingMinutes / 60);
            var (worst, mean) = (default((double Minutes5, double Hour, double Repair)), 0.0);
            for (var step = 0; step < IFutureLoads.Steps; step++)
            {
                var start = step * 24.0 / IFutureLoads.Steps;
                var all = Until(repair);
                mean += all / IFutureLoads.Steps;
                if (step == 0 || all > worst.Repair) worst = (Until(Math.Min(Minutes5, repair)), Until(Math.Min(1, repair)), all);

                double Until(double hours) => Math.Min(hours, switched) is var turn ? (dark.Before.Curve.Between(start, start + turn) + dark.After.Curve.Between(start + turn, start + hours)) / 1000 : 0;
            }
            var restorable = dark.Before.Curve.Kwh - dark.Lost.Curve.Kwh;
            return new(
                branch, feeder, plan, (dark.Before.Customers, dark.After.Customers), worst,
                plan is null || restorable <= 0 ? null : (dark.Before.Curve.Kwh - dark.After.Curve.Kwh) / restorable,
                failures, repair, failures * mean * day.MeanToPeak)
            {
                CustomerHoursPerYear = failures * ((dark.Before.Customers * switched) + (dark.After.Customers * (repair - switched))),
            };
        }
    }

    /// <summary>What is out: a section, or a line alone; and the feeder whose breaker opens, −1 for none.</summary>
    private readonly record struct Fault(int Feeder, int Section, int Line);
}
