using MekongTwin.Engines.PowerFlow.Sweep;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests.Screening;

/// <summary>What holds of every hosting capacity.</summary>
public sealed class HostingLaws
{
    private static readonly StudyBase City = Bases.Of();

    private static readonly CountryRules Country = CountryRules.Find("VN")!;

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        var one = StudyRun.Run(City, Ask(), 1).ToJson();
        Assert.Equal(one, StudyRun.Run(City, Ask(), 2).ToJson());
        Assert.Equal(one, StudyRun.Run(City, Ask(), 5).ToJson());
    }

    [Fact]
    public void The_end_takes_no_more_than_the_head()
    {
        Assert.All(Run(Ask()).Feeders, static feeder =>
        {
            Assert.True(feeder.End.Kw <= feeder.Head.Kw + 1, feeder.Feeder);
            Assert.True(feeder.RandomKw.P10 <= feeder.RandomKw.P50 && feeder.RandomKw.P50 <= feeder.RandomKw.P90);
            Assert.Equal(4, feeder.Limits.Values.Sum());
        });
    }

    [Fact]
    public void What_is_found_is_borne_and_a_little_more_is_not()
    {
        var grid = City.Elements.Grid;
        foreach (var feeder in FeederGrid.Split(grid.Network))
        {
            var (p, q) = (Of(grid.Network.Loads.PowerP, 0.2), Of(grid.Network.Loads.PowerQ, 0.2));
            var random = new Random(feeder.Buses[0]);
            Panels[] places = [.. Enumerable.Range(1, feeder.Branches.Length).Select(bus => new Panels(bus, 3 * random.NextDouble()))];
            random.Shuffle(places);
            var found = new HostingSearch(feeder, [.. grid.Network.Branches.From.Select((_, k) => k < grid.City.Lines.Length)], Country.Criteria, Country.Hosting!).Find(p, q, places, 1000);
            Assert.True(found.Kw > 0);
            Assert.True(Bears(found.Kw / 1000), feeder.Buses[0].ToString());
            Assert.False(Bears((found.Kw / 1000) + (places.Sum(static place => place.Most) / 4096)), feeder.Buses[0].ToString());

            bool Bears(double size)
            {
                var less = p.ToArray();
                foreach (var place in places)
                {
                    less[place.Bus] -= Math.Min(size, place.Most);
                    size -= Math.Min(size, place.Most);
                }
                var loads = feeder.Network.Loads.WithPower(less, q);
                var solved = RadialSweep.Of(feeder.Network.With(loads), out _)!.Solve();
                return solved.Converged && solved.Vm.Skip(1).All(static v => v <= Country.Criteria.HighestVm - Country.Hosting!.LowVoltageRisePu) && solved.LoadingPercent.Where((_, b) => feeder.Branches[b] < grid.City.Lines.Length).All(static percent => percent <= 100);
            }

            double[] Of(double[] whole, double scale) => [.. feeder.Buses.Select(bus => scale * whole[bus])];
        }
    }

    [Fact]
    public void Less_room_below_the_highest_voltage_and_a_higher_head_take_less()
    {
        var narrow = Bases.With(City, Country with { Hosting = Country.Hosting! with { LowVoltageRisePu = 0.045 } });
        Less(Run(Ask()), StudyRun.Run(narrow, Ask(), 2).Screening!.Hosting!);
        Less(Run(Ask()), Run(Ask(new HeadVoltage(1.025))));

        static void Less(HostingReport wide, HostingReport tight)
        {
            Assert.All(tight.Feeders, feeder => Assert.True(feeder.RandomKw.P50 <= wide.Feeders.Single(other => other.Feeder == feeder.Feeder).RandomKw.P50));
            Assert.Contains(tight.Feeders, feeder => feeder.RandomKw.P50 < wide.Feeders.Single(other => other.Feeder == feeder.Feeder).RandomKw.P50);
        }
    }

    [Fact]
    public void Panels_of_the_study_leave_less_room()
    {
        var (few, many) = (Run(Ask()), Run(Ask(new MorePv(3))));
        Assert.True(many.Feeders.Sum(static feeder => feeder.End.Kw) < few.Feeders.Sum(static feeder => feeder.End.Kw));
    }

    private static Scenario Ask(params Lever[] levers) => Bases.Ask(levers) with { Screens = [Screen.Hosting] };

    private static HostingReport Run(Scenario scenario) => StudyRun.Run(City, scenario, 2).Screening!.Hosting!;
}
