using System.Globalization;
using MekongTwin.Scenarios.Screening;

namespace MekongTwin.Host.Scenarios;

/// <summary>What was screened, for people at a terminal.</summary>
internal static class ScreeningTable
{
    private const int ListedMax = 20;

    public static void Write(TextWriter to, ScreeningReport screening)
    {
        if (screening.N1 is { } n1) Write(to, n1);
        if (screening.Hosting is { } hosting) Write(to, hosting);
        if (screening.Ageing is { } ageing) Write(to, ageing);
        if (screening.Remedies is { } remedies) Write(to, remedies);
    }

    private static void Write(TextWriter to, HostingReport report)
    {
        to.WriteLine(Text($"\npanels that feeders take beyond the study's, kW, at no more than {report.HighestVm} pu: {report.Rules}"));
        to.WriteLine(Text($"  {"",-34}{"all at head",12}{"all at end",12}{"random P10",12}{"P50",10}{"P90",10}"));
        foreach (var f in report.Feeders.Take(ListedMax)) to.WriteLine(Text($"  {f.Feeder,-34}{f.Head.Kw,12:0}{f.End.Kw,12:0}{f.RandomKw.P10,12:0}{f.RandomKw.P50,10:0}{f.RandomKw.P90,10:0}  {string.Join(", ", f.Limits.Select(static limit => $"{limit.Key} {limit.Value}"))}"));
    }

    private static void Write(TextWriter to, AgeingReport report)
    {
        to.WriteLine(Text($"\nlife lost in {report.Hours:0} h, {report.Insulation} paper: {report.FasterThanNormal.P50:0} transformers age faster than normal in the median future (baseline {report.BaselineFasterThanNormal.P50:0})"));
        foreach (var life in report.Transformers.Take(ListedMax)) to.WriteLine(Text($"  {life.Transformer,-34} {life.LostHours.P50,10:0.#} h, P90 {life.LostHours.P90:0.#} (baseline {life.BaselineLostHours.P90:0.#}); hot spot P90 {life.HottestC.P90:0} °C"));
    }

    private static void Write(TextWriter to, N1Report report)
    {
        to.WriteLine($"\none loss at a time, on the loads of {report.Day}: {report.Rules}");
        Side("baseline", report.Baseline);
        Side("scenario", report.Scenario);
        foreach (var c in report.Contingencies.Take(ListedMax))
        {
            to.WriteLine(Text($"  {c.Element,-34} {c.ExpectedMwhPerYear,8:0.000} MWh a year; customers {c.After5Minutes.Customers} after 5 min, {c.After1Hour.Customers} after 1 h; MWh {c.After5Minutes.Mwh:0.##}, {c.After1Hour.Mwh:0.##}, {c.UntilRepair.Mwh:0.##} until repair"));
            if (!c.Closed.IsEmpty || c.Limit is not null) to.WriteLine(Text($"  {"",-34} restored {c.RestoredPercent:0.#} %{(c.Closed.IsEmpty ? "" : $", closing {string.Join(", ", c.Closed)}")}{(c.Limit is { } limit ? Text($"; limited by {limit.What} of {limit.Element} {limit.Worst}") : "")}"));
        }

        void Side(string name, N1Summary of) => to.WriteLine(Text(
            $"  {name}: {of.Contingencies} losses; switching restores all in {of.RestoredInFull}, not all in {of.RestoredInPart}, limits bind in {of.Limited}; expected {of.ExpectedMwhPerYear:0.0} MWh a year, SAIDI {of.SaidiMinutes:0.0} min, SAIFI {of.Saifi:0.000}"));
    }

    private static void Write(TextWriter to, RemedyReport report)
    {
        to.WriteLine(Text($"\nremedies: {report.Capex:#,0} {report.Currency} of {report.Year} in all; violations {report.Before.Violations} before, {report.After.Violations} after; losses P50 {report.Before.LossesMwh.P50:0.#} and {report.After.LossesMwh.P50:0.#} MWh; saved {report.SavedPerYear:#,0} a year if the days asked about came all year. {report.Source}"));
        foreach (var remedy in report.Remedies.Take(ListedMax)) to.WriteLine(Text($"  {remedy.Element,-34} {remedy.What}: {remedy.Detail}, for {remedy.For}: {remedy.Cost:#,0}"));
        if (report.Remedies.Length > ListedMax) to.WriteLine($"  and {report.Remedies.Length - ListedMax} more");
        if (!report.Unmended.IsEmpty) to.WriteLine($"  still in violation: {string.Join(", ", report.Unmended.Take(ListedMax))}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
