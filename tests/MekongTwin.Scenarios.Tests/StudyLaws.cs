using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests;

/// <summary>What holds of every study.</summary>
public sealed class StudyLaws
{
    private static readonly StudyBase City = Bases.Of();

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        var scenario = Bases.Ask(new HeatWave(4), new ElectricMotorbikes(0.4, ChargingStrategy.Evening)) with { Days = 40 };
        var one = StudyRun.Run(City, scenario, 1).ToJson();
        Assert.Equal(one, StudyRun.Run(City, scenario, 2).ToJson());
        Assert.Equal(one, StudyRun.Run(City, scenario, 5).ToJson());
    }

    [Fact]
    public void Levers_that_move_nothing_give_the_baseline_bit_for_bit()
    {
        var still = StudyRun.Run(City, Bases.Ask(), 1);
        var moved = StudyRun.Run(City, Bases.Ask(new HeatWave(0), new ElectricMotorbikes(0, ChargingStrategy.Managed), new MorePv(0), new Growth(0, 0), new CoolingEfficiency(1), new ShiftLoad(0, 18, 20), new TariffShift(0),
            new BatteryStorage("tx/0-0", 0, 0), new TransformerTap(0), new Capacitor("0/3", 0), new Reinforce("tx/0-0", 1), new HeatWave(new Estimate(0, 0, 0)), new MorePv(0) { Exports = new(1e9) }), 1);
        Assert.Equal(still.Baseline, moved.Scenario);
        Assert.Equal(still.FirstDay, moved.FirstDay);
        Assert.Equal(moved.Baseline, moved.Scenario);
    }

    [Fact]
    public void Another_seed_or_another_base_gives_another_answer()
    {
        var first = StudyRun.Run(City, Bases.Ask(), 1);
        Assert.NotEqual(first.Scenario, StudyRun.Run(City, Bases.Ask() with { Seed = 8 }, 1).Scenario);
        var other = Bases.Of(seed: 2);
        Assert.NotEqual(City.Hash, other.Hash);
        Assert.NotEqual(first.Scenario, StudyRun.Run(other, Bases.Ask(), 1).Scenario);
    }

    [Fact]
    public void Heat_raises_the_peak_and_efficient_cooling_lowers_it()
    {
        var (baseline, heat) = Run(new HeatWave(4));
        Assert.True(heat.PeakMw.P50 > baseline.PeakMw.P50);
        var (_, efficient) = Run(new HeatWave(4), new CoolingEfficiency(0.7));
        Assert.True(efficient.EnergyMwh.P50 < heat.EnergyMwh.P50);
    }

    [Fact]
    public void Motorbikes_take_their_energy_whenever_they_charge()
    {
        var expected = 0.4 * 0.7 * City.People.Sum() * 20 * 0.035 * 2 / 1000;
        foreach (var when in Enum.GetValues<ChargingStrategy>())
        {
            var (baseline, bikes) = Run(new ElectricMotorbikes(0.4, when));
            // What enters beyond it are the losses of its way.
            var added = bikes.EnergyMwh.P50 - baseline.EnergyMwh.P50 - (bikes.LossesMwh.P50 - baseline.LossesMwh.P50);
            Assert.InRange(added / expected, 0.99, 1.01);
        }
    }

    [Fact]
    public void Shifted_load_keeps_its_energy_and_leaves_its_hours()
    {
        var (_, _, report) = Report(new ShiftLoad(20, 18, 20));
        var (before, after) = (Sum(report, static point => point.Baseline.P50), Sum(report, static point => point.Scenario.P50));
        Assert.InRange(after / before, 0.995, 1.005);
        Assert.All(report.FirstDay.Skip(72).Take(8), static point => Assert.True(point.Scenario.P90 < point.Baseline.P90));
    }

    [Fact]
    public void Tariff_hours_move_energy_from_dear_hours_into_cheap_ones_of_the_same_day()
    {
        var (_, _, report) = Report(new TariffShift(20));
        Assert.InRange(Sum(report, static point => point.Scenario.P50) / Sum(report, static point => point.Baseline.P50), 0.995, 1.005);
        var workday = City.Rules.Tariffs[^1];
        Assert.All(TariffRules.StepsOf(workday.Peak, DayKind.Workday), step => Assert.True(report.FirstDay[step].Scenario.P50 < report.FirstDay[step].Baseline.P50));
        Assert.All(TariffRules.StepsOf(workday.OffPeak, DayKind.Workday), step => Assert.True(report.FirstDay[step].Scenario.P50 > report.FirstDay[step].Baseline.P50));
        var sunday = StudyRun.Run(City, Bases.Ask(new TariffShift(20)) with { From = new(2026, 6, 7), Days = 1 }, 1);
        Assert.Equal(sunday.Baseline, sunday.Scenario);
    }

    [Fact]
    public void Whom_tariff_hours_do_not_concern_takes_what_it_took()
    {
        var loads = new FactorLoads(3);
        (loads.P(0, Factor.Base(CustomerClass.Household)), loads.P(1, Factor.Base(CustomerClass.Industrial)), loads.P(2, Factor.Base(CustomerClass.Industrial)), loads.P(2, Factor.Base(CustomerClass.Household))) = (5, 5, 5, 15);
        var response = new TariffResponse(City.Rules.Tariffs, DayCalendar.VietNam, 0.4, loads);
        double[] Moved(int load, DateOnly day)
        {
            double[] kw = [.. Enumerable.Range(0, Quarters.ADay).Select(static step => step - 40.0)];
            response.Move(load, day, kw);
            return kw;
        }
        var (still, all, quarter) = (Moved(0, new(2026, 6, 2)), Moved(1, new(2026, 6, 2)), Moved(2, new(2026, 6, 2)));
        Assert.Equal(Moved(1, new(2026, 6, 7)), still);
        // Before any of the tariffs began.
        Assert.Equal(Moved(1, new(2013, 6, 4)), still);
        Assert.Equal(still.Sum(), all.Sum(), 1e-9);
        Assert.Equal(0.6 * still[70], all[70], 1e-12);
        Assert.Equal(0.9 * still[70], quarter[70], 1e-12);
        // A roof that gives in a dear hour goes on giving.
        Assert.Equal(still[39], all[39]);
    }

    [Fact]
    public void Every_country_can_be_screened_and_its_tariffs_are_hours_apart()
    {
        foreach (var rules in CountryRules.Known.Select(static country => CountryRules.Find(country)!))
        {
            Assert.True(rules is { Contingency: not null, Ageing: not null, Hosting: not null, Remedies: not null, Carbon: not null });
            Assert.Equal(rules.Tariffs.OrderBy(static tariff => tariff.From), rules.Tariffs);
            foreach (var (tariff, day) in rules.Tariffs.SelectMany(static tariff => Enum.GetValues<DayKind>().Select(day => (tariff, day))))
            {
                Assert.All(tariff.Peak.Concat(tariff.OffPeak), static hours => Assert.True(hours is { FromHour: >= 0, ToHour: <= 24 } && hours.FromHour < hours.ToHour && hours.FromHour * 4 % 1 == 0 && hours.ToHour * 4 % 1 == 0));
                Assert.Empty(TariffRules.StepsOf(tariff.Peak, day).Intersect(TariffRules.StepsOf(tariff.OffPeak, day)));
            }
        }
        Assert.Equal(["kh", "la", "mm", "th", "vn"], CountryRules.Known);
        var cambodia = Bases.With(City, CountryRules.Find("KH")!);
        Assert.Equal("levers[0]", Assert.Throws<ScenarioException>(() => StudyRun.Check(cambodia, Bases.Ask(new TariffShift(10)))).Field);
    }

    [Fact]
    public void Yearly_growth_leaves_panels_and_vehicles_as_they_are()
    {
        double Drawn(params Lever[] levers)
        {
            var side = StudyRun.Run(City, Bases.Ask(levers) with { Days = 200, Futures = 1 }, 2).Scenario;
            return side.EnergyMwh.P50 - side.LossesMwh.P50;
        }
        var growth = new Growth(0, 40);
        Lever[] added = [new MorePv(0.5), new ElectricMotorbikes(0.3, ChargingStrategy.Evening)];
        var (alone, grown) = (Drawn(added) - Drawn(), Drawn([growth, .. added]) - Drawn(growth));
        Assert.True(Drawn(growth) > 1.08 * Drawn());
        Assert.Equal(alone, grown, 0.02 * Math.Abs(alone));
    }

    [Fact]
    public void Panels_never_raise_what_is_drawn()
    {
        var (_, _, report) = Report(new MorePv(2));
        Assert.All(report.FirstDay, static point => Assert.True(point.Scenario.P90 <= point.Baseline.P90 + 1e-9));
        Assert.Contains(report.FirstDay, static point => point.Scenario.P50 < 0.9 * point.Baseline.P50);
    }

    [Fact]
    public void Panels_that_may_not_export_leave_no_feeder_feeding_back()
    {
        var (_, free) = Run(new MorePv(20));
        var (_, none) = Run(new MorePv(20) { Exports = ExportLimit.Zero });
        Assert.True(free.EnergyMwh.P50 < none.EnergyMwh.P50);
        var (_, _, report) = Report(new MorePv(20) { Exports = ExportLimit.Zero });
        Assert.All(report.FirstDay, static point => Assert.True(point.Scenario.P10 >= 0));
    }

    [Fact]
    public void An_outage_leaves_unserved_what_was_behind_it_and_nothing_else()
    {
        var line = City.Elements.Grid.City.Lines[0].Id;
        var (baseline, dark) = Run(new Outage(line, 10, 12));
        Assert.Equal(0, baseline.UnservedMwh.P50);
        Assert.True(dark.UnservedMwh.P50 > 0);
        var (before, after) = (baseline.EnergyMwh.P50 - baseline.LossesMwh.P50, dark.EnergyMwh.P50 - dark.LossesMwh.P50);
        Assert.InRange((before - after) / dark.UnservedMwh.P50, 0.95, 1.05);
    }

    [Fact]
    public void Growth_compounds_by_the_day()
    {
        var scenario = Bases.Ask(new Growth(10, 0)) with { Days = 1 };
        var report = StudyRun.Run(City, scenario, 1);
        Assert.InRange((report.Scenario.EnergyMwh.P50 - report.Scenario.LossesMwh.P50) / (report.Baseline.EnergyMwh.P50 - report.Baseline.LossesMwh.P50), 1.0999, 1.1001);
        var years = Bases.Ask(new Growth(0, 10)) with { Days = 731, Futures = 1 };
        var last = StudyRun.Run(City, years, 2).DailyPeaks[^1];
        Assert.InRange(last.Scenario.P50 / last.Baseline.P50, 1.20, 1.23);
    }

    [Fact]
    public void A_reinforced_transformer_is_less_loaded()
    {
        var heavy = new Growth(150, 0);
        var over = StudyRun.Run(City, Bases.Ask(heavy), 1).Violations.First(static violation => violation is { Kind: "transformer", What: "loading" });
        var mended = StudyRun.Run(City, Bases.Ask(heavy, new Reinforce(over.Element, 4)), 1);
        var still = mended.Violations.FirstOrDefault(violation => violation.Element == over.Element && violation.What == "loading");
        Assert.True((still?.Worst.P90 ?? 0) < 0.3 * over.Worst.P90);
    }

    [Fact]
    public void A_study_can_be_stopped()
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => StudyRun.Run(City, Bases.Ask() with { Days = 300 }, 1, _ => stop.Cancel(), stop.Token));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 400)]
    [InlineData(-2.5, 1500)]
    public void Loadings_are_those_of_the_whole_flows(double raisePercent, double kvar)
    {
        var levers = Bases.Ask(new TransformerTap(raisePercent), new Capacitor("1/3", kvar));
        var network = GridLevers.Apply(levers, City.Elements).Network.With(City.Elements.Grid.Network.Loads);
        var solved = Engines.PowerFlow.Sweep.RadialSweep.Of(network, out _)!.Solve();
        foreach (var feeder in FeederGrid.Split(network))
        {
            var (p, q, vm) = (Of(network.Loads.PowerP), Of(network.Loads.PowerQ), Of(solved.Vm));
            var squared = new double[feeder.Branches.Length];
            new FeederFlows(feeder).Run(p, q, vm, squared);
            for (var b = 0; b < squared.Length; b++) Assert.Equal(solved.LoadingPercent[feeder.Branches[b]], 100 * Math.Sqrt(squared[b]), 1e-5);

            double[] Of(double[] whole) => [.. feeder.Buses.Select(bus => whole[bus])];
        }
    }

    [Fact]
    public void What_cannot_be_is_refused_with_its_field()
    {
        Refused("levers[0].line", "there are, for example", new SwitchLine("no-such-line", true));
        Refused("levers", "ring or join", new SwitchLine("tie/0", true));
        Refused("levers[1].element", "no line, transformer or feeder", new HeatWave(1), new Outage("nothing", 1, 2));
        Refused("levers[1]", "once", new ShiftLoad(1, 2, 3), new ShiftLoad(1, 2, 3));
        Refused("levers[0].below", "no transformers below", new Growth(1, 1) { Below = "elsewhere" });
        var many = Assert.Throws<ScenarioException>(() => StudyRun.Check(City, Bases.Ask() with { Days = 3660, Futures = 11 }));
        Assert.Equal("futures", many.Field);
    }

    [Fact]
    public void An_open_point_can_be_moved()
    {
        var moved = StudyRun.Run(City, Bases.Ask(new SwitchLine("tie/0", true), new SwitchLine(City.Elements.Grid.City.Lines[0].Id, false)), 1);
        Assert.Equal(0, moved.Scenario.UnservedMwh.P90);
        Assert.NotEqual(moved.Baseline.LossesMwh, moved.Scenario.LossesMwh);
    }

    [Theory]
    [InlineData(new[] { 5.0 }, 5, 5, 5)]
    [InlineData(new[] { 3.0, 1, 2 }, 1.2, 2, 2.8)]
    [InlineData(new[] { 0.0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100 }, 10, 50, 90)]
    public void Percentiles_go_straight_between_futures(double[] futures, double p10, double p50, double p90)
    {
        var found = Percentiles.Of(futures);
        Assert.Equal((p10, p50, p90), (Math.Round(found.P10, 9), Math.Round(found.P50, 9), Math.Round(found.P90, 9)));
    }

    private static void Refused(string field, string says, params Lever[] levers)
    {
        var refused = Assert.Throws<ScenarioException>(() => StudyRun.Check(City, Bases.Ask(levers)));
        Assert.Equal(field, refused.Field);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    private static double Sum(StudyReport report, Func<CurvePoint, double> figure) => report.FirstDay.Sum(figure);

    private static (StudySummary Baseline, StudySummary Scenario) Run(params Lever[] levers) => Report(levers) is var (baseline, scenario, _) ? (baseline, scenario) : default;

    private static (StudySummary Baseline, StudySummary Scenario, StudyReport Report) Report(params Lever[] levers)
    {
        var report = StudyRun.Run(City, Bases.Ask(levers), 1);
        return (report.Baseline, report.Scenario, report);
    }
}
