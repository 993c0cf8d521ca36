using System.Globalization;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Host.Scenarios;

/// <summary>A study's answer for people at a terminal.</summary>
internal static class ScenarioTable
{
    private const int ListedMax = 20;

    public static void Write(TextWriter to, StudyReport report)
    {
        to.WriteLine($"{report.Name}: {report.Base.City} as of {report.Base.AsOf:yyyy-MM-dd HH:mm zzz}, {report.Days} day(s) from {report.From}, {report.Futures} futures, seed {report.Seed}");
        var calibration = report.Base.Calibration;
        to.WriteLine(Text($"base {report.Base.Hash[..16]}: {calibration.Measured} of {calibration.Transformers} transformers fitted to {calibration.Readings} readings of {calibration.Days:0.##} days, {calibration.Anchored} brought to their newest reading, the others by their customers; weather {(calibration.MeasuredWeather ? "measured" : "from normals")}"));
        to.WriteLine($"criteria: {report.Criteria.Name}. {report.Note}.");
        to.WriteLine();
        to.WriteLine(Text($"{"",-28}{"baseline P10",14}{"P50",12}{"P90",12}{"scenario P10",16}{"P50",12}{"P90",12}"));
        Line("peak, MW", report.Baseline.PeakMw, report.Scenario.PeakMw);
        Line("energy, MWh", report.Baseline.EnergyMwh, report.Scenario.EnergyMwh);
        Line("losses, MWh", report.Baseline.LossesMwh, report.Scenario.LossesMwh);
        Line("unserved, MWh", report.Baseline.UnservedMwh, report.Scenario.UnservedMwh);
        if (report.Baseline.Co2T is { } before && report.Scenario.Co2T is { } after) Line($"CO2, t (average {report.Carbon!.Year})", before, after);
        Line("lowest voltage, pu", report.Baseline.LowestVm, report.Scenario.LowestVm, "0.0000");
        Line("lines, transformers over", report.Baseline.Overloaded, report.Scenario.Overloaded, "0");
        Line("buses outside voltage", report.Baseline.OutOfVoltage, report.Scenario.OutOfVoltage, "0");
        if (report.Scenario.UnsolvedSteps > 0) to.WriteLine($"{report.Scenario.UnsolvedSteps} steps of feeders have no solution: voltage collapses there.");
        to.WriteLine();
        to.WriteLine($"violations: {report.ViolationsInAll}{(report.ViolationsInAll > ListedMax ? $", the {ListedMax} of highest risk" : "")}");
        foreach (var v in report.Violations.Take(ListedMax)) to.WriteLine(Text($"  {v.Element,-34} {v.What,-12} in {v.Probability,6:0.0%} of futures (baseline {v.BaselineProbability:0.0%}), hours P90 {v.Hours.P90:0.##}, worst P90 {v.Worst.P90:0.####}, from {v.FirstDay}"));
        if (report.FirstYears is { } years) to.WriteLine($"violations that begin in each year: {string.Join(", ", years.Select(static year => $"{year.Key} {year.Value}"))}");
        if (report.Screening is { } screening) ScreeningTable.Write(to, screening);

        void Line(string what, Percentiles baseline, Percentiles scenario, string format = "#,0.0") => to.WriteLine(
            $"{what,-28}{F(baseline.P10, format),14}{F(baseline.P50, format),12}{F(baseline.P90, format),12}{F(scenario.P10, format),16}{F(scenario.P50, format),12}{F(scenario.P90, format),12}");

        static string F(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
