using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests.Screening;

/// <summary>What holds of every screening of losses.</summary>
public sealed class N1Laws
{
    private static readonly CountryRules Country = CountryRules.Find("VN")!;

    private static readonly StudyBase City = Bases.Switched(7, Country);

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        var scenario = Ask(new Growth(60, 0));
        var one = StudyRun.Run(City, scenario, 1).ToJson();
        Assert.Equal(one, StudyRun.Run(City, scenario, 2).ToJson());
        Assert.Equal(one, StudyRun.Run(City, scenario, 5).ToJson());
    }

    [Fact]
    public void Without_levers_both_sides_are_the_same()
    {
        var n1 = N1(City, Ask());
        Assert.Equal(n1.Baseline, n1.Scenario);
        Assert.All(n1.Contingencies, static loss => Assert.Equal(loss.ExpectedMwhPerYear, loss.BaselineExpectedMwhPerYear));
    }

    [Fact]
    public void Every_feeder_line_and_transformer_is_lost_once()
    {
        var n1 = N1(City, Ask());
        Assert.Equal(City.Elements.Names.Concat(City.Elements.Feeders.Select(static feeder => feeder.Id.Path)).Order(), n1.Contingencies.Select(static loss => loss.Element).Order());
        Assert.Equal(n1.Contingencies.Length, n1.Scenario.Contingencies);
    }

    [Fact]
    public void What_levers_add_is_lost_too_and_a_new_feeder_helps()
    {
        var scenario = Ask(new NewLoad("0/1", 200, Domain.Assets.CustomerClass.Industrial) { Kva = 400 }, new NewFeeder("1/1", 2));
        var n1 = N1(City, scenario);
        Assert.Equal(n1.Baseline.Contingencies + 3, n1.Contingencies.Length);
        var (load, line, head) = (Of("levers[0].newLoad"), Of("levers[1].newFeeder"), Of("levers[1].newFeeder.head"));
        Assert.Equal(("transformer", "line", "feeder"), (load.Kind, line.Kind, head.Kind));
        Assert.True(load.UntilRepair.Mwh > 0 && head.After5Minutes.Customers > 0);
        Assert.Equal(Country.Contingency!.Failures.LinePerKm * 2, line.FailuresPerYear);
        Assert.Null(head.BaselineExpectedMwhPerYear);
        Assert.True(Of("city/fdr/1").After5Minutes.Customers < N1(City, Ask()).Contingencies.Single(static loss => loss.Element == "city/fdr/1").After5Minutes.Customers);

        Contingency Of(string element) => n1.Contingencies.Single(loss => loss.Element == element);
    }

    [Fact]
    public void What_is_not_delivered_grows_with_time_and_customers_come_back()
    {
        Assert.All(N1(City, Ask(new Growth(80, 0))).Contingencies, static loss =>
        {
            Assert.True(loss.After5Minutes.Mwh <= loss.After1Hour.Mwh && loss.After1Hour.Mwh <= loss.UntilRepair.Mwh, loss.Element);
            Assert.True(loss.After5Minutes.Customers >= loss.After1Hour.Customers && loss.After1Hour.Customers == loss.UntilRepair.Customers, loss.Element);
            Assert.True(loss.Limit is null || loss.RestoredPercent < 100, loss.Element);
        });
    }

    [Fact]
    public void A_transformer_takes_its_own_customers_with_it_until_it_is_replaced()
    {
        var n1 = N1(City, Ask());
        for (var t = 0; t < City.Elements.Transformers.Length; t++)
        {
            var loss = n1.Contingencies.Single(loss => loss.Element == City.Elements.Transformers[t].Id.Path);
            Assert.Equal((City.Elements.Customers[t], City.Elements.Customers[t], Country.Contingency!.Repair.Transformer), (loss.After5Minutes.Customers, loss.UntilRepair.Customers, loss.RepairHours));
            Assert.Null(loss.RestoredPercent);
        }
    }

    [Fact]
    public void A_feeder_without_open_points_stays_dark_until_repair()
    {
        var (network, assets) = SwitchedGrids.Describe(7);
        var alone = Bases.Of(network with { Lines = [.. network.Lines.Where(static line => !line.Id.StartsWith("tie", StringComparison.Ordinal))] }, assets, Country);
        Assert.All(N1(alone, Ask()).Contingencies.Where(static loss => loss.Kind == "feeder"), static loss =>
        {
            Assert.Equal(loss.After5Minutes.Customers, loss.UntilRepair.Customers);
            Assert.Equal(0, loss.RestoredPercent);
            Assert.Empty(loss.Closed);
        });
    }

    [Fact]
    public void Ample_conductors_let_the_neighbours_take_all_that_is_not_lost_itself()
    {
        var (network, assets) = SwitchedGrids.Describe(7);
        var ample = Bases.Of(network with { Conductors = [.. network.Conductors.Select(static of => of with { RatingA = 2000, ROhmPerKm = of.ROhmPerKm / 100, XOhmPerKm = of.XOhmPerKm / 100 })] }, assets, Country);
        var feeders = N1(ample, Ask()).Contingencies.Where(static loss => loss.Kind == "feeder").ToList();
        Assert.All(feeders, static loss => Assert.Equal((100.0, 0), (loss.RestoredPercent!.Value, loss.UntilRepair.Customers)));
        Assert.All(feeders, static loss => Assert.NotEmpty(loss.Closed));
    }

    [Fact]
    public void More_load_is_more_risk_and_never_a_better_restoration()
    {
        var n1 = N1(City, Ask(new Growth(100, 0)));
        Assert.True(n1.Scenario.ExpectedMwhPerYear > 1.9 * n1.Baseline.ExpectedMwhPerYear);
        Assert.True(n1.Scenario.RestoredInFull <= n1.Baseline.RestoredInFull);
        Assert.True(n1.Scenario.Limited > n1.Baseline.Limited);
    }

    [Theory]
    [InlineData(0, 24, 24)]
    [InlineData(0, 6, 0)]
    [InlineData(11.5, 12.5, 1)]
    [InlineData(12.1, 12.2, 0.2)]
    [InlineData(23, 37, 4)]
    [InlineData(23, 85, 52)]
    public void Energy_between_two_instants_goes_round_the_day(double from, double to, double kwh)
    {
        // 0 kW in the morning, 2 kW in the afternoon.
        var curve = new DayCurve([.. Enumerable.Range(0, 96).Select(static step => step < 48 ? 0.0 : 2)]);
        Assert.Equal(kwh, curve.Between(from, to), 9);
    }

    /// <summary>Conductors that carry their own feeder well and two of them hardly.</summary>
    private static Scenario Ask(params Lever[] levers) => Bases.Ask(levers) with { Screens = [Screen.N1] };

    private static N1Report N1(StudyBase city, Scenario scenario) => StudyRun.Run(city, scenario, 2).Screening!.N1!;
}
