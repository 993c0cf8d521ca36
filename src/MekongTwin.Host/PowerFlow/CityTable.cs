using System.Globalization;
using System.Text.Json;
using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Host.PowerFlow;

/// <summary>A solved city: its feeders as JSON, and for a person feeders and the fullest lines and transformers.</summary>
internal static class CityTable
{
    private const int RowsMax = 20;

    public static void WriteFeeders(Utf8JsonWriter json, CityCase city, Solution solution)
    {
        json.WriteStartArray("feeders");
        foreach (var feeder in city.Totals(solution))
        {
            json.WriteStartObject();
            json.WriteString("id", feeder.Id);
            SolutionJson.Number(json, "pMw", feeder.Mw);
            SolutionJson.Number(json, "qMvar", feeder.Mvar);
            SolutionJson.Number(json, "loadMw", feeder.LoadMw);
            SolutionJson.Number(json, "lossesMw", feeder.Mw - feeder.LoadMw);
            SolutionJson.Number(json, "lossesMvar", feeder.Mvar - feeder.LoadMvar);
            SolutionJson.Number(json, "lowestVmPu", feeder.LowestVmPu);
            json.WriteString("lowestVmNode", feeder.LowestAt);
            SolutionJson.Number(json, "highestLoadingPercent", feeder.LoadingPercent);
            json.WriteString("highestLoadingLine", feeder.FullestLine);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    public static void Write(TextWriter text, CityCase city, Solution solution, string solver)
    {
        var network = city.Grid.Network;
        string Say(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
        var verdict = solution.Converged ? Say($"converged in {solution.Iterations} iterations") : Say($"NOT CONVERGED after {solution.Iterations} iterations");
        text.WriteLine(Say($"{city.Read.Name}: {city.Grid.Feeders.Length:n0} feeders, {city.Grid.City.Lines.Length:n0} lines, {city.Grid.Transformers.Length:n0} transformers; {solver}: {verdict}, largest mismatch {solution.Residual:0.0e+0} pu"));
        if (!solution.Converged)
        {
            text.WriteLine($"worst place {(solution.WorstBus < 0 ? "none" : city.Read.BusIds![solution.WorstBus])}; no figures are shown, for they solve nothing");
            return;
        }
        text.WriteLine(Say($"losses {solution.LossesP:n3} MW of {solution.SourceP.Sum():n3} MW, {solution.LossesQ:n3} Mvar"));
        var unfed = Enumerable.Range(0, network.Buses.Count).Where(bus => solution.Unserved[bus]).Select(bus => city.Read.BusIds![bus]).ToList();
        if (unfed.Count > 0) text.WriteLine($"not fed ({unfed.Count}): {string.Join(", ", unfed.Take(RowsMax))}{(unfed.Count > RowsMax ? " ..." : "")}");
        text.WriteLine();
        text.WriteLine($"{"feeder",-24} {"MW",9} {"Mvar",9} {"losses kW",10} {"lowest pu",10} {"at",-20} {"loading %",10} {"line",-24}");
        foreach (var feeder in city.Totals(solution))
        {
            text.WriteLine(Say($"{feeder.Id,-24} {feeder.Mw,9:0.000} {feeder.Mvar,9:0.000} {1000 * (feeder.Mw - feeder.LoadMw),10:0.0} {feeder.LowestVmPu,10:0.0000} {feeder.LowestAt,-20} {feeder.LoadingPercent,10:0.0} {feeder.FullestLine,-24}"));
        }
        WriteFullest(text, "lines", city, solution, 0, city.Grid.City.Lines.Length);
        WriteFullest(text, "transformers", city, solution, city.Grid.City.Lines.Length, network.Branches.Count);
    }

    private static void WriteFullest(TextWriter text, string what, CityCase city, Solution solution, int from, int to)
    {
        text.WriteLine();
        text.WriteLine($"The fullest {what} (--json has all)");
        foreach (var branch in Enumerable.Range(from, to - from).Where(branch => !double.IsNaN(solution.LoadingPercent[branch])).OrderByDescending(branch => solution.LoadingPercent[branch]).Take(RowsMax))
        {
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{city.Read.BranchIds![branch],-32} {solution.LoadingPercent[branch],8:0.0} %  {solution.FromP[branch],9:0.000} MW {solution.FromQ[branch],9:0.000} Mvar"));
        }
    }
}
