using System.Globalization;
using System.Text.Json;
using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Host.PowerFlow;

/// <summary>Many scenarios of a grid's loads, drawn by <see cref="LoadVariation"/>, and what they come to.</summary>
internal sealed class LoadStudy
{
    /// <summary>Scenarios held at a time; the rest of the memory is a few numbers a scenario.</summary>
    private const int Chunk = 256;

    private readonly List<double> lossesMw = [];
    private readonly List<double> lowestVm = [];
    private readonly List<double> highestLoading = [];
    private readonly Dictionary<int, int> lowestAt = [];
    private readonly Dictionary<int, int> worstAt = [];

    /// <summary>Solves scenarios that differ in their constant powers: p, q, then how each ended, vm and va, all scenario by scenario.</summary>
    public delegate void Solver(double[] p, double[] q, ScenarioResult[] results, double[] vm, double[] va);

    private LoadStudy(int scenarios, long seed, string solver) => (Scenarios, Seed, SolverName) = (scenarios, seed, solver);

    public int Scenarios { get; }

    public long Seed { get; }

    public string SolverName { get; }

    public int Converged => lossesMw.Count;

    public static LoadStudy Run(Network network, int scenarios, long seed, string solverName, Solver solve)
    {
        var study = new LoadStudy(scenarios, seed, solverName);
        var buses = network.Buses.Count;
        for (var first = 0; first < scenarios; first += Chunk)
        {
            var count = Math.Min(Chunk, scenarios - first);
            var (p, q, vm, va, results) = (new double[count * buses], new double[count * buses], new double[count * buses], new double[count * buses], new ScenarioResult[count]);
            for (var s = 0; s < count; s++) LoadVariation.Fill(network.Loads, seed, first + s, p.AsSpan(s * buses, buses), q.AsSpan(s * buses, buses));
            solve(p, q, results, vm, va);
            for (var s = 0; s < count; s++)
            {
                var row = (s * buses)..((s + 1) * buses);
                study.Take(network, network.Loads.WithPower(p.AsSpan(row), q.AsSpan(row)), results[s], vm[row], va[row]);
            }
        }
        return study;
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("solver", SolverName);
        json.WriteNumber("scenarios", Scenarios);
        json.WriteNumber("seed", Seed);
        json.WriteString("loads", "each bus's constant power times its own uniform factor from 0.5 to 1.5");
        json.WriteNumber("converged", Converged);
        json.WriteNumber("notConverged", Scenarios - Converged);
        if (worstAt.Count > 0) json.WriteNumber("worstBus", MostFrequent(worstAt));
        foreach (var (name, _, values) in Figures())
        {
            json.WriteStartObject(name);
            foreach (var (figure, value) in Spread(values)) SolutionJson.Number(json, figure, value);
            json.WriteEndObject();
        }
        if (lowestAt.Count > 0) json.WriteNumber("lowestVmBus", MostFrequent(lowestAt));
        json.WriteEndObject();
    }

    public void WriteText(TextWriter text, string name)
    {
        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {Scenarios:n0} scenarios, seed {Seed}: each bus's constant power times its own uniform factor from 0.5 to 1.5"));
        text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{SolverName}: {Converged:n0} converged{(Converged < Scenarios ? string.Create(CultureInfo.InvariantCulture, $", {Scenarios - Converged:n0} NOT CONVERGED, worst bus most often {MostFrequent(worstAt)}") : "")}"));
        if (Converged == 0) return;
        text.WriteLine();
        text.WriteLine($"{"",-24}{"min",12}{"p5",12}{"p50",12}{"p95",12}{"max",12}{"mean",12}");
        foreach (var (_, label, values) in Figures())
        {
            text.Write($"{label,-24}");
            foreach (var (_, value) in Spread(values)) text.Write(double.IsFinite(value) ? value.ToString("0.000000", CultureInfo.InvariantCulture).PadLeft(12) : $"{"-",12}");
            text.WriteLine();
        }
        text.WriteLine();
        if (lowestAt.Count > 0) text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the lowest voltage is most often at bus {MostFrequent(lowestAt)}"));
    }

    private void Take(Network network, Loads loads, ScenarioResult result, double[] vm, double[] va)
    {
        if (!result.Converged)
        {
            if (result.WorstBus >= 0) Count(worstAt, network.Buses.Number[result.WorstBus]);
            return;
        }
        var solution = Flows.Of(network, loads, vm, va, result.Converged, result.Iterations);
        var (lowest, at) = (double.PositiveInfinity, -1);
        for (var i = 0; i < vm.Length; i++)
        {
            if (!solution.Unserved[i] && vm[i] < lowest) (lowest, at) = (vm[i], i);
        }
        lossesMw.Add(solution.LossesP * network.BaseMva);
        lowestVm.Add(lowest);
        if (at >= 0) Count(lowestAt, network.Buses.Number[at]);
        highestLoading.Add(solution.LoadingPercent.Where(static percent => !double.IsNaN(percent)).DefaultIfEmpty(double.NaN).Max());
    }

    private IEnumerable<(string Name, string Label, List<double> Values)> Figures() =>
        [("lossesMw", "losses MW", lossesMw), ("lowestVmPu", "lowest voltage pu", lowestVm), ("highestLoadingPercent", "highest loading %", highestLoading)];

    /// <summary>Percentiles by nearest rank.</summary>
    private static IEnumerable<(string, double)> Spread(List<double> values)
    {
        var sorted = values.Order().ToArray();
        double At(double share) => sorted.Length == 0 ? double.NaN : sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
        return [("min", At(0)), ("p5", At(0.05)), ("p50", At(0.5)), ("p95", At(0.95)), ("max", At(1)), ("mean", sorted.Length == 0 ? double.NaN : sorted.Average())];
    }

    private static void Count(Dictionary<int, int> counts, int bus) => counts[bus] = counts.GetValueOrDefault(bus) + 1;

    private static int MostFrequent(Dictionary<int, int> counts) => counts.OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key).First().Key;
}
