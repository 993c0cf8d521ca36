using System.CommandLine;
using MekongTwin.Benchmarks.Cluster;
using MekongTwin.Benchmarks.Demand;
using MekongTwin.Benchmarks.Door;
using MekongTwin.Benchmarks.Latency;
using MekongTwin.Benchmarks.Pipe;
using MekongTwin.Benchmarks.PowerFlow;
using MekongTwin.Benchmarks.Report;
using MekongTwin.Benchmarks.Scenarios;
using MekongTwin.Benchmarks.Sealed;

var runs = new Option<int>("--runs") { Description = "Measured runs of each path; the table shows their median", DefaultValueFactory = _ => 3 };
var scale = new Option<double>("--scale") { Description = "Share of the messages, e.g. 0.1 for a quick look", DefaultValueFactory = _ => 1 };
var only = new Option<string?>("--only") { Description = "Paths whose name contains this" };
var output = new Option<string?>("--output") { Description = "Write the tables to this file, too" };
var mqtt = new Option<int>("--mqtt") { Description = "Port; 0 chooses one" };

Command Make(string name, string description, Func<ParseResult, CancellationToken, Task<IReadOnlyList<Table>>> measure)
{
    var command = new Command(name, description) { runs, scale, only, output };
    command.SetAction(async (result, ct) =>
    {
        var text = Machine.Describe() + "\n" + string.Join("\n", await measure(result, ct));
        Console.WriteLine(text);
        if (result.GetValue(output) is { } path) await File.WriteAllTextAsync(path, text, ct);
        return 0;
    });
    return command;
}

Task<Table> Door(ParseResult result, CancellationToken ct) => new DoorBenchmark(result.GetValue(runs), result.GetValue(scale), result.GetValue(only)).RunAsync(ct);
Task<Table> Pipe(ParseResult result, CancellationToken ct) => new PipeBenchmark(result.GetValue(runs), result.GetValue(scale), result.GetValue(only)).RunAsync(ct);

var reference = new Command("reference", "The bare parse loop that the door is measured beside; started by 'door'") { mqtt };
reference.SetAction((result, ct) => ReferenceServer.RunAsync(result.GetValue(mqtt), ct));

return await new RootCommand("Measures MekongTwin: CPU per message, latency, start.")
{
    Make("door", "CPU seconds of the server per million messages, from the socket to the twins", async (result, ct) => [await Door(result, ct)]),
    Make("pipe", "The same path in this process, stage by stage", async (result, ct) => [await Pipe(result, ct)]),
    Make("cluster", "The cluster edition beside the embedded one, with a PostgreSQL of its own", async (result, ct) => [await new ClusterBenchmark(result.GetValue(runs), result.GetValue(scale)).RunAsync(ct)]),
    Make("powerflow", "The radial sweep by size, task, width and threads, beside its own scalar form", (result, _) => Task.FromResult<IReadOnlyList<Table>>([new SweepBenchmark(result.GetValue(runs), result.GetValue(scale), result.GetValue(only)).Run()])),
    Make("completion", "The completed state of a city as large as the pilot", (result, _) => Task.FromResult<IReadOnlyList<Table>>([new CompletionBenchmark(result.GetValue(runs), result.GetValue(scale)).Run()])),
    Make("demand", "The loads of a city as large as the pilot: filled from their factors, and calibrated", (result, _) => Task.FromResult(new DemandBenchmark(result.GetValue(runs), result.GetValue(scale)).Run())),
    Make("studies", "What-if studies of the pilot: a year, many weather-years, many days of a feeder; and what screening adds", (result, _) =>
    {
        var studies = new StudyBenchmark(result.GetValue(runs), result.GetValue(scale));
        return Task.FromResult<IReadOnlyList<Table>>(result.GetValue(only) is "screening" ? [studies.Screening()] : [studies.Run(), studies.Screening()]);
    }),
    Make("completion-truth", "The completed state of the pilot beside the truth of its simulator", (result, _) => Task.FromResult<IReadOnlyList<Table>>([new CompletionTruth(result.GetValue(scale)).Run()])),
    Make("latency", "From publish to visible over HTTP and on the event stream", async (result, ct) => [await LatencyBenchmark.RunAsync(result.GetValue(scale), ct)]),
    Make("start", "From process start to the first live figure", async (result, ct) => [await StartBenchmark.RunAsync(result.GetValue(runs), ct)]),
    Make("sealed", "Sealed history: bytes a reading, sealing, finding an hour, start, replay", async (result, ct) => await new SealedBenchmark(result.GetValue(scale), result.GetValue(only)).RunAsync(ct)),
    Make("all", "Everything", async (result, ct) =>
        [await Pipe(result, ct), await Door(result, ct), await LatencyBenchmark.RunAsync(result.GetValue(scale), ct), await StartBenchmark.RunAsync(result.GetValue(runs), ct)]),
    reference,
}.Parse(args).InvokeAsync();
