using System.Text.Json;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Import;

namespace MekongTwin.Host.PowerFlow;

/// <summary>A solution as JSON, in MW, Mvar, degrees and per unit; what is no number is null, and an unserved bus has no voltage.</summary>
internal static class SolutionJson
{
    /// <param name="json">Where to.</param>
    /// <param name="read">The case.</param>
    /// <param name="solution">Its solution.</param>
    /// <param name="solver">What found it.</param>
    /// <param name="more">Writes what this kind of case has besides.</param>
    public static void Write(Utf8JsonWriter json, ImportedCase read, Solution solution, string solver, Action<Utf8JsonWriter>? more = null)
    {
        var network = read.Network;
        json.WriteStartObject();
        json.WriteBoolean("converged", solution.Converged);
        json.WriteNumber("iterations", solution.Iterations);
        json.WriteString("solver", solver);
        Number(json, "lossesMw", solution.LossesP * network.BaseMva);
        Number(json, "lossesMvar", solution.LossesQ * network.BaseMva);
        Number(json, "maxMismatchPu", solution.Residual);
        if (solution.WorstBus >= 0) json.WriteNumber("worstBus", network.Buses.Number[solution.WorstBus]);
        json.WriteStartArray("unservedBuses");
        foreach (var row in read.Rows)
        {
            if (IsUnserved(row, solution)) json.WriteNumberValue(row.Number);
        }
        json.WriteEndArray();
        WriteBuses(json, read, solution);
        WriteBranches(json, read, solution);
        more?.Invoke(json);
        json.WriteEndObject();
    }

    /// <summary>JSON has no infinity and no NaN.</summary>
    public static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static bool IsUnserved(BusRow row, Solution solution) => !row.InService || solution.Unserved[row.Bus];

    private static void WriteBuses(Utf8JsonWriter json, ImportedCase read, Solution solution)
    {
        json.WriteStartArray("buses");
        foreach (var row in read.Rows)
        {
            json.WriteStartObject();
            json.WriteNumber("bus", row.Number);
            if (read.BusIds is { } ids) json.WriteString("id", ids[row.Bus]);
            Number(json, "vmPu", IsUnserved(row, solution) ? 0 : solution.Vm[row.Bus]);
            Number(json, "vaDegree", IsUnserved(row, solution) ? 0 : solution.Va[row.Bus] * 180 / Math.PI);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteBranches(Utf8JsonWriter json, ImportedCase read, Solution solution)
    {
        var network = read.Network;
        var (branches, mva) = (network.Branches, network.BaseMva);
        json.WriteStartArray("branches");
        for (var k = 0; k < branches.Count; k++)
        {
            json.WriteStartObject();
            if (read.BranchIds is { } ids) json.WriteString("id", ids[k]);
            json.WriteNumber("from", network.Buses.Number[branches.From[k]]);
            json.WriteNumber("to", network.Buses.Number[branches.To[k]]);
            Number(json, "pFromMw", solution.FromP[k] * mva);
            Number(json, "qFromMvar", solution.FromQ[k] * mva);
            Number(json, "pToMw", solution.ToP[k] * mva);
            Number(json, "qToMvar", solution.ToQ[k] * mva);
            Number(json, "loadingPercent", solution.LoadingPercent[k]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
