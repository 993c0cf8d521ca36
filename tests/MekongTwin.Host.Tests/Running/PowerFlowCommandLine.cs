using System.Text.Json;

namespace MekongTwin.Host.Tests.Running;

/// <summary>The powerflow command from outside: what it prints, what it returns.</summary>
public sealed class PowerFlowCommandLine : IDisposable
{
    private const string TwoBuses = """
        function mpc = two
        mpc.version = '2';
        mpc.baseMVA = 10;
        mpc.bus = [
            1  3  0    0    0  0  1  1  0  22  1  1.1  0.9;
            2  1  LOAD  1.5  0  0  1  1  0  22  1  1.1  0.9;
            3  4  0    0    0  0  1  1  0  22  1  1.1  0.9;
        ];
        mpc.gen = [1  0  0  9  -9  1.02  10  1  9  0];
        mpc.branch = [
            1  2  0.02  0.06  0.01  5  0  0  0  0  1  -360  360;
            2  3  0.02  0.06  0     0  0  0  0  0  1  -360  360;
        ];
        """;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task JsonHasEveryBusAndBranch()
    {
        var json = JsonDocument.Parse(await PowerFlowAsync(0, "3", "--json")).RootElement;
        Assert.True(json.GetProperty("converged").GetBoolean());
        Assert.Equal("sweep", json.GetProperty("solver").GetString());
        Assert.InRange(json.GetProperty("iterations").GetInt32(), 1, 9);
        Assert.InRange(json.GetProperty("maxMismatchPu").GetDouble(), 0, 1e-10);
        Assert.Equal([1, 2, 3], json.GetProperty("buses").EnumerateArray().Select(bus => bus.GetProperty("bus").GetInt32()));
        Assert.Equal([3], json.GetProperty("unservedBuses").EnumerateArray().Select(bus => bus.GetInt32()));
        Assert.Equal((1.02, 0), (json.GetProperty("buses")[0].GetProperty("vmPu").GetDouble(), json.GetProperty("buses")[0].GetProperty("vaDegree").GetDouble()));
        var branch = json.GetProperty("branches")[0];
        Assert.Equal((1, 2, -3, -1.5), (branch.GetProperty("from").GetInt32(), branch.GetProperty("to").GetInt32(), Math.Round(branch.GetProperty("pToMw").GetDouble(), 8), Math.Round(branch.GetProperty("qToMvar").GetDouble(), 8)));
        Assert.Equal(json.GetProperty("lossesMw").GetDouble(), branch.GetProperty("pFromMw").GetDouble() + branch.GetProperty("pToMw").GetDouble(), 1e-9);
        var apparent = Math.Sqrt(Math.Pow(branch.GetProperty("pFromMw").GetDouble(), 2) + Math.Pow(branch.GetProperty("qFromMvar").GetDouble(), 2));
        Assert.Equal(100 * apparent / 5, branch.GetProperty("loadingPercent").GetDouble(), 1e-9);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("branches")[1].GetProperty("loadingPercent").ValueKind);
    }

    [Fact]
    public async Task TheSolverIsChosenAndBothAgree()
    {
        var sweep = JsonDocument.Parse(await PowerFlowAsync(0, "3", "--solver", "sweep", "--json")).RootElement;
        var newton = JsonDocument.Parse(await PowerFlowAsync(0, "3", "--solver", "newton", "--json")).RootElement;
        Assert.Equal(("sweep", "newton"), (sweep.GetProperty("solver").GetString(), newton.GetProperty("solver").GetString()));
        Assert.Equal(newton.GetProperty("buses")[1].GetProperty("vmPu").GetDouble(), sweep.GetProperty("buses")[1].GetProperty("vmPu").GetDouble(), 1e-10);
        var (first, second) = (JsonDocument.Parse(await PowerFlowAsync(0, "3", "--solver", "sweep", "--batch", "50", "--json")).RootElement, JsonDocument.Parse(await PowerFlowAsync(0, "3", "--solver", "newton", "--batch", "50", "--json")).RootElement);
        Assert.Equal(second.GetProperty("lossesMw").GetProperty("mean").GetDouble(), first.GetProperty("lossesMw").GetProperty("mean").GetDouble(), 1e-8);
    }

    [Fact]
    public async Task ARingIsNewtonsAndSaysSo()
    {
        const string Second = "1  2  0.02  0.06  0.01  5  0  0  0  0  1  -360  360;";
        var ring = TwoBuses.Replace("mpc.branch = [", "mpc.branch = [ " + Second, StringComparison.Ordinal).Replace("LOAD", "3", StringComparison.Ordinal);
        await File.WriteAllTextAsync(_directory.In("ring.m"), ring, TestContext.Current.CancellationToken);
        Assert.Equal("--solver sweep: branches 1, 2 form a ring.", (await RunAsync(2, _directory.In("ring.m"), "--solver", "sweep")).Trim());
        var heard = await RunAsync(0, _directory.In("ring.m"));
        Assert.Contains("note: solved by Newton, not by the sweep: branches 1, 2 form a ring", heard, StringComparison.Ordinal);
        Assert.Contains("newton", heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATableSaysWhatMatters()
    {
        var heard = await PowerFlowAsync(0, "3");
        Assert.Contains("converged in", heard, StringComparison.Ordinal);
        Assert.Contains("lowest voltage 1.00", heard, StringComparison.Ordinal);
        Assert.Contains("unserved buses (1): 3", heard, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatCannotBeSolvedNamesTheWorstBus()
    {
        Assert.Contains("worst bus 2", await PowerFlowAsync(1, "300"), StringComparison.Ordinal);
        var json = JsonDocument.Parse(await PowerFlowAsync(1, "300", "--json")).RootElement;
        Assert.Equal((false, 2), (json.GetProperty("converged").GetBoolean(), json.GetProperty("worstBus").GetInt32()));
    }

    [Fact]
    public async Task TheSameSeedGivesTheSameStudy()
    {
        var first = await PowerFlowAsync(0, "3", "--batch", "300", "--seed", "5", "--json");
        Assert.Equal(first, await PowerFlowAsync(0, "3", "--batch", "300", "--seed", "5", "--json"));
        Assert.NotEqual(first, await PowerFlowAsync(0, "3", "--batch", "300", "--seed", "6", "--json"));
        var json = JsonDocument.Parse(first).RootElement;
        Assert.Equal((300, 300, 0), (json.GetProperty("scenarios").GetInt32(), json.GetProperty("converged").GetInt32(), json.GetProperty("notConverged").GetInt32()));
        Assert.Equal(2, json.GetProperty("lowestVmBus").GetInt32());
        var losses = json.GetProperty("lossesMw");
        var spread = new[] { "min", "p5", "p50", "p95", "max" }.Select(figure => losses.GetProperty(figure).GetDouble()).ToArray();
        Assert.Equal(spread.Order(), spread);
        Assert.Contains("300 converged", await PowerFlowAsync(0, "3", "--batch", "300", "--seed", "5"), StringComparison.Ordinal);
        Assert.Contains("NOT CONVERGED, worst bus most often 2", await PowerFlowAsync(1, "80", "--batch", "50"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sweep")]
    [InlineData("newton")]
    public async Task EveryVectorWidthGivesTheSameBytes(string solver)
    {
        string[] options = ["--solver", solver, "--batch", "300", "--seed", "5", "--json"];
        var widest = await PowerFlowAsync(0, "3", options);
        foreach (var width in (string[])["scalar", "256", "512"]) Assert.Equal(widest, await RunAsync(0, width, [_directory.In("two.m"), .. options]));
        Assert.Contains("MEKONGTWIN_SIMD is '128'; it must be 512, 256 or scalar.", await RunAsync(2, "128", [_directory.In("two.m"), .. options]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BadInputIsSaidWithItsPlace()
    {
        Assert.Equal("two.m:6: bus row 2, Pd: it is NaN; it must be a number.", (await PowerFlowAsync(2, "NaN")).Trim());
        Assert.Equal("two.m:6: row 2: it has 14 columns, the rows above have 13.", (await PowerFlowAsync(2, "3 3")).Trim());
        Assert.Contains("--batch: between 1 and 1000000.", await PowerFlowAsync(2, "3", "--batch", "0"), StringComparison.Ordinal);
        Assert.Contains("'foo' not recognized", await PowerFlowAsync(2, "3", "--solver", "foo"), StringComparison.Ordinal);
        await File.WriteAllTextAsync(_directory.In("grid.json"), "{\n\"a\": 1,,\n}", TestContext.Current.CancellationToken);
        Assert.StartsWith("grid.json:2: not valid JSON", await RunAsync(2, _directory.In("grid.json")), StringComparison.Ordinal);
        Assert.EndsWith("the name must end in .m (MATPOWER) or .json (pandapower).", (await RunAsync(2, _directory.In("grid.xml"))).Trim(), StringComparison.Ordinal);
        foreach (var missing in (string[])["none.m", "none.json"]) Assert.Single((await RunAsync(2, _directory.In(missing))).Trim().Split('\n'));
    }

    [Fact]
    public async Task HostileInputIsAnsweredInOneLine()
    {
        Assert.StartsWith("two.m:6: bus row 2, Pd: it is Infinity", await PowerFlowAsync(2, "1e999"), StringComparison.Ordinal);
        Assert.Equal("two.m:7: bus row 3, number: 2 is there twice.", (await PowerFlowAsync(2, "3 1.5 0 0 1 1 0 22 1 1.1 .9;\n2 1 3")).Trim());
        foreach (var option in (string[])["abc", "1.5", "2147483648", "-1"]) Assert.Contains("--batch", Assert.Single((await PowerFlowAsync(2, "3", "--batch", option)).Trim().Split('\n')), StringComparison.Ordinal);
        foreach (var option in (string[])["much", "NaN", "4"]) Assert.Contains("--loading", Assert.Single((await PowerFlowAsync(2, "3", "--loading", option)).Trim().Split('\n')), StringComparison.Ordinal);
        Assert.NotEmpty(await PowerFlowAsync(2, "3", "--batch"));
        Assert.NotEmpty(await PowerFlowAsync(2, "3", "--batch", "5", "--seed", "x"));
        Assert.Equal("two.m:6: column 210: nested deeper than 200.", (await PowerFlowAsync(2, new string('(', 100_000))).Trim());
        await File.WriteAllTextAsync(_directory.In("deep.json"), new string('[', 1_000_000), TestContext.Current.CancellationToken);
        Assert.StartsWith("deep.json:1: not valid JSON", await RunAsync(2, _directory.In("deep.json")), StringComparison.Ordinal);
        Assert.Single((await RunAsync(2, "")).Trim().Split('\n'));
        if (!OperatingSystem.IsLinux()) return;
        File.CreateSymbolicLink(_directory.In("endless.m"), "/dev/zero");
        Assert.EndsWith("endless.m: larger than 64 MB.", (await RunAsync(2, _directory.In("endless.m"))).Trim(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HugeNumbersAreUnsolvedAndHaveNoFigures()
    {
        Assert.Contains("worst bus 2", await PowerFlowAsync(1, "1e300"), StringComparison.Ordinal);
        var json = JsonDocument.Parse(await PowerFlowAsync(1, "1e300", "--json")).RootElement;
        Assert.Equal((false, 2), (json.GetProperty("converged").GetBoolean(), json.GetProperty("worstBus").GetInt32()));
        foreach (var solver in (string[])["sweep", "newton", "auto"]) Assert.Contains("0 converged, 5 NOT CONVERGED", await PowerFlowAsync(1, "1e300", "--batch", "5", "--solver", solver), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACityIsSolvedFeederByFeeder()
    {
        // Nothing hangs on the last node of fd/1, so the one before it is the lowest, too.
        var folder = Path.Combine(AppContext.BaseDirectory, "Cities", "clean-network");
        var json = JsonDocument.Parse(await RunAsync(0, folder, "--loading", "0.6", "--voltage", "1.02", "--json")).RootElement;
        Assert.Equal("sweep", json.GetProperty("solver").GetString());
        Assert.Equal(["fd/1", "fd/2", "1/1", "1/2", "2/1", "north/tx/1", "south/tx/2"], json.GetProperty("buses").EnumerateArray().Select(bus => bus.GetProperty("id").GetString()));
        var branches = json.GetProperty("branches").EnumerateArray().ToDictionary(branch => branch.GetProperty("id").GetString()!);
        Assert.Equal(0, branches["tie/1"].GetProperty("pFromMw").GetDouble());
        Assert.InRange(branches["north/tx/1"].GetProperty("loadingPercent").GetDouble(), 58, 61);
        var line = branches["ln/1/1"];
        var ampere = Math.Sqrt(Math.Pow(line.GetProperty("pFromMw").GetDouble(), 2) + Math.Pow(line.GetProperty("qFromMvar").GetDouble(), 2)) * 1000 / (Math.Sqrt(3) * 22 * 1.02);
        Assert.Equal(100 * ampere / 300, line.GetProperty("loadingPercent").GetDouble(), 1e-6);
        var feeder = json.GetProperty("feeders")[0];
        Assert.Equal(("fd/1", "1/1", "ln/1/1"), (feeder.GetProperty("id").GetString(), feeder.GetProperty("lowestVmNode").GetString(), feeder.GetProperty("highestLoadingLine").GetString()));
        Assert.Equal(0.6 * 0.95 * 0.4, feeder.GetProperty("loadMw").GetDouble(), 1e-9);
        Assert.Equal(json.GetProperty("lossesMw").GetDouble(), json.GetProperty("feeders").EnumerateArray().Sum(each => each.GetProperty("lossesMw").GetDouble()), 1e-9);
        Assert.Contains("vn-xyz: 2 feeders, 4 lines, 2 transformers; newton: converged", await RunAsync(0, folder, "--solver", "newton"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACityThatCannotBeSolvedIsSaid()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Cities", "clean");
        Assert.Contains("clean: grid.json describes no network (feeders, nodes and lines)", await RunAsync(2, folder), StringComparison.Ordinal);
        Assert.Contains("grid.json:", await RunAsync(2, Path.Combine(AppContext.BaseDirectory, "Cities", "network-with-a-loop")), StringComparison.Ordinal);
        Assert.Equal("--loading: only with a city folder; a case file says it itself.", (await PowerFlowAsync(2, "3", "--loading", "0.5")).Trim());
        Assert.Contains("--loading: between 0 and 3.", await RunAsync(2, folder, "--loading", "4"), StringComparison.Ordinal);
    }

    private async Task<string> PowerFlowAsync(int expected, string load, params string[] options)
    {
        await File.WriteAllTextAsync(_directory.In("two.m"), TwoBuses.Replace("LOAD", load, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        return await RunAsync(expected, [_directory.In("two.m"), .. options]);
    }

    private static Task<string> RunAsync(int expected, params string[] arguments) => RunAsync(expected, null, arguments);

    private static async Task<string> RunAsync(int expected, string? simd, string[] arguments)
    {
        var (code, heard) = await Running.ToEndAsync(Running.Host(["powerflow", .. arguments], ("MEKONGTWIN_SIMD", simd)));
        Assert.True(code == expected, $"{string.Join(' ', arguments)}: exit code {code} instead of {expected}\n{heard}");
        return heard;
    }
}
