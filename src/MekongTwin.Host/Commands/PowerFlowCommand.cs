using System.CommandLine;
using System.Text.Json;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Import;
using MekongTwin.Engines.PowerFlow.Import.Cities;
using MekongTwin.Host.Cities;
using MekongTwin.Host.PowerFlow;

namespace MekongTwin.Host.Commands;

/// <summary><c>powerflow CASE.m|CASE.json|CITY_DIR</c>: solves a grid, or many scenarios of its loads; exit code 1 when something did not converge.</summary>
internal static class PowerFlowCommand
{
    /// <summary>A study of more is many studies.</summary>
    private const int ScenariosMax = 1_000_000;

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    public static Command Make()
    {
        var file = new Argument<string>("case") { Description = "MATPOWER case (.m), pandapower net (.json) or a city folder" };
        var solver = new Option<string>("--solver") { Description = "auto takes the fastest that fits the grid", DefaultValueFactory = _ => "auto" };
        solver.AcceptOnlyFromAmong("auto", "sweep", "newton");
        var batch = new Option<int>("--batch") { Description = "Scenarios, each bus's load times its own uniform factor from 0.5 to 1.5" };
        batch.Bound(1, ScenariosMax);
        var seed = new Option<long>("--seed") { Description = "Of the scenarios; the same seed gives the same figures" };
        var limits = new Option<bool>("--q-limits") { Description = "Generators keep to their reactive limits and give up their voltage there" };
        var loading = CityOption("--loading", "Load of every transformer, share of its rating", new CityGridOptions().Loading, 0, 3);
        var powerFactor = CityOption("--power-factor", "Of those loads, lagging", new CityGridOptions().PowerFactor, 0.1, 1);
        var voltage = CityOption("--voltage", "At every feeder's head, pu", new CityGridOptions().HeadVm, 0.5, 1.5);
        var json = new Option<bool>("--json") { Description = "All figures as JSON" };
        var command = new Command("powerflow", "Solves a grid; exit code 1 when it does not converge") { file, solver, batch, seed, limits, loading, powerFactor, voltage, json };
        command.SetAction(result =>
        {
            CheckWidth();
            var city = Directory.Exists(result.GetValue(file))
                ? CityCase.Of(result.GetValue(file)!, new() { Loading = result.GetValue(loading), PowerFactor = result.GetValue(powerFactor), HeadVm = result.GetValue(voltage) })
                : null;
            foreach (var option in (Option<double>[])[loading, powerFactor, voltage])
            {
                if (city is null && result.GetResult(option) is { Implicit: false }) throw new InputException($"{option.Name}: only with a city folder; a case file says it itself.");
            }
            var read = city?.Read ?? CaseFile.Read(result.GetValue(file)!);
            foreach (var note in read.Notes) Console.Error.WriteLine($"note: {note}");
            if (result.GetValue(limits) && result.GetValue(batch) > 0) throw new InputException("--q-limits: not with --batch.");
            var grid = new GridSolver(read.Network, result.GetValue(limits) ? "newton" : result.GetValue(solver)!);
            if (grid.Reason is { } reason) Console.Error.WriteLine($"note: solved by Newton, not by the sweep: {reason}");
            return result.GetValue(batch) > 0
                ? Study(read, grid, result.GetValue(batch), result.GetValue(seed), result.GetValue(json))
                : Solve(read, city, grid, result.GetValue(limits), result.GetValue(json));
        });
        return command;
    }

    /// <exception cref="InputException">The environment asks for a vector width that is none.</exception>
    private static void CheckWidth()
    {
        try
        {
            _ = Simd.Widest;
        }
        catch (ArgumentException e)
        {
            throw new InputException(e.Message);
        }
    }

    /// <summary>What a city folder does not say.</summary>
    private static Option<double> CityOption(string name, string description, double otherwise, double min, double max)
    {
        var option = new Option<double>(name) { Description = $"With a city folder: {char.ToLowerInvariant(description[0])}{description[1..]}", DefaultValueFactory = _ => otherwise };
        option.Bound(min, max);
        return option;
    }

    private static int Solve(ImportedCase read, CityCase? city, GridSolver grid, bool reactiveLimits, bool asJson)
    {
        var (solution, solver) = reactiveLimits ? (grid.SolveByNewton(reactiveLimits), "newton") : grid.Solve();
        if (asJson) WriteJson(json => SolutionJson.Write(json, read, solution, solver, city is null ? null : more => CityTable.WriteFeeders(more, city, solution)));
        else if (city is not null) CityTable.Write(Console.Out, city, solution, solver);
        else SolutionTable.Write(Console.Out, read.Name, read.Network, solution, solver);
        return solution.Converged ? 0 : 1;
    }

    private static int Study(ImportedCase read, GridSolver grid, int scenarios, long seed, bool asJson)
    {
        var study = LoadStudy.Run(read.Network, scenarios, seed, grid.Name, grid.SolveMany);
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
