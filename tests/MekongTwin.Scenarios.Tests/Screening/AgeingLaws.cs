using MekongTwin.Engines.Ageing;
using MekongTwin.Engines.Demand;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests.Screening;

/// <summary>What holds of the ageing of a study's transformers.</summary>
public sealed class AgeingLaws
{
    private static readonly StudyBase City = Bases.Of();

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        var scenario = Ask(new HeatWave(3)) with { Days = 40 };
        var one = StudyRun.Run(City, scenario, 1).ToJson();
        Assert.Equal(one, StudyRun.Run(City, scenario, 2).ToJson());
        Assert.Equal(one, StudyRun.Run(City, scenario, 5).ToJson());
    }

    [Fact]
    public void Life_is_lost_as_the_model_says_of_each_load_and_the_air()
    {
        var scenario = Ask(new Growth(100, 0)) with { Days = 1, Futures = 1 };
        var report = Run(scenario);
        var feeders = FeederGrid.Split(City.Elements.Grid.Network);
        var levers = new FutureLevers(scenario, City, new(City.Elements.Grid.Network, []));
        var loads = new DemandLoads(levers, feeders, [.. feeders.Select(static _ => Array.Empty<PlacedBattery>())], new WeatherGenerator(City.Climate, scenario.Seed), scenario.Seed, new(2026, 6, 2), 1000).MakeStretch();
        loads.Draw(0, 0, 1);
        var first = City.Elements.Grid.City.Lines.Length;
        foreach (var (feeder, f) in feeders.Select(static (feeder, f) => (feeder, f)))
        {
            var buses = feeder.Buses.Length;
            var (p, q) = (new double[96 * buses], new double[96 * buses]);
            loads.Fill(f, feeder, 0, p, q);
            var ageing = new TransformerAgeing(buses - 1, ThermalModel.Distribution, Insulation.Plain, 15);
            for (var step = 0; step < 96; step++)
            {
                var solved = Engines.PowerFlow.Sweep.RadialSweep.Of(feeder.Network.With(feeder.Network.Loads.WithPower(At(p, step), At(q, step))), out _)!.Solve();
                for (var b = 0; b < buses - 1; b++) ageing.LoadSquared[b] = Math.Pow(solved.LoadingPercent[b] / 100, 2);
                if (step == 0) ageing.Begin(loads.AmbientC(0)[0]);
                ageing.Advance(loads.AmbientC(0)[step]);
            }
            for (var b = 0; b < buses - 1; b++)
            {
                if (feeder.Branches[b] < first) continue;
                var life = report.Transformers.Single(life => life.Transformer == City.Elements.Names[feeder.Branches[b]]);
                var lost = Math.Min(FeederLife.HoursMax, ageing.LostHours[b]);
                Assert.Equal(lost, life.LostHours.P50, Math.Max(0.006, 1e-5 * lost));
                Assert.Equal(ageing.HighestC[b], life.HottestC.P50, 0.06);
            }
        }

        static double[] At(double[] loads, int step) => [.. Enumerable.Range(0, loads.Length / 96).Select(i => loads[(i * 96) + step])];
    }

    [Fact]
    public void Heat_and_load_age_and_a_larger_transformer_is_young_again()
    {
        var heavy = new Growth(150, 0);
        var report = Run(Ask(heavy, new HeatWave(4)));
        Assert.All(report.Transformers, static life => Assert.True(life.LostHours.P50 >= life.BaselineLostHours.P50, life.Transformer));
        Assert.True(report.FasterThanNormal.P50 > report.BaselineFasterThanNormal.P50);
        var worst = report.Transformers[0];
        var mended = Run(Ask(heavy, new HeatWave(4), new Reinforce(worst.Transformer, 3))).Transformers.Single(life => life.Transformer == worst.Transformer);
        Assert.True(mended.LostHours.P90 < 0.1 * worst.LostHours.P90);
    }

    [Fact]
    public void The_same_futures_without_levers_age_the_same()
    {
        var report = Run(Ask());
        Assert.All(report.Transformers, static life => Assert.Equal(life.BaselineLostHours, life.LostHours));
        Assert.Equal(48, report.Hours);
    }

    private static Scenario Ask(params Lever[] levers) => Bases.Ask(levers) with { Screens = [Screen.Ageing] };

    private static AgeingReport Run(Scenario scenario) => StudyRun.Run(City, scenario, 2).Screening!.Ageing!;
}
