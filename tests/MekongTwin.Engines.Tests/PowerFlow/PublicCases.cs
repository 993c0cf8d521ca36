using System.Globalization;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Import.Matpower;
using MekongTwin.Engines.PowerFlow.Newton;

namespace MekongTwin.Engines.Tests.PowerFlow;

/// <summary>Public test cases, which the project may not carry: skipped where they are not.</summary>
public sealed class PublicCases
{
    /// <summary>A folder with NAME.bus.csv, NAME.branch.csv and NAME.gen.csv: the grids and MATPOWER's answers.</summary>
    private const string Tables = "MEKONGTWIN_POWER_TABLES";

    /// <summary>MATPOWER's folder of cases.</summary>
    private const string Cases = "MEKONGTWIN_MATPOWER_CASES";

    [Theory]
    [InlineData("case14")]
    [InlineData("case30")]
    [InlineData("case33bw")]
    [InlineData("case57")]
    [InlineData("case118")]
    [InlineData("case118zh")]
    [InlineData("case136ma")]
    public void Voltages_and_flows_are_those_of_MATPOWER(string name)
    {
        var folder = Environment.GetEnvironmentVariable(Tables);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"{Tables} names no folder with the cases and MATPOWER's answers.");
        var (bus, branch, gen) = (Rows(folder, $"{name}.bus.csv"), Rows(folder, $"{name}.branch.csv"), Rows(folder, $"{name}.gen.csv"));
        const double BaseMva = 100;
        var (buses, loads, branches, generators) = (new Buses(bus.Length), new Loads(bus.Length), new Branches(branch.Length), new Generators(gen.Length));
        var indexOf = new Dictionary<double, int>();
        for (var i = 0; i < bus.Length; i++)
        {
            indexOf[bus[i][0]] = i;
            (buses.Number[i], buses.Type[i]) = ((int)bus[i][0], (BusType)bus[i][1]);
            (loads.PowerP[i], loads.PowerQ[i], buses.ShuntG[i], buses.ShuntB[i]) = (bus[i][2] / BaseMva, bus[i][3] / BaseMva, bus[i][4] / BaseMva, bus[i][5] / BaseMva);
            if (buses.Type[i] == BusType.Slack) buses.StartVa[i] = bus[i][8] * Math.PI / 180;
        }
        // Impedances are per unit on the base of each case, powers are in MW.
        var own = name is "case33bw" or "case118zh" or "case136ma" ? 10 : BaseMva;
        for (var k = 0; k < branch.Length; k++)
        {
            (branches.From[k], branches.To[k], branches.InService[k]) = (indexOf[branch[k][0]], indexOf[branch[k][1]], branch[k][8] != 0);
            (branches.R[k], branches.X[k], branches.B[k]) = (branch[k][2] * BaseMva / own, branch[k][3] * BaseMva / own, branch[k][4] * own / BaseMva);
            (branches.Ratio[k], branches.ShiftRad[k]) = (branch[k][6] == 0 ? 1 : branch[k][6], branch[k][7] * Math.PI / 180);
        }
        for (var g = 0; g < gen.Length; g++)
        {
            (generators.Bus[g], generators.P[g], generators.Q[g], generators.SetVm[g], generators.InService[g]) = (indexOf[gen[g][0]], gen[g][1] / BaseMva, gen[g][2] / BaseMva, gen[g][3], gen[g][4] > 0);
        }
        var solution = new NewtonSolver(new Network(BaseMva, buses, loads, branches, generators)).Solve();
        Assert.True(solution.Converged);
        for (var i = 0; i < bus.Length; i++)
        {
            Assert.Equal(bus[i][7], solution.Vm[i], 1e-8);
            Assert.Equal(bus[i][8] * Math.PI / 180, solution.Va[i], 1e-8);
        }
        for (var k = 0; k < branch.Length; k++)
        {
            Assert.Equal(branch[k][9] / BaseMva, solution.FromP[k], 1e-8);
            Assert.Equal(branch[k][12] / BaseMva, solution.ToQ[k], 1e-8);
        }
    }

    /// <summary>Losses in MW as MATPOWER 8.1 finds them (Newton, tolerance 1e-10).</summary>
    [Theory]
    [InlineData("case4_dist", 0.052790997)]
    [InlineData("case33bw", 0.202677126)]
    [InlineData("case69", 0.224991694)]
    [InlineData("case118zh", 1.298091617)]
    [InlineData("case136ma", 0.320364219)]
    [InlineData("case16am", 0.511400425)]
    [InlineData("case14", 13.393272358)]
    [InlineData("case30", 2.443803137)]
    [InlineData("case57", 27.863751506)]
    [InlineData("case118", 132.862871889)]
    [InlineData("case145", -1837.530622883)]
    [InlineData("case300", 408.315581786)]
    [InlineData("case533mt_hi", 0.175123536)]
    [InlineData("case1354pegase", 1663.467494977)]
    [InlineData("case2383wp", 726.230361109)]
    [InlineData("case2869pegase", 2782.964939184)]
    [InlineData("case6515rte", 2845.245904425)]
    [InlineData("case9241pegase", 7931.720388581)]
    [InlineData("case_ACTIVSg10k", 2585.732143966)]
    [InlineData("case13659pegase", 8737.198060964)]
    public void Case_files_are_solved_as_they_are(string name, double lossesMw)
    {
        var folder = Environment.GetEnvironmentVariable(Cases);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"{Cases} names no folder with MATPOWER's case files.");
        var network = MatpowerCase.Read(name + ".m", File.ReadAllText(Path.Combine(folder, name + ".m"))).Network;
        var solution = new NewtonSolver(network).Solve();
        Assert.True(solution.Converged);
        Assert.Equal(lossesMw, solution.LossesP * network.BaseMva, Math.Max(1e-6 * network.BaseMva, 1e-9));
    }

    private static double[][] Rows(string folder, string name) =>
        [.. File.ReadLines(Path.Combine(folder, name)).Skip(1).Select(line => line.Split(',').Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray())];
}
