using System.Globalization;
using System.Runtime.CompilerServices;

namespace MekongTwin.Engines.PowerFlow.Import.Matpower;

/// <summary>Carries out a case file's statements; what it does not know it names with its line.</summary>
internal sealed class Interpreter(string file)
{
    /// <summary>Elements of one matrix; some five times those of the largest public case.</summary>
    private const int ElementsMax = 10_000_000;

    /// <summary>Elements that variables hold together with what the statement at hand has made, 320 MB.</summary>
    private const long HeldMax = 40_000_000;

    /// <summary>Elements made or copied by all statements together; some five times what the largest public case takes, and a few seconds.</summary>
    private const long WorkMax = 500_000_000;

    /// <summary>What a value costs besides its elements.</summary>
    private const int ValueCost = 64;

    private readonly Dictionary<string, object> variables = new(StringComparer.Ordinal);
    private long work;
    private long held;
    private long made;

    // What `end` means in the index being read.
    private int last;

    public object? Find(string name) => variables.GetValueOrDefault(name);

    public void Run(List<Syntax> body)
    {
        foreach (var statement in body) Run(statement);
    }

    private void Run(Syntax statement)
    {
        made = 0;
        Spend(statement, 0);
        switch (statement)
        {
            case AssignmentSyntax assignment:
                Assign(assignment);
                break;
            case IfSyntax choice:
                if (choice.Branches.Find(branch => branch.Condition is null || MatrixOf(branch.Condition).IsTrue) is { Body: not null } taken) Run(taken.Body);
                break;
            case ForSyntax loop:
                Run(loop);
                break;
            case NameSyntax { Name: "define_constants" }:
                foreach (var (name, value) in Functions.Indices.Values.SelectMany(static list => list)) variables[name] = Matrix.Of(value);
                break;
            default:
                Evaluate(statement);
                break;
        }
    }

    private void Run(ForSyntax loop)
    {
        var range = MatrixOf(loop.Range);
        held += range.Values.Length;
        for (var column = 0; column < range.Columns; column++)
        {
            Spend(loop, range.Rows);
            var values = new double[range.Rows];
            for (var row = 0; row < range.Rows; row++) values[row] = range[row, column];
            Hold(variables, loop.Name, new Matrix(range.Rows, 1, values));
            Run(loop.Body);
        }
        held -= range.Values.Length;
    }

    /// <summary>Puts a value under its name, in the place of the old one.</summary>
    private void Hold(Dictionary<string, object> names, string name, object value)
    {
        held += SizeOf(value) - SizeOf(names.GetValueOrDefault(name));
        names[name] = value;

        static long SizeOf(object? value) => value switch
        {
            Matrix matrix => matrix.Values.Length,
            Structure structure => structure.Fields.Values.Sum(SizeOf),
            _ => 0,
        };
    }

    /// <summary>A structure that is assigned is another one: what changes in it later does not change in the first.</summary>
    private object Copied(Syntax at, object value)
    {
        if (value is not Structure structure) return value;
        Spend(at, structure.Fields.Count);
        var copy = new Structure();
        foreach (var (name, field) in structure.Fields) copy.Fields[name] = Copied(at, field);
        return copy;
    }

    /// <summary>Counts what a statement makes, so that no file takes a machine's memory or its day.</summary>
    private void Spend(Syntax at, long elements)
    {
        work += elements + ValueCost;
        made += elements;
        if (work > WorkMax) throw Wrong(at, "carrying out the file takes too long: a case is data, not a program.");
        if (made + held > HeldMax) throw Wrong(at, "the file's matrices take too much memory.");
    }

    /// <summary>Elements of a matrix that is to be made.</summary>
    private int Size(Syntax at, double rows, double columns)
    {
        if (!(rows <= ElementsMax && columns <= ElementsMax && rows * columns <= ElementsMax)) throw Wrong(at, Invariant($"a matrix of {rows} by {columns} is too large."));
        return (int)rows * (int)columns;
    }

    private void Assign(AssignmentSyntax assignment)
    {
        if (assignment.Targets.Count > 1 || assignment.Value is NameSyntax { Name: "idx_bus" or "idx_brch" or "idx_gen" or "idx_cost" })
        {
            if (assignment.Value is not NameSyntax source || !Functions.Indices.TryGetValue(source.Name, out var list)) throw Wrong(assignment, "only idx_bus, idx_brch, idx_gen and idx_cost give back several values here.");
            if (assignment.Targets.Count > list.Length) throw Wrong(assignment, $"{source.Name} gives back {list.Length} values, not {assignment.Targets.Count}.");
            for (var i = 0; i < assignment.Targets.Count; i++)
            {
                if (assignment.Targets[i] is NameSyntax target) variables[target.Name] = Matrix.Of(list[i].Value);
            }
            return;
        }
        Store(assignment.Targets[0], Copied(assignment, Evaluate(assignment.Value)));
    }

    private void Store(Syntax target, object value)
    {
        switch (target)
        {
            case NameSyntax name:
                Hold(variables, name.Name, value);
                break;
            case FieldSyntax field:
                Hold(StructureAt(field.Of).Fields, field.Name, value);
                break;
            case CallSyntax index when value is Matrix matrix:
                var old = index.Of is NameSyntax or FieldSyntax && Exists(index.Of) ? MatrixOf(index.Of) : new Matrix(0, 0, []);
                Store(index.Of, StoreAt(index, old, matrix));
                break;
            default:
                throw Wrong(target, "this cannot be assigned to.");
        }
    }

    private Structure StructureAt(Syntax syntax)
    {
        if (syntax is not (NameSyntax or FieldSyntax)) throw Wrong(syntax, "only names and fields of structures can be assigned to.");
        if (!Exists(syntax)) Store(syntax, new Structure());
        return Evaluate(syntax) as Structure ?? throw Wrong(syntax, $"{Say(syntax)} is no structure.");
    }

    private bool Exists(Syntax syntax) => syntax switch
    {
        NameSyntax name => variables.ContainsKey(name.Name),
        FieldSyntax field => Exists(field.Of) && Evaluate(field.Of) is Structure structure && structure.Fields.ContainsKey(field.Name),
        _ => false,
    };

    private Matrix StoreAt(CallSyntax index, Matrix old, Matrix value)
    {
        if (index.Arguments.Count == 1)
        {
            var places = Places(index.Arguments[0], old.Values.Length, index);
            var length = Math.Max(old.Values.Length, places.Length == 0 ? 0 : places.Max() + 1);
            if (length > old.Values.Length && old.Rows > 1) throw Wrong(index, $"{Say(index.Of)} has {old.Values.Length} elements; place {length} is beyond.");
            Spend(index, length);
            var values = new double[length];
            old.Values.CopyTo(values, 0);
            var into = length > old.Values.Length ? new Matrix(1, length, values) : new Matrix(old.Rows, old.Columns, values, old.Lines);
            if (!value.IsScalar && value.Values.Length != places.Length) throw Wrong(index, $"{value.Values.Length} values for {places.Length} places.");
            for (var i = 0; i < places.Length; i++) into.Down(places[i]) = value.IsScalar ? value.Values[0] : value.Down(i);
            return into;
        }
        if (index.Arguments.Count != 2) throw Wrong(index, "a matrix has two indices.");
        var rows = index.Arguments[0] is AllSyntax && old.Values.Length == 0 ? [.. Enumerable.Range(0, value.Rows)] : Places(index.Arguments[0], old.Rows, index);
        var columns = index.Arguments[1] is AllSyntax && old.Values.Length == 0 ? [.. Enumerable.Range(0, value.Columns)] : Places(index.Arguments[1], old.Columns, index);
        if (!value.IsScalar && (value.Rows != rows.Length || value.Columns != columns.Length)) throw Wrong(index, $"a {value.Rows} by {value.Columns} matrix does not fit into {rows.Length} by {columns.Length} places.");
        var grown = Grown(old, rows, columns, index);
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < columns.Length; j++) grown[rows[i], columns[j]] = value.IsScalar ? value.Values[0] : value[i, j];
        }
        return grown;
    }

    private Matrix Grown(Matrix old, int[] rows, int[] columns, Syntax at)
    {
        var (height, width) = (Math.Max(old.Rows, rows.Length == 0 ? 0 : rows.Max() + 1), Math.Max(old.Columns, columns.Length == 0 ? 0 : columns.Max() + 1));
        var size = Size(at, height, width);
        Spend(at, size);
        var lines = old.Lines is null ? null : new int[height];
        for (var i = 0; lines is not null && i < height; i++) lines[i] = i < old.Rows ? old.Lines![i] : at.Line;
        var grown = new Matrix(height, width, new double[size], lines);
        for (var i = 0; i < old.Rows; i++) old.Values.AsSpan(i * old.Columns, old.Columns).CopyTo(grown.Values.AsSpan(i * width));
        return grown;
    }

    private Matrix MatrixOf(Syntax syntax) => Evaluate(syntax) as Matrix ?? throw Wrong(syntax, $"{Say(syntax)} is no number or matrix.");

    private object Evaluate(Syntax syntax)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw Wrong(syntax, "the expression is too long.");
        var value = ValueOf(syntax);
        Spend(syntax, value is Matrix matrix && syntax is not (NameSyntax or FieldSyntax) ? matrix.Values.Length : 0);
        return value;
    }

    private object ValueOf(Syntax syntax) => syntax switch
    {
        NumberSyntax number => Matrix.Of(number.Value),
        TextSyntax text => text.Value,
        CellSyntax => Unread.Value,
        LastSyntax => Matrix.Of(last),
        NameSyntax name => Named(name),
        FieldSyntax field => Evaluate(field.Of) is Structure structure
            ? structure.Fields.GetValueOrDefault(field.Name) ?? throw Wrong(field, $"{Say(field)} is not given above.")
            : throw Wrong(field, $"{Say(field.Of)} is no structure."),
        CallSyntax call => Call(call),
        UnarySyntax unary => Unary(unary),
        BinarySyntax binary => Binary(binary),
        RangeSyntax range => Range(range),
        MatrixSyntax matrix => Concatenate(matrix),
        AllSyntax => throw Wrong(syntax, "':' stands alone only in an index."),
        _ => throw Wrong(syntax, "this is not supported here."),
    };

    private object Named(NameSyntax name)
    {
        if (variables.TryGetValue(name.Name, out var value)) return value;
        if (Functions.Constants.TryGetValue(name.Name, out var constant)) return constant;
        throw Wrong(name, $"'{name.Name}' is not given above, and is no function that case files may use.");
    }

    private Matrix Call(CallSyntax call)
    {
        if (call.Of is NameSyntax function && !variables.ContainsKey(function.Name)) return CallFunction(call, function.Name);
        return Index(call, MatrixOf(call.Of));
    }

    private Matrix CallFunction(CallSyntax call, string name)
    {
        var arguments = call.Arguments.ConvertAll(MatrixOf);
        if (name is "zeros" or "ones" && arguments.Count is 1 or 2 && arguments.TrueForAll(static size => size.IsScalar && size.Values[0] >= 0 && size.Values[0] == Math.Floor(size.Values[0])))
        {
            var (rows, columns) = (arguments[0].Values[0], arguments[^1].Values[0]);
            return new Matrix((int)rows, (int)columns, Filled.With(Size(call, rows, columns), name == "ones" ? 1.0 : 0.0));
        }
        if (name == "size" && arguments.Count == 2 && arguments[1].IsScalar) return Matrix.Of(arguments[1].Values[0] == 1 ? arguments[0].Rows : arguments[1].Values[0] == 2 ? arguments[0].Columns : 1);
        if (name is "max" or "min" && arguments.Count == 2) return Pairwise(call, arguments[0], arguments[1], name == "max" ? Math.Max : Math.Min);
        if (arguments.Count == 1)
        {
            if (Functions.Elementwise.TryGetValue(name, out var elementwise)) return arguments[0].Map(elementwise);
            if (Functions.Questions.TryGetValue(name, out var question)) return arguments[0].Map(value => question(value) ? 1 : 0, true);
            if (Functions.Whole.TryGetValue(name, out var whole)) return whole(arguments[0]);
        }
        throw Wrong(call, $"'{name}' with {arguments.Count} {(arguments.Count == 1 ? "argument" : "arguments")} is not given above, and is no function that case files may use.");
    }

    private Matrix Index(CallSyntax call, Matrix of)
    {
        if (call.Arguments.Count == 1)
        {
            var places = Places(call.Arguments[0], of.Values.Length, call);
            foreach (var place in places)
            {
                if (place >= of.Values.Length) throw Wrong(call, $"{Say(call.Of)} has {of.Values.Length} elements; place {place + 1} is beyond.");
            }
            var picked = Array.ConvertAll(places, place => of.Down(place));
            return of.Rows == 1 && of.Columns != 1 ? new Matrix(1, picked.Length, picked) : new Matrix(picked.Length, 1, picked);
        }
        if (call.Arguments.Count != 2) throw Wrong(call, "a matrix has two indices.");
        var (rows, columns) = (Places(call.Arguments[0], of.Rows, call), Places(call.Arguments[1], of.Columns, call));
        if (Array.Exists(rows, row => row >= of.Rows)) throw Wrong(call, $"{Say(call.Of)} has {of.Rows} rows; row {rows.Max() + 1} is beyond.");
        if (Array.Exists(columns, column => column >= of.Columns)) throw Wrong(call, $"{Say(call.Of)} has {of.Columns} columns; column {columns.Max() + 1} is beyond.");
        var part = new Matrix(rows.Length, columns.Length, new double[Size(call, rows.Length, columns.Length)], of.Lines is null ? null : Array.ConvertAll(rows, row => of.Lines[row]));
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < columns.Length; j++) part[i, j] = of[rows[i], columns[j]];
        }
        return part;
    }

    /// <summary>Places of an index, counted from 0.</summary>
    private int[] Places(Syntax index, int length, Syntax at)
    {
        Spend(at, index is AllSyntax ? length : 0);
        if (index is AllSyntax) return [.. Enumerable.Range(0, length)];
        var outer = last;
        last = length;
        var places = MatrixOf(index);
        last = outer;
        if (places.IsLogical)
        {
            if (places.Values.Length > length) throw Wrong(at, $"{places.Values.Length} conditions for {length} places.");
            return [.. Enumerable.Range(0, places.Values.Length).Where(place => places.Down(place) != 0)];
        }
        var whole = new int[places.Values.Length];
        for (var i = 0; i < whole.Length; i++)
        {
            var place = places.Down(i);
            if (!(place >= 1 && place <= ElementsMax && place == Math.Floor(place))) throw Wrong(at, Invariant($"{place} is no place in a matrix; they are counted from 1."));
            whole[i] = (int)place - 1;
        }
        return whole;
    }

    private Matrix Unary(UnarySyntax unary)
    {
        var operand = MatrixOf(unary.Operand);
        return unary.Operator switch
        {
            "-" => operand.Map(static value => -value),
            "+" => operand,
            "'" => operand.Transposed(),
            _ => operand.Map(static value => value == 0 ? 1 : 0, true),
        };
    }

    private Matrix Binary(BinarySyntax binary)
    {
        if (binary.Operator is "&&" or "||")
        {
            var isTrue = MatrixOf(binary.Left).IsTrue;
            if (isTrue == (binary.Operator == "&&")) isTrue = MatrixOf(binary.Right).IsTrue;
            return new Matrix(1, 1, [isTrue ? 1 : 0], null, true);
        }
        var (left, right) = (MatrixOf(binary.Left), MatrixOf(binary.Right));
        return binary.Operator switch
        {
            "+" => Pairwise(binary, left, right, static (a, b) => a + b),
            "-" => Pairwise(binary, left, right, static (a, b) => a - b),
            ".*" => Pairwise(binary, left, right, static (a, b) => a * b),
            "./" => Pairwise(binary, left, right, static (a, b) => a / b),
            ".^" => Pairwise(binary, left, right, Math.Pow),
            "*" when left.IsScalar || right.IsScalar => Pairwise(binary, left, right, static (a, b) => a * b),
            "*" => Multiply(binary, left, right),
            "/" when right.IsScalar => Pairwise(binary, left, right, static (a, b) => a / b),
            "^" when left.IsScalar && right.IsScalar => Matrix.Of(Math.Pow(left.Values[0], right.Values[0])),
            "==" => Pairwise(binary, left, right, static (a, b) => a == b ? 1 : 0, true),
            "~=" or "!=" => Pairwise(binary, left, right, static (a, b) => a != b ? 1 : 0, true),
            "<" => Pairwise(binary, left, right, static (a, b) => a < b ? 1 : 0, true),
            "<=" => Pairwise(binary, left, right, static (a, b) => a <= b ? 1 : 0, true),
            ">" => Pairwise(binary, left, right, static (a, b) => a > b ? 1 : 0, true),
            ">=" => Pairwise(binary, left, right, static (a, b) => a >= b ? 1 : 0, true),
            "&" => Pairwise(binary, left, right, static (a, b) => a != 0 && b != 0 ? 1 : 0, true),
            "|" => Pairwise(binary, left, right, static (a, b) => a != 0 || b != 0 ? 1 : 0, true),
            _ => throw Wrong(binary, $"'{binary.Operator}' between matrices is not supported in a case file."),
        };
    }

    /// <summary>Element by element; a number, a row or a column is repeated to the other's size.</summary>
    private Matrix Pairwise(Syntax at, Matrix left, Matrix right, Func<double, double, double> function, bool isLogical = false)
    {
        if ((left.Rows != right.Rows && left.Rows != 1 && right.Rows != 1) || (left.Columns != right.Columns && left.Columns != 1 && right.Columns != 1)) throw Wrong(at, $"a {left.Rows} by {left.Columns} and a {right.Rows} by {right.Columns} matrix do not fit.");
        var (rows, columns) = (left.Rows == 1 ? right.Rows : left.Rows, left.Columns == 1 ? right.Columns : left.Columns);
        var result = new Matrix(rows, columns, new double[Size(at, rows, columns)], null, isLogical);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) result[i, j] = function(left[left.Rows == 1 ? 0 : i, left.Columns == 1 ? 0 : j], right[right.Rows == 1 ? 0 : i, right.Columns == 1 ? 0 : j]);
        }
        return result;
    }

    private Matrix Multiply(Syntax at, Matrix left, Matrix right)
    {
        if (left.Columns != right.Rows) throw Wrong(at, $"a {left.Rows} by {left.Columns} and a {right.Rows} by {right.Columns} matrix do not fit.");
        var product = new Matrix(left.Rows, right.Columns, new double[Size(at, left.Rows, right.Columns)]);
        work += (long)product.Values.Length * left.Columns;
        Spend(at, 0);
        for (var i = 0; i < left.Rows; i++)
        {
            for (var j = 0; j < right.Columns; j++)
            {
                for (var k = 0; k < left.Columns; k++) product[i, j] += left[i, k] * right[k, j];
            }
        }
        return product;
    }

    private Matrix Range(RangeSyntax range)
    {
        var (from, to) = (Scalar(range.From), Scalar(range.To));
        var step = range.Step is null ? 1 : Scalar(range.Step);
        var count = step == 0 ? 0 : Math.Floor(((to - from) / step) + 1e-10) + 1;
        if (!(count <= ElementsMax)) throw Wrong(range, "the range is too long.");
        var values = new double[Math.Max(0, (int)count)];
        for (var i = 0; i < values.Length; i++) values[i] = from + (i * step);
        return new Matrix(1, values.Length, values);
    }

    private double Scalar(Syntax syntax) => MatrixOf(syntax) is { IsScalar: true } number ? number.Values[0] : throw Wrong(syntax, $"{Say(syntax)} must be a single number.");

    private object Concatenate(MatrixSyntax matrix)
    {
        if (matrix.Rows.Count == 1 && matrix.Rows[0].Items is [TextSyntax only]) return only.Value;
        var (rows, lines, columns) = (new List<double[]>(matrix.Rows.Count), new List<int>(matrix.Rows.Count), -1);
        foreach (var (line, items) in matrix.Rows)
        {
            foreach (var row in RowsOf(items, line))
            {
                if (columns < 0) columns = row.Length;
                Spend(matrix, row.Length);
                _ = Size(matrix, rows.Count + 1, columns);
                if (row.Length != columns) throw new ImportException(file, line, $"row {rows.Count + 1}", $"it has {row.Length} {(row.Length == 1 ? "column" : "columns")}, the rows above have {columns}.");
                rows.Add(row);
                lines.Add(line);
            }
        }
        var values = new double[rows.Count * Math.Max(columns, 0)];
        for (var i = 0; i < rows.Count; i++) rows[i].CopyTo(values, i * columns);
        return new Matrix(rows.Count, Math.Max(columns, 0), values, [.. lines]);
    }

    private IEnumerable<double[]> RowsOf(List<Syntax> items, int line)
    {
        if (items.TrueForAll(static item => item is NumberSyntax)) return [[.. items.Select(static item => ((NumberSyntax)item).Value)]];
        var parts = items.ConvertAll(MatrixOf).FindAll(static part => part.Values.Length > 0);
        if (parts.Count == 0) return [];
        if (parts.Exists(part => part.Rows != parts[0].Rows)) throw new ImportException(file, line, "", "matrices side by side must be of the same height.");
        _ = Size(items[0], parts[0].Rows, parts.Sum(static part => (double)part.Columns));
        return Enumerable.Range(0, parts[0].Rows).Select(i => parts.SelectMany(part => part.Values.Skip(i * part.Columns).Take(part.Columns)).ToArray());
    }

    private static string Say(Syntax syntax) => syntax switch
    {
        NameSyntax name => name.Name,
        FieldSyntax field => $"{Say(field.Of)}.{field.Name}",
        CallSyntax call => $"{Say(call.Of)}(...)",
        _ => "this",
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private ImportException Wrong(Syntax at, string what) => new(file, at.Line, "", what);
}
