using System.Text.Json;
using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Host.PowerFlow;

/// <summary>A solution as JSON, in MW, Mvar, degrees and per unit; what is no number is null.</summary>
internal static class SolutionJson
{
    public static void Write(Utf8JsonWriter json, Network network, Solution solution, string solver)
    {
        json.WriteStartObject();
        json.WriteBoolean("converged", solution.Converged);
        json.WriteNumber("iterations", solution.Iterations);
        json.WriteString("solver", solver);
        Number(json, "lossesMw", solution.LossesP * network.BaseMva);
        Number(json, "lossesMvar", solution.LossesQ * network.BaseMva);
        Number(json, "maxMismatchPu", solution.Residual);
        if (solution.WorstBus >= 0) json.WriteNumber("worstBus", network.Buses.Number[solution.WorstBus]);
        json.WriteStartArray("unservedBuses");
        for (var i = 0; i < network.Buses.Count; i++)
        {
            if (solution.Unserved[i]) json.WriteNumberValue(network.Buses.Number[i]);
        }
        json.WriteEndArray();
        WriteBuses(json, network, solution);
        WriteBranches(json, network, solution);
        json.WriteEndObject();
    }

    /// <summary>JSON has no infinity and no NaN.</summary>
    public static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void WriteBuses(Utf8JsonWriter json, Network network, Solution solution)
    {
        json.WriteStartArray("buses");
        for (var i = 0; i < network.Buses.Count; i++)
        {
            json.WriteStartObject();
            json.WriteNumber("bus", network.Buses.Number[i]);
            Number(json, "vmPu", solution.Vm[i]);
            Number(json, "vaDegree", solution.Va[i] * 180 / Math.PI);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteBranches(Utf8JsonWriter json, Network network, Solution solution)
    {
        var (branches, mva) = (network.Branches, network.BaseMva);
        json.WriteStartArray("branches");
        for (var k = 0; k < branches.Count; k++)
        {
            json.WriteStartObject();
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
