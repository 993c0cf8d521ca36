using System.Globalization;
using System.Text.Json;

namespace MekongTwin.Engines.PowerFlow.Import.Pandapower;

/// <summary>One table of a pandapower net: a data frame in pandas' "split" form, columns, index and rows.</summary>
internal sealed class Table
{
    private readonly string file;
    private readonly string name;
    private readonly int line;
    private readonly Dictionary<string, int> columns = new(StringComparer.Ordinal);
    private readonly JsonElement[][] rows;

    /// <param name="file">The file's name, for messages.</param>
    /// <param name="line">The line that the table begins on.</param>
    /// <param name="name">The table's name.</param>
    /// <param name="frame">Its columns, index and data.</param>
    public Table(string file, int line, string name, JsonElement frame)
    {
        (this.file, this.line, this.name) = (file, line, name);
        if (frame.ValueKind != JsonValueKind.Object || !TryArray(frame, "columns", out var titles) || !TryArray(frame, "index", out var index) || !TryArray(frame, "data", out var data)) throw Wrong("", "is no data frame in the form of pandas' orient=\"split\" (columns, index, data).");
        for (var c = 0; c < titles.Length; c++) columns[titles[c].ToString()] = c;
        rows = Array.ConvertAll(data, static JsonElement[] (row) => row.ValueKind == JsonValueKind.Array ? [.. row.EnumerateArray()] : []);
        if (rows.Length != index.Length) throw Wrong("", Say($"has {index.Length} names for {rows.Length} rows."));
        for (var r = 0; r < rows.Length; r++)
        {
            if (rows[r].Length != titles.Length) throw Wrong($"[{index[r]}]", Say($"has {rows[r].Length} values for {titles.Length} columns."));
        }
        Index = new int[index.Length];
        for (var r = 0; r < index.Length; r++)
        {
            if (index[r].ValueKind != JsonValueKind.Number || !index[r].TryGetInt32(out Index[r])) throw Wrong($"[{index[r]}]", "is no whole number, as the names of rows must be.");
        }
    }

    /// <summary>The name of each row: a number.</summary>
    public int[] Index { get; }

    public int Count => rows.Length;

    public bool Has(string column) => columns.ContainsKey(column);

    /// <summary>A number; what is missing or null is <paramref name="otherwise"/>, and an error where that is not given.</summary>
    public double Number(int row, string column, double? otherwise = null)
    {
        var cell = Cell(row, column);
        if (cell.ValueKind == JsonValueKind.Number && cell.TryGetDouble(out var value) && double.IsFinite(value)) return value;
        if (cell.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined && otherwise is { } given) return given;
        throw Wrong(row, column, cell.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? "is missing." : $"is {cell}; it must be a number.");
    }

    /// <summary>A number within a range.</summary>
    public double Positive(int row, string column)
    {
        var value = Number(row, column);
        return value > 0 ? value : throw Wrong(row, column, Say($"is {value}; it must be positive."));
    }

    public int Whole(int row, string column)
    {
        var value = Number(row, column);
        return value == Math.Floor(value) && Math.Abs(value) <= int.MaxValue ? (int)value : throw Wrong(row, column, Say($"is {value}; it must be a whole number."));
    }

    public bool Flag(int row, string column, bool otherwise)
    {
        var cell = Cell(row, column);
        return cell.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => cell.GetDouble() != 0,
            JsonValueKind.Null or JsonValueKind.Undefined => otherwise,
            _ => throw Wrong(row, column, $"is {cell}; it must be true or false."),
        };
    }

    public string Text(int row, string column) => Cell(row, column) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    public ImportException Wrong(int row, string column, string what) => Wrong(Say($"[{Index[row]}].{column}"), what);

    private JsonElement Cell(int row, string column) => columns.TryGetValue(column, out var c) ? rows[row][c] : default;

    private ImportException Wrong(string place, string what) => new(file, line, name + place, what);

    private static bool TryArray(JsonElement frame, string name, out JsonElement[] items)
    {
        var found = frame.TryGetProperty(name, out var array) && array.ValueKind == JsonValueKind.Array;
        items = found ? [.. array.EnumerateArray()] : [];
        return found;
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
