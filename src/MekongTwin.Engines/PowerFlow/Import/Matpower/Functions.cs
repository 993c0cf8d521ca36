namespace MekongTwin.Engines.PowerFlow.Import.Matpower;

/// <summary>The functions and names that case files use.</summary>
internal static class Functions
{
    /// <summary>What <c>[...] = idx_bus</c> and its sisters give back, in order (MATPOWER manual, appendix B).</summary>
    public static readonly Dictionary<string, (string Name, double Value)[]> Indices = new(StringComparer.Ordinal)
    {
        ["idx_bus"] = [("PQ", 1), ("PV", 2), ("REF", 3), ("NONE", 4), .. Counted(1, "BUS_I", "BUS_TYPE", "PD", "QD", "GS", "BS", "BUS_AREA", "VM", "VA", "BASE_KV", "ZONE", "VMAX", "VMIN", "LAM_P", "LAM_Q", "MU_VMAX", "MU_VMIN")],
        ["idx_brch"] = [.. Counted(1, "F_BUS", "T_BUS", "BR_R", "BR_X", "BR_B", "RATE_A", "RATE_B", "RATE_C", "TAP", "SHIFT", "BR_STATUS"), .. Counted(14, "PF", "QF", "PT", "QT", "MU_SF", "MU_ST"), .. Counted(12, "ANGMIN", "ANGMAX"), .. Counted(20, "MU_ANGMIN", "MU_ANGMAX")],
        ["idx_gen"] = [.. Counted(1, "GEN_BUS", "PG", "QG", "QMAX", "QMIN", "VG", "MBASE", "GEN_STATUS", "PMAX", "PMIN"), .. Counted(22, "MU_PMAX", "MU_PMIN", "MU_QMAX", "MU_QMIN"), .. Counted(11, "PC1", "PC2", "QC1MIN", "QC1MAX", "QC2MIN", "QC2MAX", "RAMP_AGC", "RAMP_10", "RAMP_30", "RAMP_Q", "APF")],
        ["idx_cost"] = [("PW_LINEAR", 1), ("POLYNOMIAL", 2), .. Counted(1, "MODEL", "STARTUP", "SHUTDOWN", "NCOST", "COST")],
    };

    public static readonly Dictionary<string, Matrix> Constants = new(StringComparer.Ordinal)
    {
        ["pi"] = Matrix.Of(Math.PI), ["e"] = Matrix.Of(Math.E), ["eps"] = Matrix.Of(Math.BitIncrement(1.0) - 1),
        ["Inf"] = Matrix.Of(double.PositiveInfinity), ["inf"] = Matrix.Of(double.PositiveInfinity), ["NaN"] = Matrix.Of(double.NaN), ["nan"] = Matrix.Of(double.NaN),
        ["true"] = new Matrix(1, 1, [1], null, true), ["false"] = new Matrix(1, 1, [0], null, true),
    };

    /// <summary>Functions of one matrix, element by element.</summary>
    public static readonly Dictionary<string, Func<double, double>> Elementwise = new(StringComparer.Ordinal)
    {
        ["sin"] = Math.Sin, ["cos"] = Math.Cos, ["tan"] = Math.Tan, ["asin"] = Math.Asin, ["acos"] = Math.Acos, ["atan"] = Math.Atan, ["sqrt"] = Math.Sqrt,
        ["abs"] = Math.Abs, ["exp"] = Math.Exp, ["log"] = Math.Log, ["log10"] = Math.Log10, ["floor"] = Math.Floor, ["ceil"] = Math.Ceiling, ["fix"] = Math.Truncate,
        ["round"] = static x => Math.Round(x, MidpointRounding.AwayFromZero), ["sign"] = static x => double.IsNaN(x) ? x : Math.Sign(x), ["deg2rad"] = static x => x * Math.PI / 180, ["rad2deg"] = static x => x * 180 / Math.PI,
    };

    /// <summary>Questions to each element.</summary>
    public static readonly Dictionary<string, Func<double, bool>> Questions = new(StringComparer.Ordinal)
    {
        ["isinf"] = double.IsInfinity, ["isnan"] = double.IsNaN, ["isfinite"] = double.IsFinite,
    };

    /// <summary>Functions of a whole matrix.</summary>
    public static readonly Dictionary<string, Func<Matrix, Matrix>> Whole = new(StringComparer.Ordinal)
    {
        ["numel"] = static m => Matrix.Of(m.Values.Length), ["length"] = static m => Matrix.Of(m.Values.Length == 0 ? 0 : Math.Max(m.Rows, m.Columns)),
        ["isempty"] = static m => new Matrix(1, 1, [m.Values.Length == 0 ? 1 : 0], null, true), ["find"] = Find,
        ["sum"] = static m => ByColumn(m, 0, static (a, b) => a + b), ["prod"] = static m => ByColumn(m, 1, static (a, b) => a * b),
        ["max"] = static m => ByColumn(m, double.NegativeInfinity, Math.Max), ["min"] = static m => ByColumn(m, double.PositiveInfinity, Math.Min),
        ["any"] = static m => ByColumn(m, 0, static (a, b) => a != 0 || b != 0 ? 1 : 0), ["all"] = static m => ByColumn(m, 1, static (a, b) => a != 0 && b != 0 ? 1 : 0),
    };

    private static Matrix Find(Matrix m)
    {
        var places = new List<double>();
        for (var place = 0; place < m.Values.Length; place++)
        {
            if (m.Down(place) != 0) places.Add(place + 1);
        }
        return m.Rows == 1 && m.Columns != 1 ? new Matrix(1, places.Count, [.. places]) : new Matrix(places.Count, 1, [.. places]);
    }

    /// <summary>Along the columns, or along a row when there is only one.</summary>
    private static Matrix ByColumn(Matrix m, double start, Func<double, double, double> fold)
    {
        if (m.Rows == 1 || m.Columns == 1) return Matrix.Of(m.Values.Aggregate(start, fold));
        var row = new double[m.Columns];
        for (var j = 0; j < m.Columns; j++)
        {
            row[j] = start;
            for (var i = 0; i < m.Rows; i++) row[j] = fold(row[j], m[i, j]);
        }
        return new Matrix(1, m.Columns, row);
    }

    private static IEnumerable<(string, double)> Counted(int first, params string[] names) => names.Select((name, i) => (name, (double)(first + i)));
}
