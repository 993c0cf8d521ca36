using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Import;
using MekongTwin.Engines.PowerFlow.Import.Matpower;
using MekongTwin.Engines.PowerFlow.Newton;

namespace MekongTwin.Engines.Tests.PowerFlow;

/// <summary>Case files as people write them; the figures are our own.</summary>
public sealed class MatpowerReading
{
    private const string Bus = "1 3 0 0 0 0 1 1.02 0 22 1 1.1 .9; 2 1 50 20 1 -2 1 1 0 22 1 1.1 .9; 7 2 10 5 0 0 1 1 0 22 1 1.1 .9";
    private const string Gen = "1 0 0 99 -99 1.03 100 1 200 0; 7 20 0 50 -50 1.01 100 1 100 0";
    private const string Branch = "1 2 .01 .05 .02 80 0 0 0 0 1 -360 360; 2 7 .02 .06 0 0 0 0 .98 -5 1 -360 360; 1 7 .01 .04 0 0 0 0 0 0 0 -360 360";

    private static string Plain { get; } = Case($"mpc.bus = [{Bus}];\nmpc.gen = [{Gen}];\nmpc.branch = [{Branch}];");

    private static string Case(string body) => $"function mpc = small\nmpc.version = '2';\nmpc.baseMVA = 100;\n{body}\n";

    [Fact]
    public void The_matrices_become_a_network_per_unit()
    {
        var read = MatpowerCase.Read("small.m", Plain);
        var (buses, loads, branches, generators) = (read.Network.Buses, read.Network.Loads, read.Network.Branches, read.Network.Generators);
        Assert.Equal("small", read.Name);
        Assert.Equal((100.0, 3, 3, 2), (read.Network.BaseMva, buses.Count, branches.Count, generators.Count));
        Assert.Equal([1, 2, 7], buses.Number);
        Assert.Equal([BusType.Slack, BusType.PQ, BusType.PV], buses.Type);
        Assert.Equal((0.5, 0.2, 0.01, -0.02, 22.0), (loads.PowerP[1], loads.PowerQ[1], buses.ShuntG[1], buses.ShuntB[1], buses.NominalKv[1]));
        Assert.Equal([1.03, 1, 1.01], read.Network.SetVm);
        Assert.Equal([0, 1, 0], branches.From);
        Assert.Equal([1, 2, 2], branches.To);
        Assert.Equal((0.01, 0.05, 0.02, 0.8, 1.0), (branches.R[0], branches.X[0], branches.B[0], branches.RatingFrom[0], branches.Ratio[0]));
        Assert.Equal((0.98, -5 * Math.PI / 180), (branches.Ratio[1], branches.ShiftRad[1]));
        Assert.Equal([true, true, false], branches.InService);
        Assert.Equal((0.2, -0.5, 0.5), (generators.P[1], generators.MinQ[1], generators.MaxQ[1]));
        Assert.Empty(read.Notes);
    }

    /// <summary>All of these say the same grid.</summary>
    [Theory]
    [InlineData("mpc.bus = [ %% comment with [ and '\n\t1\t3\t0\t0\t0\t0\t1\t1.02\t0\t22\t1\t1.1\t.9; % note\n\t2, 1, 50, 20, 1, -2, 1, 1, 0, 22, 1, 1.1, .9\n\n\t7\t2\t10\t5\t0\t0\t1\t1\t0\t22\t1\t1.1\t.9;\n];\nmpc.gen = [GEN];mpc.branch = [BRANCH]; # octave's comment")]
    [InlineData("%{\nmpc.bus = 3; a block of comment\n%}\nmpc.branch = [BRANCH];\r\nmpc.gen = [GEN];\r\nmpc.bus = [BUS];\r\nmpc.bus_name = {\r\n\t'it''s a bus';\r\n\t'two';\r\n};\r\nmpc.gencost = [2 0 0 3 0.1 5 0; 2 0 0 3 0.1 5 0];")]
    [InlineData("mpc.bus = [BUS]; mpc.gen = [GEN]; mpc.branch = [BRANCH];\n[PQ, PV, REF, NONE, BUS_I, BUS_TYPE, PD, QD, GS, BS, BUS_AREA, VM, ...\n   VA, BASE_KV, ZONE] = idx_bus;\nmpc.bus(:, [PD, QD]) = mpc.bus(:, [PD, QD]) * 1e3;\nmpc.bus(:, [PD, QD]) = mpc.bus(:, [PD, QD]) / 1e3;")]
    [InlineData("mpc.bus = [BUS]; mpc.gen = [GEN]; mpc.branch = [BRANCH]; define_constants;\nVbase = mpc.bus(1, BASE_KV) * 1e3; Sbase = mpc.baseMVA * 1e6;\nmpc.branch(:, [BR_R BR_X]) = mpc.branch(:, [BR_R BR_X]) * (Vbase^2 / Sbase);\nmpc.branch(:, [BR_R BR_X]) = mpc.branch(:, [BR_R BR_X]) / (Vbase^2 / Sbase);")]
    [InlineData("mpc.bus = [BUS]; mpc.gen = [GEN]; mpc.branch = [BRANCH]; pf = 0.6; s = sin(acos(pf));\nmpc.bus(:, 4) = mpc.bus(:, 4) * s / 0.8;\nfixed = 0;\nif fixed\n mpc.bus(:, 3) = 0;\nelseif ~fixed && true\n mpc.bus(2, 3) = 50;\nelse\n mpc.bus = 1;\nend\nfor k = 1:2\n mpc.gen(k, 4) = mpc.gen(k, 4) + 0;\nend\nk = find(isinf(mpc.gen(:, 4)) & ...\n   isinf(mpc.gen(:, 5)));\nmpc.gen(k, 4) = 9;")]
    [InlineData("b = [1 3 0 0 0 0 1 1.02 0 22 1 1.1 .9; 2 1 49+1 20 1 - 0 -2 1 1 0 22 1 1.1 .9];\nmpc.bus = [b; 7, 2, 10, [5 0 0 1], ones(1,2) * 1 - [0 1], 22, 1, 1.1, .9]; mpc.gen = [GEN]; mpc.branch = [BRANCH];\nmpc.bus(end, end) = .9; mpc.bus(2, :)';")]
    [InlineData("mpc.bus = [BUS]; mpc.gen = [GEN]; mpc.branch = [BRANCH]; mpc.of.day = 1;\nold = mpc; old.bus(:, 3) = 0; old.of.day = sign(NaN); old.gen = [];\nmpc.bus(:, 3) = mpc.bus(:, 3) * mpc.of.day;")]
    public void What_means_the_same_reads_the_same(string body)
    {
        body = body.Replace("BUS]", Bus + "]", StringComparison.Ordinal).Replace("GEN]", Gen + "]", StringComparison.Ordinal).Replace("BRANCH]", Branch + "]", StringComparison.Ordinal);
        var (plain, read) = (MatpowerCase.Read("small.m", Plain).Network, MatpowerCase.Read("small.m", Case(body)).Network);
        Assert.Equal(plain.Buses.Number, read.Buses.Number);
        foreach (var (a, b) in new[] { (plain.Loads.PowerP, read.Loads.PowerP), (plain.Loads.PowerQ, read.Loads.PowerQ), (plain.Buses.ShuntB, read.Buses.ShuntB), (plain.SetVm, read.SetVm), (plain.Branches.R, read.Branches.R), (plain.Branches.X, read.Branches.X), (plain.Branches.ShiftRad, read.Branches.ShiftRad), (plain.Generators.MaxQ, read.Generators.MaxQ) })
        {
            Assert.Equal(a.Length, b.Length);
            for (var i = 0; i < a.Length; i++) Assert.Equal(a[i], b[i], 1e-15);
        }
        Assert.Equal(plain.Branches.InService, read.Branches.InService);
    }

    [Fact]
    public void A_file_of_version_one_gives_back_its_matrices_by_name()
    {
        var read = MatpowerCase.Read("old.m", $"function [baseMVA, bus, gen, branch, areas, gencost] = old9\nbaseMVA = 100;\nbus = [{Bus}];\ngen = [{Gen}];\nbranch = [{Branch}];\nareas = [1 1];\n");
        Assert.Equal(("old9", 3), (read.Name, read.Network.Branches.Count));
    }

    [Fact]
    public void A_structure_of_another_name_and_a_base_that_is_computed_are_read() =>
        Assert.Equal(50.0 / 3, MatpowerCase.Read("x.m", $"function s = f\ns.baseMVA = 50/3;\ns.bus = [{Bus}];\ns.gen = [{Gen}];\ns.branch = [{Branch}];\nend\n").Network.BaseMva);

    [Fact]
    public void Isolated_buses_and_several_generators_on_a_bus_are_read()
    {
        var network = MatpowerCase.Read("s.m", Case($"mpc.bus = [{Bus}; 9 4 5 5 0 0 1 0 0 22 1 1.1 .9];\nmpc.gen = [{Gen}; 7 5 3 9 -9 1.005 100 1 9 0; 7 50 3 9 -9 .5 100 0 9 0];\nmpc.branch = [{Branch}; 7 9 .01 .1 0 0 0 0 0 0 1 0 0];")).Network;
        Assert.Equal([true, true, true, false], network.Served);
        Assert.Equal((0.25, 1.005), (network.GenerationP[2], network.SetVm[2]));
        Assert.True(new NewtonSolver(network).Solve().Converged);
    }

    [Fact]
    public void A_reference_without_a_generator_gives_its_place_to_the_first_pv_bus()
    {
        var read = MatpowerCase.Read("s.m", Case($"mpc.bus = [{Bus}];\nmpc.gen = [{Gen.Replace("100 1 200", "100 0 200", StringComparison.Ordinal)}];\nmpc.branch = [{Branch}];"));
        Assert.Equal([BusType.PQ, BusType.PQ, BusType.Slack], read.Network.SolvedAs);
        Assert.Equal(["s.m:4: bus 1: the reference has no generator in service and is solved as PQ.", "s.m:4: bus 7: there is no reference; the first PV bus takes its place."], read.Notes);
    }

    /// <summary>Files that would take a machine's memory, its stack or its day.</summary>
    [Theory]
    [InlineData("for i = 1:9999\nfor j = 1:9999\nx = 1;\nend\nend", "small.m:6: carrying out the file takes too long: a case is data, not a program.")]
    [InlineData("for i = zeros(0, 1e7)\nfor j = zeros(0, 1e7)\nend\nend", "small.m:5: carrying out the file takes too long: a case is data, not a program.")]
    [InlineData("x = 1;\nfor i = 1:99\nx = [x x];\nend", "small.m:6: a matrix of 1 by 16777216 is too large.")]
    [InlineData("x = 1;\nfor i = 1:99\nx = [x; x];\nend", "small.m:6: carrying out the file takes too long: a case is data, not a program.")]
    [InlineData("x = ones(60000, 1) * ones(1, 60000);", "small.m:4: a matrix of 60000 by 60000 is too large.")]
    [InlineData("x = ones(60000, 1) + ones(1, 60000);", "small.m:4: a matrix of 60000 by 60000 is too large.")]
    [InlineData("x = ones(9000, 1); x = x(x, x);\nx = x + x(1, 1):60000;", "small.m:4: a matrix of 9000 by 9000 is too large.")]
    [InlineData("x = zeros(0, 1e99);", "small.m:4: a matrix of 0 by 1E+99 is too large.")]
    [InlineData("x = zeros(1e9);", "small.m:4: a matrix of 1000000000 by 1000000000 is too large.")]
    [InlineData("x(2e7) = 1;", "small.m:4: 20000000 is no place in a matrix; they are counted from 1.")]
    [InlineData("x(1e7, 1e7) = 1;", "small.m:4: a matrix of 10000000 by 10000000 is too large.")]
    [InlineData("x = 1:1e300;", "small.m:4: the range is too long.")]
    [InlineData("a = zeros(1e7, 1); b = zeros(1e7, 1); c = zeros(1e7, 1);\nd.e = zeros(1e7, 1);", "small.m:5: the file's matrices take too much memory.")]
    [InlineData("s.t.x = zeros(1e7, 1); a = s; b = s; c = s;\nd = 1;", "small.m:5: the file's matrices take too much memory.")]
    public void A_file_without_measure_is_refused(string body, string message)
    {
        Assert.Equal(message, Assert.Throws<ImportException>(() => MatpowerCase.Read("small.m", Case(body))).Message);
    }

    [Theory]
    [InlineData("x = ", "(", "1", ")", "small.m:4: column 205: nested deeper than 200.")]
    [InlineData("x = ", "[", "1", "]", "small.m:4: column 205: nested deeper than 200.")]
    [InlineData("x = ", "-(", "1", ")", "small.m:4: column 205: nested deeper than 200.")]
    [InlineData("x = 1", "", "", "+1", "small.m:4: the expression is too long.")]
    [InlineData("x = 2", "", "", "^1", "small.m:4: the expression is too long.")]
    [InlineData("x = 1", "", "", "'", "small.m:4: column 207: more than 200 fields, indices and transposes in a row.")]
    [InlineData("x", "", "", ".a", "small.m:4: column 404: more than 200 fields, indices and transposes in a row.")]
    [InlineData("", "if 1\n", "", "end\n", "small.m:203: column 5: nested deeper than 200.")]
    [InlineData("", "for i = 1\n", "", "end\n", "small.m:203: column 10: nested deeper than 200.")]
    public void What_is_nested_without_end_is_refused(string start, string open, string inside, string close, string message)
    {
        const int Times = 200_000;
        var body = start + string.Concat(Enumerable.Repeat(open, Times)) + inside + string.Concat(Enumerable.Repeat(close, Times));
        Assert.Equal(message, Assert.Throws<ImportException>(() => MatpowerCase.Read("small.m", Case(body))).Message);
    }

    [Fact]
    public void A_matrix_that_was_filled_place_by_place_has_no_lines_of_its_own() =>
        Assert.Equal("small.m:1: bus: it has 3 columns; it needs at least 10.", Assert.Throws<ImportException>(() => MatpowerCase.Read("small.m", Case("mpc.bus = []; mpc.bus(3) = 1;"))).Message);

    [Fact]
    public void A_message_is_short_whatever_the_file_holds()
    {
        var message = Assert.Throws<ImportException>(() => MatpowerCase.Read("small.m", Case(new string('x', 1_000_000) + ";"))).Message;
        Assert.InRange(message.Length, 1, 400);
    }

    [Theory]
    [InlineData("mpc.bus = [1 3 0\n 2 1 1 1];", "small.m:5: row 2: it has 4 columns, the rows above have 3.")]
    [InlineData("mpc.bus = [1 3 0;\n 2 1 1;\nmpc.gen = 1;", "small.m:4: column 11: the matrix that opens here with [ is not closed before line 6.")]
    [InlineData("mpc.bus = [1 3 0;\n", "small.m:4: column 11: the matrix that opens here with [ is never closed with ].")]
    [InlineData("mpc.bus = [1 3 0x;];", "small.m:4: column 16: '0x' is not a number.")]
    [InlineData("mpc.bus = sparse(3);", "small.m:4: 'sparse' with 1 argument is not given above, and is no function that case files may use.")]
    [InlineData("mpc.bus(:, PD) = 1;", "small.m:4: 'PD' is not given above, and is no function that case files may use.")]
    [InlineData("mpc.name = 'open\n", "small.m:4: column 12: the text that opens here is not closed on its line.")]
    [InlineData("%{\nnever closed", "small.m:4: the comment that opens here with %{ is never closed with %}.")]
    [InlineData("while 1, end", "small.m:4: column 1: 'while' is not supported in a case file.")]
    [InlineData("x = (1 + 2;", "small.m:4: column 11: expected ')', found ';'.")]
    [InlineData("x = 1 2;", "small.m:4: column 7: '2' is not expected after a statement.")]
    [InlineData("if 1\nx = 2;\n", "small.m:7: column 1: the 'if' of line 4 is not closed with 'end'.")]
    [InlineData("x = [1 2]; y = x(3);", "small.m:4: x has 2 elements; place 3 is beyond.")]
    [InlineData("x = [1 2] + [1 2 3];", "small.m:4: a 1 by 2 and a 1 by 3 matrix do not fit.")]
    [InlineData("x = [1 2]; x(:, 3:4) = [1 2 3];", "small.m:4: a 1 by 3 matrix does not fit into 1 by 2 places.")]
    [InlineData("x = ~~~~$;", "small.m:4: column 9: '$' has no meaning here.")]
    [InlineData("mpc.gen = 1;", "small.m:1: bus: the file gives no such matrix.")]
    public void What_is_wrong_in_a_statement_is_said_with_its_place(string body, string message)
    {
        Assert.Equal(message, Assert.Throws<ImportException>(() => MatpowerCase.Read("small.m", Case(body))).Message);
    }

    [Theory]
    [InlineData("7 2 10", "7 5 10", "small.m:4: bus row 3, type: it is 5; it must be 1 (PQ), 2 (PV), 3 (reference) or 4 (isolated).")]
    [InlineData("7 2 10", "2 2 10", "small.m:4: bus row 3, number: 2 is there twice.")]
    [InlineData("7 2 10", "7.5 2 10", "small.m:4: bus row 3, number: it is 7.5; it must be a whole number.")]
    [InlineData("2 1 50 20", "2 1 NaN 20", "small.m:4: bus row 2, Pd: it is NaN; it must be a number.")]
    [InlineData("1 1.02 0 22", "1 0 0 22", "small.m:4: bus row 1, Vm: it is 0; it must be positive.")]
    [InlineData("99 -99 1.03", "99 -99 0", "small.m:5: gen row 1, Vg: it is 0; it must be positive.")]
    [InlineData("7 20 0 50 -50", "8 20 0 50 -50", "small.m:5: gen row 2, bus: there is no bus 8.")]
    [InlineData("7 20 0 50 -50", "7 20 0 -51 -50", "small.m:5: gen row 2, Qmin: it is -50, above Qmax, which is -51.")]
    [InlineData("2 7 .02 .06", "2 8 .02 .06", "small.m:6: branch row 2, to bus: there is no bus 8.")]
    [InlineData("2 7 .02 .06", "2 7 0 0", "small.m:6: branch row 2, x: r and x are both 0; a branch without impedance is not supported.")]
    [InlineData("2 7 .02 .06", "7 7 .02 .06", "small.m:6: branch row 2, to bus: the branch joins bus 7 with itself.")]
    [InlineData("0 0 .98 -5", "0 0 -.98 -5", "small.m:6: branch row 2, ratio: it is -0.98; it must be positive, or 0 for a line.")]
    [InlineData("baseMVA = 100", "baseMVA = 0", "small.m:1: baseMVA: it is 0; it must be positive.")]
    [InlineData("mpc.baseMVA = 100;", "", "small.m:1: baseMVA: it is not given, or is not a single number.")]
    public void What_is_wrong_in_a_matrix_is_said_with_row_and_column(string old, string changed, string message)
    {
        var text = Plain.Replace(old, changed, StringComparison.Ordinal);
        Assert.NotEqual(Plain, text);
        Assert.Equal(message, Assert.Throws<ImportException>(() => MatpowerCase.Read("small.m", text)).Message);
    }

    /// <summary>Whatever is cut off or changed, the reader answers: a network, or a message with the file's name.</summary>
    [Fact]
    public void Any_damage_is_answered()
    {
        var random = new Random(4);
        for (var n = 0; n < 4000; n++)
        {
            var text = Plain.ToCharArray();
            for (var hits = random.Next(1, 4); hits > 0; hits--) text[random.Next(text.Length)] = "[](){};,'\"%.:=~ \n0aend-e+*"[random.Next(26)];
            try
            {
                MatpowerCase.Read("small.m", new string(text, 0, random.Next(text.Length) + 1));
            }
            catch (ImportException e)
            {
                Assert.StartsWith("small.m:", e.Message, StringComparison.Ordinal);
            }
        }
    }
}
