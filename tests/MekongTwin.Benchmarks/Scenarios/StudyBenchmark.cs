using System.Diagnostics;
using System.Globalization;
using MekongTwin.Benchmarks.Processes;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Scenarios;
using MekongTwin.Scenarios;
using MekongTwin.Scenarios.Levers;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Benchmarks.Scenarios;

/// <summary>What studies of the pilot cost: its year, many weather-years, many days of one feeder; and what screening adds to a study of one day.</summary>
internal sealed class StudyBenchmark
{
    private const int Futures = 20;
    private const int Years = 100;
    private const int FeederDays = 1000;
    private const int FeederBuses = 60;

    private readonly int runs;
    private readonly double scale;
    private readonly StudyBase from;

    public StudyBenchmark(int runs, double scale)
    {
        (this.runs, this.scale) = (runs, scale);
        List<Network> networks = [];
        var model = CityFolder.Read([Repository.City], [], networks);
        from = new StudyBases(model, model, networks.Single()).Assume(new DateTimeOffset(2026, 6, 14, 12, 0, 0, TimeSpan.FromHours(7)));
    }

    /// <summary>Without levers, so nothing is solved twice; the first run of each row is compiled and left out.</summary>
    public Table Run()
    {
        var table = new Table($"studies: the pilot, {from.Elements.Transformers.Length} transformers, without levers", "work", "threads", "seconds, median (min..max)", "seconds of processor time", "aim, seconds", "most memory, MB");
        var cores = Environment.ProcessorCount;
        var years = Math.Max(2, (int)(Years * scale));
        var year = new Scenario("benchmark", from.City) { From = new(2026, 1, 1), Days = 365, Futures = 1 };
        StudyRun.Run(from, year with { Days = 31 }, cores);
        Add("a year of 35,040 steps", 1, runs, "", () => StudyRun.Run(from, year, 1));
        Add("the same", cores, runs, "5 on two cores", () => StudyRun.Run(from, year, cores));
        Add($"{years} weather-years", cores, 1, years == Years ? "180 on two cores" : "", () => StudyRun.Run(from, year with { Futures = years }, cores));
        var (plan, buses) = OneFeeder();
        Study.Run(plan, 1, null, default);
        Add($"{FeederDays} days of a feeder of {buses} buses", 1, runs, "1 on two cores", () => Study.Run(plan, 1, null, default));
        Add("the same", cores, runs, "1 on two cores", () => Study.Run(plan, cores, null, default));
        table.Note("Memory is the most that the process has had so far.");
        return table;

        void Add(string work, int threads, int times, string aim, Action run)
        {
            var (wall, cpu) = (new List<double>(), new List<double>());
            for (var i = 0; i < times; i++)
            {
                GC.Collect();
                var (began, before) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
                run();
                wall.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                cpu.Add((Environment.CpuUsage.TotalTime - before).TotalSeconds);
            }
            table.Add(work, threads.ToString(CultureInfo.InvariantCulture), new Spread(wall).Text("0.00"), new Spread(cpu).Text("0.00"), aim, (Process.GetCurrentProcess().PeakWorkingSet64 / 1_000_000).ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The pilot's feeder that comes next to 60 buses, alone: 1,000 futures of a day.</summary>
    private (StudyPlan Plan, int Buses) OneFeeder()
    {
        var scenario = new Scenario("benchmark", from.City) { Futures = FeederDays };
        var grid = from.Elements.Grid.Network;
        var feeder = FeederGrid.Split(grid).MinBy(static feeder => Math.Abs(feeder.Buses.Length - FeederBuses))!;
        var loads = new DemandLoads(new FutureLevers(scenario, from, new(grid, [])), [feeder], [[]], new WeatherGenerator(from.Climate, scenario.Seed), scenario.Seed, new(2026, 6, 14), grid.BaseMva * 1000);
        bool[] isLine = [.. from.Elements.Names.Select((_, branch) => branch < from.Elements.Grid.City.Lines.Length)];
        return (new([feeder], grid.Buses.Count, grid.Branches.Count, grid.BaseMva * 1000, loads, 1, FeederDays, from.Rules.Criteria) { IsLine = isLine }, feeder.Buses.Length);
    }

    /// <summary>In turns with the study alone, on one thread.</summary>
    public Table Screening()
    {
        var futures = Math.Max(2, (int)(Futures * scale));
        var table = new Table($"screening: the pilot, one day, {futures} futures, with levers and without, one thread", "screened", "seconds of processor time beyond the study, median (min..max)", "times the study alone");
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
