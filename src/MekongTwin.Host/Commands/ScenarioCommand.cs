using System.CommandLine;
using System.Globalization;
using MekongTwin.Domain.Assets;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Scenarios;
using MekongTwin.Scenarios;
using MekongTwin.Scenarios.Exports;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;

namespace MekongTwin.Host.Commands;

/// <summary><c>scenario run FILE.json</c>: a study of a city folder without readings, or of the living city of a running server.</summary>
internal static class ScenarioCommand
{
    public static Command Make()
    {
        var file = new Argument<string>("file") { Description = "The scenario, JSON" };
        var city = new Option<string?>("--city") { Description = "A city folder: no readings, its customers as they are assumed" };
        var at = new Option<string?>("--at") { Description = "Instant to branch at, e.g. 2026-11-26T14:00:00+07:00; the file's own otherwise, else now" };
        var threads = new Option<int>("--threads") { Description = "Threads to use; the answer does not depend on it", DefaultValueFactory = _ => Environment.ProcessorCount };
        threads.Bound(1, 256);
        var json = new Option<bool>("--json") { Description = "The whole answer as JSON" };
        var csv = new Option<string?>("--csv") { Description = $"A directory for {string.Join(", ", StudyExports.Names)}, the last four where they are screened" };
        var run = new Command("run", "Solves a scenario's futures; exit code 0 when done, 2 when the scenario cannot be") { file, city, at, threads, json, csv };
        run.SetAction((result, ct) => Task.FromResult(Run(result.GetValue(file)!, result.GetValue(city), result.GetValue(at), result.GetValue(threads), result.GetValue(json), result.GetValue(csv), ct)));
        return new Command("scenario", "What-if studies") { run };
    }

    private static int Run(string file, string? folder, string? at, int threads, bool asJson, string? exports, CancellationToken ct)
    {
        var scenario = ReadScenario(file);
        if (at is not null) scenario = scenario with { At = DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : throw new InputException($"--at {at}: an instant with its offset, such as 2026-11-26T14:00:00+07:00.") };
        List<Network> networks = [];
        var model = ModelMerge.Onto(Model.Empty, CityFolder.Read([folder ?? Path.Combine(AppContext.BaseDirectory, "cities", scenario.City)], [], networks));
        var network = networks.Find(known => known.City == scenario.City) ?? throw new InputException($"{file}: city: '{scenario.City}' has no network in that folder; there is {string.Join(", ", networks.Select(static known => known.City).DefaultIfEmpty("none"))}.");
        try
        {
            var from = new StudyBases(model, model, network).Assume(scenario.At ?? TimeProvider.System.GetUtcNow());
            var result = StudyRun.Solve(from, scenario, threads, Progress(), ct);
            var report = result.Report;
            if (exports is not null) Write(exports, result);
            if (asJson)
            {
                using var output = Console.OpenStandardOutput();
                output.Write(report.ToJson());
                output.WriteByte((byte)'\n');
            }
            else
            {
                ScenarioTable.Write(Console.Out, report);
            }
            return 0;
        }
        catch (ScenarioException e)
        {
            throw new InputException($"{file}: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("stopped; nothing is written");
            return 1;
        }
    }

    private static void Write(string directory, StudyResult result)
    {
        try
        {
            Directory.CreateDirectory(directory);
            foreach (var export in StudyExports.Of(result)) File.WriteAllBytes(Path.Combine(directory, export.Name), export.Bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--csv {directory}: {e.Message}");
        }
    }

    private static Scenario ReadScenario(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > 1 << 20 }) throw new InputException($"{file}: larger than 1 MB.");
            return ScenarioFile.Read(Path.GetFileName(file), File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: {e.Message}");
        }
    }

    /// <summary>Tells a person at a terminal how far it is: a line every tenth, and one for each thing that is screened.</summary>
    private static Action<StudyProgress> Progress()
    {
        var told = 0;
        return progress =>
        {
            if (progress.Screening is { } screen) Console.Error.WriteLine($"screening {screen.NameOf()}");
            var tenth = (int)(progress.Solved * 10);
            var before = Volatile.Read(ref told);
            if (tenth > before && Interlocked.CompareExchange(ref told, tenth, before) == before && tenth < 10) Console.Error.WriteLine($"{tenth * 10} %");
        };
    }
}
