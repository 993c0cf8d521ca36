using System.Globalization;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Domain.Assets;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Scenarios;
using MekongTwin.Scenarios;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Benchmarks.Scenarios;

/// <summary>What screening adds to a study of one day of the pilot, in turns with the study alone, on one thread.</summary>
internal sealed class ScreeningBenchmark(int runs, double scale)
{
    private const int Futures = 20;

    public Table Run()
    {
        var futures = Math.Max(2, (int)(Futures * scale));
        var table = new Table($"screening: the pilot, one day, {futures} futures, with levers and without, one thread", "screened", "seconds of processor time beyond the study, median (min..max)", "times the study alone");
        List<Network> networks = [];
        var model = CityFolder.Read([Repository.City], [], networks);
        var from = new StudyBases(model, model, networks.Single()).Assume(new DateTimeOffset(2026, 6, 14, 12, 0, 0, TimeSpan.FromHours(7)));
        var scenario = new Scenario("benchmark", from.City) { Futures = futures, Levers = [new HeatWave(3), new Growth(10, 0)] };
        var screens = Enum.GetValues<Screen>();
        var (alone, beyond) = (new List<double>(), screens.ToDictionary(static screen => screen, static _ => new List<double>()));
        // The first time is compiled.
        for (var run = -1; run < runs; run++)
        {
            var study = Seconds(scenario);
            if (run >= 0) alone.Add(study);
            foreach (var screen in screens)
            {
                var more = Seconds(scenario with { Screens = [screen] }) - study;
                if (run >= 0) beyond[screen].Add(more);
            }
        }
        var reference = new Spread(alone);
        table.Add("nothing: the study itself", reference.Text("0.00"), "1");
        foreach (var screen in screens) table.Add(screen.ToString(), new Spread(beyond[screen]).Text("0.00"), (new Spread(beyond[screen]).Median / reference.Median).ToString("0.00", CultureInfo.InvariantCulture));
        table.Note($"{runs} runs; N1 loses every line, feeder and transformer on both sides; Remedies solves the futures again.");
        return table;

        double Seconds(Scenario asked)
        {
            GC.Collect();
            var before = Environment.CpuUsage.TotalTime;
            StudyRun.Run(from, asked, 1);
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }
    }
}
