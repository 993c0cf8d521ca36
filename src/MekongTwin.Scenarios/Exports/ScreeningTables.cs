using System.Collections.Immutable;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Scenarios.Exports;

/// <summary>What was screened, a table each, with all that a study's report only counts.</summary>
internal static class ScreeningTables
{
    /// <summary>Every loss, by risk. Without a limit in the way the last three cells of it are empty; so is what cannot be: a share of nothing, a baseline that lacks the element.</summary>
    public static byte[] Of(N1Report report)
    {
        var table = new CsvText(
            "element", "kind", "customers without supply after 5 min", "not delivered after 5 min (MWh)", "customers without supply after 1 h", "not delivered after 1 h (MWh)",
            "customers without supply until repair", "not delivered until repair (MWh)", "restored by switching (% of what is not lost itself)", "closed", "opened", "limit", "element at its limit", "worst", "unit of worst",
            "every switch state looked at", "failures (1/year)", "repair (h)", "expected not delivered (MWh/year)", "baseline expected not delivered (MWh/year)");
        foreach (var loss in report.Contingencies)
        {
            table.Add(loss.Element).Add(loss.Kind);
            foreach (var unserved in (ReadOnlySpan<Unserved>)[loss.After5Minutes, loss.After1Hour, loss.UntilRepair]) table.Add(unserved.Customers, unserved.Mwh);
            table.AddOrEmpty(loss.RestoredPercent).Add(string.Join(' ', loss.Closed)).Add(string.Join(' ', loss.Opened));
            table.Add(loss.Limit?.What ?? "").Add(loss.Limit?.Element ?? "").AddOrEmpty(loss.Limit is { What: "collapse" } ? null : loss.Limit?.Worst);
            table.Add(loss.Limit?.What switch { "loading" => "% of rating", "lowVoltage" or "highVoltage" => "pu of nominal", _ => "" }).Add(loss.Complete ? "yes" : "no");
            table.Add(loss.FailuresPerYear, loss.RepairHours, loss.ExpectedMwhPerYear).AddOrEmpty(loss.BaselineExpectedMwhPerYear).EndRow();
        }
        return table.ToBytes();
    }

    /// <summary>Every feeder, those that take least first.</summary>
    public static byte[] Of(HostingReport report)
    {
        // A random placement is stopped by one of these, or fills every transformer.
        ImmutableArray<string> limits = ["highVoltage", "loading", "collapse", "full"];
        var table = new CsvText(
        [
            "feeder", "first node", "all at the first node (kW)", "limit there", "element at its limit there", "farthest node", "all at the farthest node (kW)", "limit at that end", "element at its limit at that end",
            "random placement P10 (kW)", "random placement P50 (kW)", "random placement P90 (kW)", .. limits.Select(static limit => $"futures stopped by {limit}"),
        ]);
        foreach (var feeder in report.Feeders)
        {
            table.Add(feeder.Feeder);
            foreach (var bound in (ReadOnlySpan<HostingBound>)[feeder.Head, feeder.End]) table.Add(bound.At).Add(bound.Kw).Add(bound.Limit).Add(bound.Element);
            table.Add(feeder.RandomKw);
            foreach (var limit in limits) table.Add(feeder.Limits.GetValueOrDefault(limit));
            table.EndRow();
        }
        return table.ToBytes();
    }

    /// <summary>Every transformer, those that lose most first.</summary>
    public static byte[] Of(AgeingReport report)
    {
        var table = new CsvText(
            "transformer", "study (h)", "life lost P10 (h of normal life)", "life lost P50 (h of normal life)", "life lost P90 (h of normal life)", "baseline life lost P10 (h of normal life)", "baseline life lost P50 (h of normal life)",
            "baseline life lost P90 (h of normal life)", "hottest hot spot P10 (°C)", "hottest hot spot P50 (°C)", "hottest hot spot P90 (°C)");
        foreach (var life in report.Transformers) table.Add(life.Transformer).Add(report.Hours).Add(life.LostHours).Add(life.BaselineLostHours).Add(life.HottestC).EndRow();
        return table.ToBytes();
    }

    /// <summary>Every remedy in the order they were found, then what is still in violation.</summary>
    public static byte[] Of(RemedyReport report)
    {
        var table = new CsvText("what", "element", "detail", "for", $"cost ({report.Currency} of {report.Year})");
        foreach (var remedy in report.Remedies) table.Add(remedy.What).Add(remedy.Element).Add(remedy.Detail).Add(remedy.For).Add(remedy.Cost).EndRow();
        foreach (var element in report.Unmended) table.Add("still in violation").Add(element).Add("").Add(element).Add("").EndRow();
        return table.ToBytes();
    }

    private static CsvText Add(this CsvText table, Percentiles value) => table.Add(value.P10, value.P50, value.P90);
}
