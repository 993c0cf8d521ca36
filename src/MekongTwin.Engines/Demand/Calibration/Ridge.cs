namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>Normal equations of at most some dozens of unknowns, solved in place by Cholesky's factorisation.</summary>
internal static class Ridge
{
    /// <summary>Solves A·x = b for a symmetric positive definite A (row by row, its lower half is read) and leaves x in b. False where A is not.</summary>
    public static bool Solve(Span<double> a, Span<double> b)
    {
        var n = b.Length;
        for (var j = 0; j < n; j++)
        {
            var row = a.Slice(j * n, n);
            for (var i = j; i < n; i++)
            {
                var other = a.Slice(i * n, n);
                var sum = other[j];
                for (var k = 0; k < j; k++) sum -= other[k] * row[k];
                if (i > j) other[j] = sum / row[j];
                else if (sum > 0) row[j] = Math.Sqrt(sum);
                else return false;
            }
            var value = b[j];
            for (var k = 0; k < j; k++) value -= row[k] * b[k];
            b[j] = value / row[j];
        }
        for (var j = n - 1; j >= 0; j--)
        {
            var value = b[j];
            for (var i = j + 1; i < n; i++) value -= a[(i * n) + j] * b[i];
            b[j] = value / a[(j * n) + j];
        }
        return true;
    }
}
