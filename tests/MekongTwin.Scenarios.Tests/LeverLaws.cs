using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests;

/// <summary>What each lever conserves, which way it moves what, and what it refuses.</summary>
public sealed class LeverLaws
{
    private static readonly StudyBase City = Bases.Of(transformersAFeeder: 6);

    [Fact]
    public void A_battery_gives_back_what_it_took_but_for_its_losses()
    {
        var ideal = Run(new BatteryStorage("fdr/0", 2000, 500) { RoundTrip = 1 });
        Assert.Equal(Delivered(ideal.Baseline), Delivered(ideal.Scenario), Tolerance);
        var real = Run(new BatteryStorage("fdr/0", 2000, 500) { RoundTrip = 0.8, Schedule = BatterySchedule.Evening });
        // Two days, each four hours of 400 kW out, limited by the 4 hours of 500 kW in: a quarter of it is lost.
        Assert.Equal(2 * 1.6 * 0.25, Delivered(real.Scenario) - Delivered(real.Baseline), Tolerance);
    }

    [Fact]
    public void A_larger_battery_never_leaves_its_line_more_loaded()
    {
        double[] loadings = [.. ((double[])[0, 500, 2000, 8000]).Select(kwh => Loading(new BatteryStorage("fdr/0", kwh, kwh / 4), "ln/0/0").P50)];
        Assert.Equal(loadings.OrderDescending(), loadings);
        Assert.True(loadings[^1] < 0.95 * loadings[0]);
        // And what is elsewhere does not feel it.
        Assert.Equal(Loading(new BatteryStorage("fdr/0", 0, 0), "ln/1/0"), Loading(new BatteryStorage("fdr/0", 8000, 2000), "ln/1/0"));
    }

    [Fact]
    public void A_battery_of_the_evening_moves_energy_between_its_hours()
    {
        var report = Run(new BatteryStorage("tx/1-2", 400, 100) { Schedule = BatterySchedule.Evening, RoundTrip = 1 });
        for (var step = 0; step < 96; step++)
        {
            var point = report.FirstDay[step];
            var change = point.Scenario.P50 - point.Baseline.P50;
            if (step is >= 40 and < 56) Assert.InRange(change, 0.095, 0.115);
            else if (step is >= 72 and < 88) Assert.InRange(change, -0.115, -0.095);
            else Assert.Equal(0, change, 1e-9);
        }
    }

    [Fact]
    public void A_lower_limit_of_export_curtails_more_and_none_is_free()
    {
        StudyReport With(ExportLimit limit) => Run(new MorePv(20) { Exports = limit });
        var free = With(ExportLimit.Free);
        Assert.Equal(free.Scenario, With(new(1e6)).Scenario);
        double[] energies = [.. ((double[])[1e6, 200, 50, 10, 0]).Select(kw => With(new(kw)).Scenario.EnergyMwh.P50)];
        Assert.Equal(energies.Order(), energies);
        Assert.True(energies[0] < energies[^1]);
        Assert.Equal(With(ExportLimit.Zero).Scenario, With(new(0)).Scenario);
        // 18 transformers of at most 10 kW each; losses take from it.
        Assert.All(With(new(10)).FirstDay, static point => Assert.True(point.Scenario.P10 > -0.18));
    }

    [Fact]
    public void A_tap_raises_the_low_side_and_changes_no_energy_that_is_delivered()
    {
        double[] voltages = [.. ((double[])[-5, -2.5, 0, 2.5, 5]).Select(percent => Run(new Growth(60, 0), new TransformerTap(percent)).Scenario.LowestVm.P50)];
        Assert.Equal(voltages.Order(), voltages);
        // Loads of constant power draw less current the higher it is, which lifts it once more.
        Assert.InRange(voltages[1] / voltages[0], 1.025, 1.045);
        var raised = Run(new TransformerTap(5) { Below = "fdr/1" });
        Assert.Equal(Delivered(raised.Baseline), Delivered(raised.Scenario), Tolerance);
        Assert.NotEqual(raised.Baseline.LossesMwh, raised.Scenario.LossesMwh);
    }

    [Fact]
    public void A_capacitor_lifts_the_voltage_and_relieves_the_line_up_to_a_point()
    {
        StudySummary With(double kvar) => Run(new Capacitor("0/3", kvar)).Scenario;
        double[] voltages = [.. ((double[])[0, 200, 600, 2000]).Select(kvar => With(kvar).LowestVm.P50)];
        Assert.Equal(voltages.Order(), voltages);
        double[] loadings = [.. ((double[])[0, 150, 8000]).Select(kvar => StudyRun.Solve(City, Bases.Ask(new Growth(100, 0), new Capacitor("0/3", kvar)), 1).Elements.Single(static e => e.Element.Name == "ln/0/0").LoadingPercent.P50)];
        Assert.True(loadings[1] < loadings[0], $"{loadings[0]} to {loadings[1]}");
        Assert.True(loadings[2] > loadings[0]);
        Assert.Equal(Delivered(With(0)), Delivered(With(300)), Tolerance);
    }

    [Fact]
    public void A_feeder_transfer_is_its_two_switches()
    {
        var transfer = Run(new FeederTransfer("tie/0", "ln/0/1"));
        Assert.Equal(Run(new SwitchLine("tie/0", true), new SwitchLine("ln/0/1", false)).Scenario, transfer.Scenario);
        Assert.Equal(0, transfer.Scenario.UnservedMwh.P90);
        Assert.Equal(Delivered(transfer.Baseline), Delivered(transfer.Scenario), Tolerance);
    }

    [Fact]
    public void A_new_feeder_takes_what_hangs_on_its_node()
    {
        var result = StudyRun.Solve(City, Bases.Ask(new NewFeeder("0/1", 2)), 1);
        Assert.Equal(Delivered(result.Report.Baseline), Delivered(result.Report.Scenario), Tolerance);
        Assert.Equal(0, result.Report.Scenario.UnservedMwh.P90);
        var (old, added) = (result.Elements.Single(static e => e.Element.Name == "ln/0/0"), result.Elements.Single(static e => e.Element.Name == "levers[0].newFeeder"));
        // Both are of the same conductor.
        Assert.InRange((old.LoadingPercent.P50 + added.LoadingPercent.P50) / old.BaselineLoadingPercent!.Value.P50, 0.9, 1.1);
        Assert.True(added.LoadingPercent.P50 > 0);
        Assert.Null(added.BaselineLoadingPercent);
    }

    [Fact]
    public void A_new_load_may_stand_behind_a_transformer_of_its_own()
    {
        var result = StudyRun.Solve(City, Bases.Ask(new NewLoad("tx/0-3", 800, CustomerClass.Industrial) { Kva = 1000 }), 1);
        var added = result.Elements.Single(static e => e.Element.Name == "levers[0].newLoad");
        Assert.InRange(added.LoadingPercent.P50, 80, 110);
        var without = Run(new NewLoad("tx/0-3", 800, CustomerClass.Industrial));
        Assert.Equal(Delivered(without.Scenario), Delivered(result.Report.Scenario), Tolerance);
        Assert.True(result.Report.Scenario.LossesMwh.P50 > without.Scenario.LossesMwh.P50);
    }

    [Fact]
    public void A_figure_without_width_is_the_plain_figure_bit_for_bit()
    {
        var (plain, estimated) = (Run(new HeatWave(3), new MorePv(2)), Run(new HeatWave(new Estimate(3, 3, 3)), new MorePv(new Estimate(2, 2, 2))));
        Assert.Equal(plain.ToJson(), estimated.ToJson());
        // Also beside a figure that has a width.
        var wide = new ElectricMotorbikes(new Estimate(0.1, 0.3, 0.6), ChargingStrategy.Evening);
        Assert.Equal(Run(new HeatWave(3), wide).ToJson(), Run(new HeatWave(new Estimate(3, 3, 3)), wide).ToJson());
    }

    [Fact]
    public void Estimates_are_drawn_once_a_future_on_any_number_of_threads()
    {
        var scenario = Bases.Ask(new HeatWave(new Estimate(1, 3, 6)), new ElectricMotorbikes(new Estimate(0.1, 0.3, 0.6), ChargingStrategy.Evening) { KmPerDay = new(10, 20, 40) }, new Growth(new Estimate(0, 2, 20), 0)) with { Days = 40, Futures = 6 };
        var one = StudyRun.Run(City, scenario, 1).ToJson();
        Assert.Equal(one, StudyRun.Run(City, scenario, 2).ToJson());
        Assert.Equal(one, StudyRun.Run(City, scenario, 5).ToJson());
        Assert.NotEqual(one, StudyRun.Run(City, scenario with { Seed = 8 }, 1).ToJson());
    }

    [Fact]
    public void A_wide_figure_spreads_the_futures()
    {
        var (narrow, wide) = (Ask(new Growth(20, 0)), Ask(new Growth(new Estimate(0, 20, 40), 0)));
        Assert.True(wide.P90 - wide.P10 > 2 * (narrow.P90 - narrow.P10));
        Assert.InRange(wide.P50 / narrow.P50, 0.93, 1.07);

        static Percentiles Ask(Lever lever) => StudyRun.Run(City, Bases.Ask(lever) with { Days = 1, Futures = 40 }, 1).Scenario.EnergyMwh;
    }

    [Theory]
    [InlineData(0, 0, 10, 0.5, 2.9289)]
    [InlineData(0, 10, 10, 0.5, 7.0711)]
    [InlineData(0, 5, 10, 0.5, 5)]
    [InlineData(-2, 0, 6, 0.25, 0)]
    [InlineData(-2, 0, 6, 0, -2)]
    [InlineData(-2, 0, 6, 1, 6)]
    [InlineData(4, 4, 4, 0.3, 4)]
    public void An_estimate_is_triangular(double low, double likely, double high, double probability, double value) =>
        Assert.Equal(value, new Estimate(low, likely, high).At(probability), 1e-4);

    [Fact]
    public void An_estimate_keeps_its_bounds_and_rises()
    {
        var random = new Random(5);
        for (var i = 0; i < 1000; i++)
        {
            double[] parts = [.. Enumerable.Range(0, 3).Select(_ => 20 * (random.NextDouble() - 0.5)).Order()];
            var estimate = new Estimate(parts[0], parts[1], parts[2]);
            double[] values = [.. Enumerable.Range(0, 21).Select(step => estimate.At(step / 20.0))];
            Assert.Equal(values.Order(), values);
            Assert.InRange(values[0], parts[0] - 1e-9, parts[0] + 1e-9);
            Assert.InRange(values[^1], parts[2] - 1e-9, parts[2] + 1e-9);
        }
    }

    [Fact]
    public void The_report_carries_the_scenario_it_answers()
    {
        var text = System.Text.Encoding.UTF8.GetString(Run(new HeatWave(new Estimate(1, 2, 3)), new MorePv(2) { Exports = new(5) }, new SwitchLine("tie/0", false)).ToJson());
        var asked = System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("asked");
        Assert.Equal("""[{"kind":"heatWave","deltaC":{"low":1,"likely":2,"high":3}},{"kind":"rooftopPv","mwp":2,"exports":5},{"kind":"switchLine","line":"tie/0","closed":false}]""", System.Text.Json.JsonSerializer.Serialize(asked.GetProperty("levers")));
        Assert.Equal((2, 4, 7), (asked.GetProperty("days").GetInt32(), asked.GetProperty("futures").GetInt32(), asked.GetProperty("seed").GetInt32()));
        Assert.Equal("2026-06-02", asked.GetProperty("from").GetString());
        Assert.Equal(City.AsOf, asked.GetProperty("at").GetDateTimeOffset());
    }

    [Fact]
    public void What_cannot_be_is_refused_with_its_field()
    {
        Refused("levers[0].at", "no line, transformer or feeder 'x'", new BatteryStorage("x", 1, 1));
        Refused("levers[0].at", "'tie/0' feeds nothing", new BatteryStorage("tie/0", 1, 1));
        Refused("levers[0].below", "no transformers below it", new TransformerTap(1) { Below = "nowhere" });
        Refused("levers[0].at", "no node or transformer 'nowhere'", new Capacitor("nowhere", 1));
        Refused("levers[0].close", "'ln/0/1' is closed already", new FeederTransfer("ln/0/1", "ln/0/2"));
        Refused("levers[0].open", "'tie/1' stands open already", new FeederTransfer("tie/0", "tie/1"));
        Refused("levers[0].open", "is not on the way that closing 'tie/0' joins", new FeederTransfer("tie/0", "ln/2/0"));
        Refused("levers[0].at", "is a feeder's head", new NewFeeder("fdr/0", 1));
        Refused("levers[0].conductor", "there are main, branch", new NewFeeder("0/1", 1) { Conductor = "gold" });
        Refused("levers[1].at", "is without supply", new SwitchLine("ln/0/0", false), new NewFeeder("0/1", 1));
    }

    /// <summary>Three decimals of MWh are told of each figure.</summary>
    private const double Tolerance = 0.004;

    private static double Delivered(StudySummary summary) => summary.EnergyMwh.P50 - summary.LossesMwh.P50;

    private static Percentiles Loading(Lever lever, string element) => StudyRun.Solve(City, Bases.Ask(lever), 1).Elements.Single(outcome => outcome.Element.Name == element).LoadingPercent;

    private static StudyReport Run(params Lever[] levers) => StudyRun.Run(City, Bases.Ask(levers), 1);

    private static void Refused(string field, string says, params Lever[] levers)
    {
        var refused = Assert.Throws<ScenarioException>(() => StudyRun.Check(City, Bases.Ask(levers)));
        Assert.Equal(field, refused.Field);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }
}
