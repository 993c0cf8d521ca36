using System.Globalization;

namespace MekongTwin.Engines.PowerFlow.Import.Matpower;

/// <summary>Reads MATPOWER case files, versions 1 and 2: the statements are carried out as written, then the matrices bus, gen and branch
/// become a network (Zimmerman, Murillo-Sánchez and Thomas, IEEE Transactions on Power Systems 26(1), 2011; manual, appendix B).
/// Costs, areas, names, fuels and limits on angles are passed over: a power flow does not use them.</summary>
public static class MatpowerCase
{
    private static readonly string[] BusFields = ["number", "type", "Pd", "Qd", "Gs", "Bs", "area", "Vm", "Va", "baseKV"];
    private static readonly string[] GenFields = ["bus", "Pg", "Qg", "Qmax", "Qmin", "Vg", "mBase", "status"];
    private static readonly string[] BranchFields = ["from bus", "to bus", "r", "x", "b", "rateA", "rateB", "rateC", "ratio", "angle", "status"];

    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">What is in it.</param>
    /// <exception cref="ImportException">The file is wrong or not supported; the message names file, line and column or field.</exception>
    public static ImportedCase Read(string file, string text)
    {
        var (head, body) = new Parser(file, new Lexer(file, text).Read()).Read();
        var interpreter = new Interpreter(file);
        interpreter.Run(body);
        return new Reader(file, head, interpreter).Read();
    }

    private sealed class Reader(string file, FunctionSyntax? head, Interpreter interpreter)
    {
        private readonly List<string> notes = [];
        private readonly Dictionary<int, int> indexOf = [];

        public ImportedCase Read()
        {
            var name = head is { Name.Length: > 0 } ? head.Name : Path.GetFileNameWithoutExtension(file);
            var baseMva = Find("baseMVA") is Matrix { IsScalar: true } power ? power.Values[0] : throw new ImportException(file, 1, "baseMVA", "it is not given, or is not a single number.");
            if (!(baseMva > 0) || !double.IsFinite(baseMva)) throw new ImportException(file, 1, "baseMVA", Say($"it is {baseMva}; it must be positive."));
            var (bus, gen, branch) = (Table("bus", 10), Table("gen", 8), Table("branch", 11));
            var (buses, loads) = ReadBuses(bus, baseMva);
            var generators = ReadGenerators(gen, baseMva);
            PlaceSlack(buses, generators, bus);
            var branches = ReadBranches(branch, baseMva, buses);
            if (Find("dcline") is Matrix { Rows: > 0 } lines) notes.Add($"{file}:{lines.Lines?[0]}: dcline: direct-current lines are not in the network, as in MATPOWER itself unless it is told otherwise.");
            try
            {
                return new ImportedCase(name, new Network(baseMva, buses, loads, branches, generators), notes)
                {
                    Rows = [.. Enumerable.Range(0, buses.Count).Select(i => new BusRow(buses.Number[i], i, buses.Type[i] != BusType.Isolated))],
                };
            }
            catch (NetworkException e)
            {
                throw new ImportException(file, bus.Lines?[0] ?? 1, "", e.Message);
            }
        }

        /// <summary>A field of the structure the function gives back, or one of its several results in files of version 1.</summary>
        private object? Find(string name)
        {
            foreach (var result in head is { Results.Count: 1 } ? head.Results : ["mpc"])
            {
                if (interpreter.Find(result) is Structure structure) return structure.Fields.GetValueOrDefault(name);
            }
            return interpreter.Find(name);
        }

        private Matrix Table(string name, int columns)
        {
            var table = Find(name) switch
            {
                Matrix matrix => matrix,
                null => throw new ImportException(file, head?.Line ?? 1, name, "the file gives no such matrix."),
                _ => throw new ImportException(file, head?.Line ?? 1, name, "it is no matrix."),
            };
            if (table.Rows > 0 && table.Columns < columns) throw new ImportException(file, table.Lines?[0] ?? 1, name, $"it has {table.Columns} columns; it needs at least {columns}.");
            return table;
        }

        private (Buses, Loads) ReadBuses(Matrix table, double baseMva)
        {
            if (table.Rows == 0) throw new ImportException(file, head?.Line ?? 1, "bus", "there is no bus.");
            var (buses, loads) = (new Buses(table.Rows), new Loads(table.Rows));
            for (var i = 0; i < table.Rows; i++)
            {
                Need(table, "bus", BusFields, i, 1, static type => type is 1 or 2 or 3 or 4, "it must be 1 (PQ), 2 (PV), 3 (reference) or 4 (isolated)");
                buses.Type[i] = (BusType)table[i, 1];
                foreach (var column in (int[])[2, 3, 4, 5]) Need(table, "bus", BusFields, i, column, double.IsFinite, "it must be a number");
                if (buses.Type[i] != BusType.Isolated)
                {
                    Need(table, "bus", BusFields, i, 7, static vm => vm > 0 && double.IsFinite(vm), "it must be positive");
                    Need(table, "bus", BusFields, i, 8, double.IsFinite, "it must be a number");
                }
                Need(table, "bus", BusFields, i, 9, static kv => kv >= 0 && double.IsFinite(kv), "it must be positive, or 0 where it is not stated");
                Need(table, "bus", BusFields, i, 0, static number => number >= 0 && number <= int.MaxValue && number == Math.Floor(number), "it must be a whole number");
                buses.Number[i] = (int)table[i, 0];
                if (!indexOf.TryAdd(buses.Number[i], i)) throw At(table, "bus", "number", i, Say($"{buses.Number[i]} is there twice."));
                (loads.PowerP[i], loads.PowerQ[i]) = (table[i, 2] / baseMva, table[i, 3] / baseMva);
                (buses.ShuntG[i], buses.ShuntB[i]) = (table[i, 4] / baseMva, table[i, 5] / baseMva);
                (buses.StartVm[i], buses.StartVa[i], buses.NominalKv[i]) = (table[i, 7], table[i, 8] * Math.PI / 180, table[i, 9]);
            }
            return (buses, loads);
        }

        private Generators ReadGenerators(Matrix table, double baseMva)
        {
            var generators = new Generators(table.Rows);
            for (var g = 0; g < table.Rows; g++)
            {
                generators.Bus[g] = IndexOf(table, "gen", GenFields, g, 0);
                generators.InService[g] = table[g, 7] > 0;
                Need(table, "gen", GenFields, g, 1, double.IsFinite, "it must be a number");
                Need(table, "gen", GenFields, g, 2, double.IsFinite, "it must be a number");
                if (generators.InService[g]) Need(table, "gen", GenFields, g, 5, static vm => vm > 0 && double.IsFinite(vm), "it must be positive");
                (generators.P[g], generators.Q[g], generators.SetVm[g]) = (table[g, 1] / baseMva, table[g, 2] / baseMva, table[g, 5]);
                (generators.MaxQ[g], generators.MinQ[g]) = (table[g, 3] / baseMva, table[g, 4] / baseMva);
                if (generators.InService[g] && !(generators.MinQ[g] <= generators.MaxQ[g])) throw At(table, "gen", "Qmin", g, Say($"it is {table[g, 4]}, above Qmax, which is {table[g, 3]}."));
            }
            return generators;
        }

        /// <summary>A reference bus needs a generator in service; without any the first PV bus that has one takes its place, as in MATPOWER.</summary>
        private void PlaceSlack(Buses buses, Generators generators, Matrix table)
        {
            var driven = new bool[buses.Count];
            for (var g = 0; g < generators.Count; g++) driven[generators.Bus[g]] |= generators.InService[g];
            for (var i = 0; i < buses.Count; i++)
            {
                if (buses.Type[i] != BusType.Slack || driven[i]) continue;
                buses.Type[i] = BusType.PQ;
                notes.Add($"{file}:{LineOf(table, i)}: bus {buses.Number[i]}: the reference has no generator in service and is solved as PQ.");
            }
            if (Array.IndexOf(buses.Type, BusType.Slack) >= 0) return;
            var first = Enumerable.Range(0, buses.Count).FirstOrDefault(i => buses.Type[i] == BusType.PV && driven[i], -1);
            if (first < 0) throw new ImportException(file, LineOf(table, 0), "bus", "no reference or PV bus has a generator in service: nothing holds the voltage.");
            buses.Type[first] = BusType.Slack;
            notes.Add($"{file}:{LineOf(table, first)}: bus {buses.Number[first]}: there is no reference; the first PV bus takes its place.");
        }

        private Branches ReadBranches(Matrix table, double baseMva, Buses buses)
        {
            var branches = new Branches(table.Rows);
            for (var k = 0; k < table.Rows; k++)
            {
                (branches.From[k], branches.To[k]) = (IndexOf(table, "branch", BranchFields, k, 0), IndexOf(table, "branch", BranchFields, k, 1));
                if (branches.From[k] == branches.To[k]) throw At(table, "branch", "to bus", k, Say($"the branch joins bus {buses.Number[branches.To[k]]} with itself."));
                foreach (var column in (int[])[2, 3, 4, 9]) Need(table, "branch", BranchFields, k, column, double.IsFinite, "it must be a number");
                Need(table, "branch", BranchFields, k, 5, static rating => rating >= 0, "it must be positive, or 0 for no limit");
                Need(table, "branch", BranchFields, k, 8, static ratio => ratio >= 0 && double.IsFinite(ratio), "it must be positive, or 0 for a line");
                Need(table, "branch", BranchFields, k, 10, static status => !double.IsNaN(status), "it must be 1, or 0 for out of service");
                branches.InService[k] = table[k, 10] != 0;
                if (branches.InService[k] && table[k, 2] == 0 && table[k, 3] == 0) throw At(table, "branch", "x", k, "r and x are both 0; a branch without impedance is not supported.");
                (branches.R[k], branches.X[k], branches.B[k]) = (table[k, 2], table[k, 3], table[k, 4]);
                branches.RatingFrom[k] = branches.RatingTo[k] = double.IsInfinity(table[k, 5]) ? 0 : table[k, 5] / baseMva;
                (branches.Ratio[k], branches.ShiftRad[k]) = (table[k, 8] == 0 ? 1 : table[k, 8], table[k, 9] * Math.PI / 180);
            }
            return branches;
        }

        private int IndexOf(Matrix table, string name, string[] fields, int row, int column) =>
            table[row, column] is var number && number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue && indexOf.TryGetValue((int)number, out var index)
                ? index : throw At(table, name, fields[column], row, Say($"there is no bus {number}."));

        private void Need(Matrix table, string name, string[] fields, int row, int column, Predicate<double> holds, string rule)
        {
            if (!holds(table[row, column])) throw At(table, name, fields[column], row, Say($"it is {table[row, column]}; {rule}."));
        }

        private ImportException At(Matrix table, string name, string field, int row, string what) => new(file, LineOf(table, row), $"{name} row {row + 1}, {field}", what);

        private static int LineOf(Matrix table, int row) => table.Lines?[row] ?? 1;

        private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
