using System.CommandLine;
using System.Text.Json;
using MekongTwin.Engines.PowerFlow.Import;
using MekongTwin.Engines.PowerFlow.Newton;
using MekongTwin.Host.Cities;
using MekongTwin.Host.PowerFlow;

namespace MekongTwin.Host.Commands;

/// <summary><c>powerflow CASE.m|CASE.json</c>: solves a grid, or many scenarios of its loads; exit code 1 when something did not converge.</summary>
internal static class PowerFlowCommand
{
    /// <summary>A study of more is many studies.</summary>
    private const int ScenariosMax = 1_000_000;

    /// <summary>A single solution is asked for to the last digits: it costs an iteration at most.</summary>
    private static readonly NewtonOptions Exact = new() { Tolerance = 1e-10 };

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static Command Make()
    {
        var file = new Argument<string>("case") { Description = "MATPOWER case (.m) or pandapower net (.json)" };
        var solver = new Option<string>("--solver") { Description = "auto takes the fastest that fits the grid", DefaultValueFactory = _ => "auto" };
        solver.AcceptOnlyFromAmong("auto", "newton");
        var batch = new Option<int>("--batch") { Description = "Scenarios, each bus's load times its own uniform factor from 0.5 to 1.5" };
        batch.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > ScenariosMax) result.AddError($"--batch: between 1 and {ScenariosMax}.");
        });
        var seed = new Option<long>("--seed") { Description = "Of the scenarios; the same seed gives the same figures" };
        var limits = new Option<bool>("--q-limits") { Description = "Generators keep to their reactive limits and give up their voltage there" };
        var json = new Option<bool>("--json") { Description = "All figures as JSON" };
        var command = new Command("powerflow", "Solves a grid; exit code 1 when it does not converge") { file, solver, batch, seed, limits, json };
        command.SetAction(result =>
        {
            var read = CaseFile.Read(result.GetValue(file)!);
            foreach (var note in read.Notes) Console.Error.WriteLine($"note: {note}");
            if (result.GetValue(limits) && result.GetValue(batch) > 0) throw new InputException("--q-limits: not with --batch.");
            return result.GetValue(batch) > 0
                ? Study(read, result.GetValue(batch), result.GetValue(seed), result.GetValue(json))
                : Solve(read, result.GetValue(limits), result.GetValue(json));
        });
        return command;
    }

    private static int Solve(ImportedCase read, bool reactiveLimits, bool asJson)
    {
        var solution = new NewtonSolver(read.Network, Exact with { ReactiveLimits = reactiveLimits }).Solve();
        if (asJson) WriteJson(json => SolutionJson.Write(json, read, solution, "newton"));
        else SolutionTable.Write(Console.Out, read.Name, read.Network, solution, "newton");
        return solution.Converged ? 0 : 1;
    }

    private static int Study(ImportedCase read, int scenarios, long seed, bool asJson)
    {
        var batch = new NewtonBatch(read.Network) { Threads = Environment.ProcessorCount };
        var study = LoadStudy.Run(read.Network, scenarios, seed, "newton", batch.Solve);
        if (asJson) WriteJson(study.WriteJson);
        else study.WriteText(Console.Out, read.Name);
        return study.Converged == study.Scenarios ? 0 : 1;
    }

    private static void WriteJson(Action<Utf8JsonWriter> write)
    {
        using var output = Console.OpenStandardOutput();
        using (var json = new Utf8JsonWriter(output, Indented)) write(json);
        output.WriteByte((byte)'\n');
    }
}
