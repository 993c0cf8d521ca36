using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Tests.Screening;

/// <summary>What holds of every list of remedies.</summary>
public sealed class RemedyLaws
{
    private static readonly CountryRules Country = CountryRules.Find("VN")!;

    private static readonly StudyBase City = Bases.Of();

    [Fact]
    public void Any_number_of_threads_gives_the_same_bytes()
    {
        var one = StudyRun.Run(City, Ask(new Growth(120, 0)), 1).ToJson();
        Assert.Equal(one, StudyRun.Run(City, Ask(new Growth(120, 0)), 2).ToJson());
        Assert.Equal(one, StudyRun.Run(City, Ask(new Growth(120, 0)), 5).ToJson());
    }

    [Fact]
    public void Overloaded_transformers_get_the_smallest_size_that_carries_what_they_need()
    {
        var report = Run(City, Ask(new Growth(120, 0)));
        Assert.True(report.Before.Violations > 5);
        Assert.Empty(report.Unmended);
        Assert.Equal(0, report.After.Violations);
        Assert.Equal(report.Capex, report.Remedies.Sum(static remedy => remedy.Cost));
        var larger = report.Remedies.Where(static remedy => remedy.What == "largerTransformer").ToList();
        Assert.NotEmpty(larger);
        Assert.All(larger.Where(static remedy => !remedy.Detail.Contains(" of ", StringComparison.Ordinal)), static remedy => Assert.Contains(Country.Remedies!.Transformers, size => size.Cost == remedy.Cost));
    }

    [Fact]
    public void The_list_as_levers_of_its_own_mends_the_same()
    {
        var heavy = new Growth(120, 0);
        var report = Run(City, Ask(heavy));
        // Sizes stand in the text: "630 kVA in place of 250", "2 of 2500 kVA in place of 630".
        var levers = report.Remedies.Where(static remedy => remedy.What == "largerTransformer").Select(static remedy =>
        {
            var words = remedy.Detail.Split(' ');
            var (count, size) = words[1] == "of" ? (double.Parse(words[0]), double.Parse(words[2])) : (1, double.Parse(words[0]));
            return new Reinforce(remedy.Element, count * size / double.Parse(words[^1]));
        });
        Assert.All(report.Remedies, static remedy => Assert.Equal("largerTransformer", remedy.What));
        var mended = StudyRun.Run(City, Bases.Ask([heavy, .. levers]), 2);
        Assert.DoesNotContain(mended.Violations, static violation => violation.Probability > 0.1);
        Assert.Equal(report.After.LossesMwh, mended.Scenario.LossesMwh);
    }

    [Fact]
    public void A_line_that_is_overloaded_hands_a_part_to_its_neighbour_for_nothing_before_it_gets_a_second_circuit()
    {
        var (moved, widened) = (0, 0);
        for (var seed = 1; seed <= 12; seed++)
        {
            var (network, assets) = SwitchedGrids.Describe(seed);
            var tight = Bases.Of(network with { Conductors = [.. network.Conductors.Select(static of => of with { RatingA = 0.25 * of.RatingA })] }, assets, Country);
            var report = Run(tight, Ask(new Growth(20, 0)));
            foreach (var remedy in report.Remedies)
            {
                if (remedy.What == "moveOpenPoint") Assert.Equal(0, remedy.Cost);
                moved += remedy.What == "moveOpenPoint" ? 1 : 0;
                widened += remedy.What == "parallelLine" ? 1 : 0;
            }
            Assert.True(report.After.Violations < report.Before.Violations || report.Before.Violations == 0, $"grid {seed}");
        }
        Assert.True(moved > 0 && widened > 0, $"{moved} open points moved, {widened} lines doubled: too few to tell");
    }

    [Fact]
    public void A_low_voltage_raises_the_head()
    {
        var report = Run(City, Ask(new HeadVoltage(0.955)));
        Assert.Contains(report.Remedies, static remedy => remedy.What == "headVoltage");
        Assert.True(report.After.Violations < report.Before.Violations);
    }

    [Fact]
    public void Where_nothing_is_in_violation_nothing_is_done()
    {
        var (network, assets) = SwitchedGrids.Describe(7);
        var report = Run(Bases.Of(network, assets, Country), Ask(new Growth(-50, 0)));
        Assert.Equal((0, 0.0, 0.0, 0), (report.Remedies.Length, report.Capex, report.SavedPerYear, report.Rounds));
        Assert.Equal(report.Before, report.After);
    }

    [Fact]
    public void A_study_of_years_says_in_which_year_violations_begin()
    {
        Assert.Null(StudyRun.Run(City, Bases.Ask(), 2).FirstYears);
        var report = StudyRun.Run(City, Bases.Ask(new Growth(0, 50)) with { Days = 800, Futures = 1 }, 2);
        Assert.Equal(report.ViolationsInAll, report.FirstYears!.Values.Sum());
        Assert.True(report.FirstYears.Count > 1);
        Assert.All(report.FirstYears.Keys, static year => Assert.InRange(int.Parse(year), 2026, 2028));
    }

    private static Scenario Ask(params Lever[] levers) => Bases.Ask(levers) with { Screens = [Screen.Remedies] };

    private static RemedyReport Run(StudyBase city, Scenario scenario) => StudyRun.Run(city, scenario, 2).Screening!.Remedies!;
}
