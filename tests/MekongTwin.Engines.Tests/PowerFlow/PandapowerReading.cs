using MekongTwin.Engines.PowerFlow.Import;
using MekongTwin.Engines.PowerFlow.Import.Pandapower;
using MekongTwin.Engines.PowerFlow.Newton;

namespace MekongTwin.Engines.Tests.PowerFlow;

public sealed class PandapowerReading
{
    /// <summary>A net with one of everything that is supported, and what pandapower 3.0.0 found in it
    /// (runpp, tolerance 1e-9 MVA, calculate_voltage_angles=True): bus, pu, degrees.</summary>
    private static readonly (int Bus, double Vm, double Va)[] Found =
    [
        (0, 1.02, 10.0), (1, 1.0036529560414467, -141.1399068977377), (2, 1.0050117720303517, -142.88434331188816), (3, 1.0042692487225817, -141.7775527610646),
        (4, 1.0099999999999996, -142.73890628996193), (5, 0.9224829998522406, -174.2064710593848), (7, 1.0043572034433863, -141.7775310562449),
        (8, 1.0042692487225817, -141.7775527610646), (9, 1.0042692487225817, -141.7775527610646), (10, 1.003191263028665, -141.81663597807844),
    ];

    private static string Everything { get; } = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PowerFlow", "Data", "everything.json"));

    [Fact]
    public void One_of_everything_has_the_voltages_that_pandapower_finds()
    {
        var read = PandapowerCase.Read("everything.json", Everything);
        var solution = new NewtonSolver(read.Network, new NewtonOptions { Tolerance = 1e-11 }).Solve();
        Assert.True(solution.Converged);
        foreach (var (bus, vm, va) in Found)
        {
            var row = read.Rows.Single(row => row.Number == bus);
            Assert.Equal(vm, solution.Vm[row.Bus], 1e-10);
            Assert.Equal(va, solution.Va[row.Bus] * 180 / Math.PI, 1e-8);
        }
        // Lines and transformers come first; pandapower sums their losses.
        Assert.Equal(0.4506787049528138, Enumerable.Range(0, 10).Sum(k => solution.FromP[k] + solution.ToP[k]) * 2.5, 1e-9);
        Assert.Equal([6], read.Rows.Where(row => !row.InService).Select(row => row.Number));
        Assert.Equal(["everything.json:65: 3 ends of branches in service are open (a switch, or a bus out of service): they are the buses from 11 to 13."], read.Notes);
    }

    [Theory]
    [InlineData("pandapowerNet", "pandapowerNot", "net.json:1: _class: is not \"pandapowerNet\": this is no net that pandapower's to_json wrote in version 2 or later.")]
    [InlineData("\"sn_mva\": 2.5", "\"sn_mva\": 0", "net.json:91: sn_mva: must be a positive number.")]
    [InlineData("\\\"vn_kv\\\",\\\"in_service\\\"]", "\\\"in_service\\\"]", "net.json:5: bus[0]: has 2 values for 1 columns.")]
    [InlineData("[5,0.3,0.1,", "[55,0.3,0.1,", "net.json:11: load[0].bus: there is no bus 55.")]
    [InlineData("[5,0.3,0.1,", "[5,null,0.1,", "net.json:11: load[0].p_mw: is missing.")]
    [InlineData("[5,0.3,0.1,", "[5,\\\"much\\\",0.1,", "net.json:11: load[0].p_mw: is much; it must be a number.")]
    [InlineData("\\\"Ideal\\\"", "\\\"Tabular\\\"", "net.json:77: trafo[2].tap_changer_type: 'Tabular' is not supported; Ratio, Symmetrical and Ideal are.")]
    [InlineData("\\\"et\\\"", "\\\"ex\\\"", "net.json:65: switch[0].et: is ''; it must be b, l, t or t3.")]
    [InlineData("\"name\": \"\"", "\"trafo3w\": {\"_object\": {\"columns\": [\"hv_bus\"], \"index\": [4], \"data\": [[0]]}}", "net.json:89: trafo3w[4].in_service: elements of the table trafo3w are not supported; take it out of service to go on without it.")]
    [InlineData("\"name\": \"\"", "\"name\": ", "net.json:89: not valid JSON: ")]
    [InlineData("\"name\": \"\"", "\"name\": \"\\ud800\"", "net.json:1: a text in it is no valid Unicode.")]
    [InlineData("[5,0.3,0.1,", "[5,1e999,0.1,", "net.json:11: load[0].p_mw: is 1e999; it must be a number.")]
    [InlineData("[5,0.3,0.1,", "[5,NaN,0.1,", "net.json:11: load: its data frame is not valid JSON: ")]
    [InlineData("\\\"index\\\":[0,1,2,3,4,5,6,7,8,9,10]", "\\\"index\\\":[0,1,2,3,4,5,6,7,8,9,9]", "net.json:5: bus[9].index: is there twice.")]
    [InlineData("[4,5,0.63,20.0,0.4,", "[4,5,0.63,20.0,1e308,", "net.json:77: trafo[1].vn_lv_kv: with its tap, the rating and parallel it gives no impedance that is a number.")]
    public void What_is_wrong_is_said_with_table_row_and_column(string old, string changed, string message)
    {
        var text = Everything.Replace(old, changed, StringComparison.Ordinal);
        Assert.NotEqual(Everything, text);
        var heard = Assert.Throws<ImportException>(() => PandapowerCase.Read("net.json", text)).Message;
        Assert.StartsWith(message, heard, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_nested_without_end_is_refused()
    {
        foreach (var (open, close) in (ReadOnlySpan<(string, string)>)[("[", "]"), ("{\"a\":", "}")])
        {
            var deep = string.Concat(Enumerable.Repeat(open, 100_000)) + "1" + string.Concat(Enumerable.Repeat(close, 100_000));
            foreach (var text in (string[])[deep, Everything.Replace("\"name\": \"\"", $"\"name\": {deep}", StringComparison.Ordinal)]) Assert.Contains("not valid JSON", Assert.Throws<ImportException>(() => PandapowerCase.Read("net.json", text)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Version 3 states the shares of constant impedance and current for each power by itself.</summary>
    [Fact]
    public void Shares_of_each_power_are_read()
    {
        var text = Everything.Replace("\\\"const_z_percent\\\",\\\"const_i_percent\\\",\\\"sn_mva\\\"", "\\\"const_z_p_percent\\\",\\\"const_i_q_percent\\\",\\\"sn_mva\\\"", StringComparison.Ordinal);
        Assert.NotEqual(Everything, text);
        var read = PandapowerCase.Read("net.json", text);
        var at = read.Rows.Single(row => row.Number == 5).Bus;
        var (loads, scale) = (read.Network.Loads, 1.1 / 2.5);
        Assert.Equal(0.3 * 0.7 * scale, loads.PowerP[at], 1e-15);
        Assert.Equal(0.3 * 0.3 * scale, loads.ImpedanceP[at], 1e-15);
        Assert.Equal(0.1 * 0.8 * scale, loads.PowerQ[at], 1e-15);
        Assert.Equal(0.1 * 0.2 * scale, loads.CurrentQ[at], 1e-15);
    }

    /// <summary>Whatever is cut off or changed, the reader answers: a net, or a message with the file's name.</summary>
    [Fact]
    public void Any_damage_is_answered()
    {
        var random = new Random(4);
        for (var n = 0; n < 3000; n++)
        {
            var text = Everything.ToCharArray();
            for (var hits = random.Next(1, 4); hits > 0; hits--) text[random.Next(text.Length)] = "[]{},:\"\\0159.-enulltrf"[random.Next(22)];
            try
            {
                PandapowerCase.Read("net.json", new string(text, 0, n % 5 == 0 ? random.Next(text.Length) : text.Length));
            }
            catch (ImportException e)
            {
                Assert.StartsWith("net.json:", e.Message, StringComparison.Ordinal);
            }
        }
    }
}
