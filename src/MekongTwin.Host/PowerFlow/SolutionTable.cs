using System.Globalization;
using MekongTwin.Engines.PowerFlow;

namespace MekongTwin.Host.PowerFlow;

/// <summary>A solution for a person at a terminal: what matters first, then the buses lowest in voltage and the branches nearest their
/// rating; a small grid is listed whole and in order.</summary>
internal static class SolutionTable
{
    /// <summary>Rows of a table; a larger grid shows its extremes.</summary>
    private const int RowsMax = 40;

    public static void Write(TextWriter text, string name, Network network, Solution solution, string solver)
    {
        var (buses, mva) = (network.Buses, network.BaseMva);
        string Say(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
        var verdict = solution.Converged ? Say($"converged in {solution.Iterations} iterations") : Say($"NOT CONVERGED after {solution.Iterations} iterations");
        text.WriteLine(Say($"{name}: {buses.Count:n0} buses, {network.Branches.Count:n0} branches; {solver}: {verdict}, largest mismatch {solution.Residual:0.0e+0} pu"));
        if (!solution.Converged)
        {
            text.WriteLine(Say($"worst bus {(solution.WorstBus < 0 ? "none" : buses.Number[solution.WorstBus].ToString(CultureInfo.InvariantCulture))}; no figures are shown, for they solve nothing"));
            return;
        }
        var served = Enumerable.Range(0, buses.Count).Where(i => !solution.Unserved[i]).ToArray();
        text.WriteLine(Say($"losses {solution.LossesP * mva:n6} MW, {solution.LossesQ * mva:n6} Mvar"));
        if (served.Length > 0)
        {
            var (low, high) = (served.MinBy(i => solution.Vm[i]), served.MaxBy(i => solution.Vm[i]));
            text.WriteLine(Say($"lowest voltage {solution.Vm[low]:0.00000} pu at bus {buses.Number[low]}, highest {solution.Vm[high]:0.00000} pu at bus {buses.Number[high]}"));
        }
        if (served.Length < buses.Count) text.WriteLine(Say($"unserved buses ({buses.Count - served.Length}): {string.Join(", ", buses.Number.Where((_, i) => solution.Unserved[i]).Take(20))}{(buses.Count - served.Length > 20 ? " ..." : "")}"));
        WriteBuses(text, network, solution, served);
        WriteBranches(text, network, solution);
    }

    private static void WriteBuses(TextWriter text, Network network, Solution solution, int[] served)
    {
        var shown = served.Length <= RowsMax ? served : [.. served.OrderBy(i => solution.Vm[i]).Take(RowsMax)];
        text.WriteLine();
        if (shown.Length < served.Length) text.WriteLine($"The {shown.Length} lowest voltages (--json has all)");
        text.WriteLine($"{"bus",8} {"vm pu",9} {"va degree",10} {"vm kV",10} {"load MW",12} {"load Mvar",12} {"source MW",12} {"source Mvar",12}");
        foreach (var i in shown)
        {
            var (v, loads, mva) = (solution.Vm[i], network.Loads, network.BaseMva);
            var p = (loads.PowerP[i] + (loads.CurrentP[i] * v) + (loads.ImpedanceP[i] * v * v)) * mva;
            var q = (loads.PowerQ[i] + (loads.CurrentQ[i] * v) + (loads.ImpedanceQ[i] * v * v)) * mva;
            var kv = network.Buses.NominalKv[i] > 0 ? (v * network.Buses.NominalKv[i]).ToString("0.0000", CultureInfo.InvariantCulture) : "-";
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{network.Buses.Number[i],8} {v,9:0.000000} {solution.Va[i] * 180 / Math.PI,10:0.0000} {kv,10} {p,12:0.0000} {q,12:0.0000} {solution.SourceP[i] * mva,12:0.0000} {solution.SourceQ[i] * mva,12:0.0000}"));
        }
    }

    private static void WriteBranches(TextWriter text, Network network, Solution solution)
    {
        var (branches, number, mva) = (network.Branches, network.Buses.Number, network.BaseMva);
        var inService = Enumerable.Range(0, branches.Count).Where(k => branches.InService[k]).ToArray();
        // Branches without a rating come last, by the power they carry.
        var shown = inService.Length <= RowsMax ? inService : [.. inService.OrderByDescending(k => double.IsNaN(solution.LoadingPercent[k]) ? -1 : solution.LoadingPercent[k]).ThenByDescending(k => Math.Abs(solution.FromP[k])).Take(RowsMax)];
        text.WriteLine();
        if (shown.Length < inService.Length) text.WriteLine($"The {shown.Length} branches with the highest loading or flow (--json has all)");
        text.WriteLine($"{"from",8} {"to",8} {"from MW",12} {"from Mvar",12} {"to MW",12} {"to Mvar",12} {"loading %",10}");
        foreach (var k in shown)
        {
            var loading = double.IsNaN(solution.LoadingPercent[k]) ? "-" : solution.LoadingPercent[k].ToString("0.0", CultureInfo.InvariantCulture);
            text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{number[branches.From[k]],8} {number[branches.To[k]],8} {solution.FromP[k] * mva,12:0.0000} {solution.FromQ[k] * mva,12:0.0000} {solution.ToP[k] * mva,12:0.0000} {solution.ToQ[k] * mva,12:0.0000} {loading,10}"));
        }
    }
}
