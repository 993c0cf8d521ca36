using System.Collections.Immutable;
using System.Globalization;
using MekongTwin.Scenarios.Countries;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Screening;

/// <summary>Customers without supply at an instant after a loss, and what was not delivered until then.</summary>
public sealed record Unserved(int Customers, double Mwh);

/// <summary>The loss of one element.</summary>
/// <param name="Element">Line id or asset path.</param>
/// <param name="Kind">feeder (its supply at the head), line or transformer.</param>
/// <param name="After5Minutes">Protection has opened, nothing is switched yet.</param>
/// <param name="After1Hour">Switching is done, if the country's switching time is no longer.</param>
/// <param name="UntilRepair">Until what failed carries load again.</param>
/// <param name="RestoredPercent">Energy restored of what switching could restore at best: all that is not lost itself; null where that is nothing.</param>
/// <param name="Closed">Open points that are closed.</param>
/// <param name="Opened">Switches that are opened to isolate the loss or to part what is restored.</param>
/// <param name="Limit">The limit that stands in the way of restoring all that could be reached; null when none binds.</param>
/// <param name="Complete">False when there were too many switch states to look at all of them.</param>
/// <param name="FailuresPerYear">How often.</param>
/// <param name="RepairHours">How long.</param>
/// <param name="ExpectedMwhPerYear">The risk it is ranked by: failures times what is not delivered until repair, over all hours.</param>
/// <param name="BaselineExpectedMwhPerYear">The same without levers; null for what is not there or out of service.</param>
public sealed record Contingency(
    string Element, string Kind, Unserved After5Minutes, Unserved After1Hour, Unserved UntilRepair, double? RestoredPercent, ImmutableArray<string> Closed, ImmutableArray<string> Opened, LimitHit? Limit, bool Complete,
    double FailuresPerYear, double RepairHours, double ExpectedMwhPerYear, double? BaselineExpectedMwhPerYear);

/// <summary>All losses in one line.</summary>
/// <param name="Contingencies">Losses that were screened.</param>
/// <param name="RestoredInFull">Of those with something to restore, those in which switching restores all that is not lost itself.</param>
/// <param name="RestoredInPart">Those in which it does not.</param>
/// <param name="Limited">Those in which a limit binds.</param>
/// <param name="ExpectedMwhPerYear">Of all.</param>
/// <param name="SaidiMinutes">Expected minutes without supply a year and customer.</param>
/// <param name="Saifi">Expected interruptions a year and customer.</param>
public sealed record N1Summary(int Contingencies, int RestoredInFull, int RestoredInPart, int Limited, double ExpectedMwhPerYear, double SaidiMinutes, double Saifi);

/// <summary>Every loss, one at a time, by risk.</summary>
/// <param name="Rules">Name of the country's rules.</param>
/// <param name="Source">Where their figures are from.</param>
/// <param name="Day">The day whose loads are taken.</param>
/// <param name="Baseline">Without levers, on its own day.</param>
/// <param name="Scenario">With them.</param>
/// <param name="Contingencies">The highest risk first.</param>
public sealed record N1Report(string Rules, string Source, string Day, N1Summary Baseline, N1Summary Scenario, ImmutableArray<Contingency> Contingencies)
{
    /// <summary>More are counted, not listed in a study's report.</summary>
    public const int ListedMax = 500;

    public string Note { get; } = "On the day of the highest load in the future whose peak is exceeded in 10 % of futures. Energy is for a loss that begins at the worst hour of that day; expected energy is the mean over its hours, scaled by the mean of daily peaks to the highest. One switching plan holds all day. Outages among the levers are left out.";

    /// <summary>With those of highest risk alone.</summary>
    internal N1Report Listed() => this with { Contingencies = [.. Contingencies.Take(ListedMax)] };

    internal static N1Report Of(CityElements elements, StudyElements named, ContingencyRules rules, DateOnly day, Loss[] baseline, Loss[] scenario)
    {
        var before = baseline.ToDictionary(loss => NameOf(named, loss), static loss => loss.MwhPerYear);
        var ranked = scenario.OrderByDescending(static loss => loss.MwhPerYear).ThenBy(loss => NameOf(named, loss), StringComparer.Ordinal);
        return new(
            rules.Name, rules.Source, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), Summarise(elements, baseline), Summarise(elements, scenario),
            [.. ranked.Select(loss => Listed(named, rules, loss, before.TryGetValue(NameOf(named, loss), out var mwh) ? mwh : null))]);
    }

    private static Contingency Listed(StudyElements named, ContingencyRules rules, Loss loss, double? before)
    {
        ImmutableArray<string> Ids(ImmutableArray<int>? of) => of is { } some ? [.. some.Select(line => named.Branches[line].Name)] : [];
        return new(
            NameOf(named, loss), loss.Branch < 0 ? "feeder" : named.Branches[loss.Branch].Kind,
            new(rules.SwitchingMinutes > 5 ? loss.Customers.Before : loss.Customers.After, Math.Round(loss.Mwh.Minutes5, 4)),
            new(rules.SwitchingMinutes > 60 ? loss.Customers.Before : loss.Customers.After, Math.Round(loss.Mwh.Hour, 3)),
            new(loss.Customers.After, Math.Round(loss.Mwh.Repair, 3)),
            loss.RestoredShare is { } share ? Math.Round(100 * share, 1) : null, Ids(loss.Plan?.Closed), Ids(loss.Plan?.Opened), loss.Plan?.Limit, loss.Plan?.Complete ?? true,
            Math.Round(loss.FailuresPerYear, 5), loss.RepairHours, Math.Round(loss.MwhPerYear, 4), before is { } mwh ? Math.Round(mwh, 4) : null);
    }

    private static N1Summary Summarise(CityElements elements, Loss[] losses)
    {
        const double Whole = 1 - 1e-9;
        double customers = Math.Max(1, elements.Customers.Sum());
        return new(
            losses.Length, losses.Count(static loss => loss.RestoredShare >= Whole), losses.Count(static loss => loss.RestoredShare < Whole), losses.Count(static loss => loss.Plan?.Limit is not null),
            Math.Round(losses.Sum(static loss => loss.MwhPerYear), 2), Math.Round(60 * losses.Sum(static loss => loss.CustomerHoursPerYear) / customers, 2), Math.Round(losses.Sum(static loss => loss.FailuresPerYear * loss.Customers.Before) / customers, 3));
    }

    private static string NameOf(StudyElements named, Loss loss) => loss.Branch >= 0 ? named.Branches[loss.Branch].Name : named.FeederName(loss.Feeder);
}
