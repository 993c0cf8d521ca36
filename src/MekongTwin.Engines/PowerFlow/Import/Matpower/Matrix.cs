namespace MekongTwin.Engines.PowerFlow.Import.Matpower;

/// <summary>A matrix of a case file, row by row; a number is one by one.</summary>
/// <param name="lines">The line each row was written on; null for a matrix that was computed.</param>
internal sealed class Matrix(int rows, int columns, double[] values, int[]? lines = null, bool isLogical = false)
{
    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    public double[] Values { get; } = values;

    public int[]? Lines { get; } = lines;

    /// <summary>Made by a comparison: as an index it says which, not where.</summary>
    public bool IsLogical { get; } = isLogical;

    public bool IsScalar => Values.Length == 1;

    public bool IsTrue => Values.Length > 0 && Array.TrueForAll(Values, static value => value != 0);

    public ref double this[int row, int column] => ref Values[(row * Columns) + column];

    public static Matrix Of(double value) => new(1, 1, [value]);

    public Matrix Map(Func<double, double> function, bool isLogical = false) => new(Rows, Columns, Array.ConvertAll(Values, value => function(value)), null, isLogical);

    public Matrix Transposed()
    {
        var turned = new Matrix(Columns, Rows, new double[Values.Length]);
        for (var i = 0; i < Rows; i++)
        {
            for (var j = 0; j < Columns; j++) turned[j, i] = this[i, j];
        }
        return turned;
    }

    /// <summary>The value at a place counted down the columns, as the language does.</summary>
    public ref double Down(int place) => ref this[place % Rows, place / Rows];
}

/// <summary>A structure: names and what they hold.</summary>
internal sealed class Structure
{
    public Dictionary<string, object> Fields { get; } = new(StringComparer.Ordinal);
}

/// <summary>A list in braces, read past.</summary>
internal sealed class Unread
{
    public static Unread Value { get; } = new();
}
