namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>Two by two numbers: <c>[[A, B], [C, D]]</c>.</summary>
internal struct Block<T> where T : struct, ILane<T>
{
    public T A, B, C, D;
}

/// <summary>Two numbers.</summary>
internal struct Couple<T> where T : struct, ILane<T>
{
    public T X, Y;
}

/// <summary>A sparse matrix of blocks on the pattern of an elimination, factorised in place as (I + L)·D·(I + U) without pivoting between
/// blocks: the diagonal blocks of a power-flow Jacobian carry the weight, and Newton's next step answers for rounding.</summary>
internal sealed class BlockMatrix<T>(Elimination elimination) where T : struct, ILane<T>
{
    public Block<T>[] Diagonal { get; } = new Block<T>[elimination.Count];

    /// <summary>Slot to block (row, Column[slot]).</summary>
    public Block<T>[] Upper { get; } = new Block<T>[elimination.Column.Length];

    /// <summary>Slot to block (Column[slot], row).</summary>
    public Block<T>[] Lower { get; } = new Block<T>[elimination.Column.Length];

    /// <summary>Diagonal blocks become their inverses, lower ones are divided by their pivot.</summary>
    public void Factorise()
    {
        var (start, column, target) = (elimination.Start, elimination.Column, elimination.Target);
        var (diagonal, upper, lower) = (Diagonal, Upper, Lower);
        var next = 0;
        for (var k = 0; k < diagonal.Length; k++)
        {
            Invert(ref diagonal[k]);
            var (from, end) = (start[k], start[k + 1]);
            for (var p = from; p < end; p++) MultiplyFromRight(ref lower[p], in diagonal[k]);
            for (var p = from; p < end; p++)
            {
                Subtract(ref diagonal[column[p]], in lower[p], in upper[p]);
                for (var q = p + 1; q < end; q++)
                {
                    var slot = target[next++];
                    Subtract(ref upper[slot], in lower[p], in upper[q]);
                    Subtract(ref lower[slot], in lower[q], in upper[p]);
                }
            }
        }
    }

    /// <summary>Solves for a right-hand side, in place, after <see cref="Factorise"/>.</summary>
    public void Solve(Couple<T>[] x)
    {
        var (start, column) = (elimination.Start, elimination.Column);
        var (diagonal, upper, lower) = (Diagonal, Upper, Lower);
        for (var k = 0; k < diagonal.Length; k++)
        {
            ref var pivot = ref x[k];
            for (var p = start[k]; p < start[k + 1]; p++) Subtract(ref x[column[p]], in lower[p], in pivot);
        }
        for (var k = diagonal.Length - 1; k >= 0; k--)
        {
            ref var row = ref x[k];
            for (var p = start[k]; p < start[k + 1]; p++) Subtract(ref row, in upper[p], in x[column[p]]);
            ref var inverse = ref diagonal[k];
            var (a, b) = (row.X, row.Y);
            row.X = T.MultiplyAdd(inverse.A, a, inverse.B * b);
            row.Y = T.MultiplyAdd(inverse.C, a, inverse.D * b);
        }
    }

    private static void Invert(ref Block<T> m)
    {
        var scale = T.Of(1) / T.MultiplyAdd(m.A, m.D, -(m.B * m.C));
        var a = m.A;
        m.A = m.D * scale;
        m.D = a * scale;
        m.B = -(m.B * scale);
        m.C = -(m.C * scale);
    }

    private static void MultiplyFromRight(ref Block<T> m, in Block<T> by)
    {
        var (a, c) = (m.A, m.C);
        m.A = T.MultiplyAdd(a, by.A, m.B * by.C);
        m.C = T.MultiplyAdd(c, by.A, m.D * by.C);
        m.B = T.MultiplyAdd(a, by.B, m.B * by.D);
        m.D = T.MultiplyAdd(c, by.B, m.D * by.D);
    }

    private static void Subtract(ref Block<T> from, in Block<T> left, in Block<T> right)
    {
        var (a, b, c, d) = (-left.A, -left.B, -left.C, -left.D);
        from.A = T.MultiplyAdd(a, right.A, T.MultiplyAdd(b, right.C, from.A));
        from.B = T.MultiplyAdd(a, right.B, T.MultiplyAdd(b, right.D, from.B));
        from.C = T.MultiplyAdd(c, right.A, T.MultiplyAdd(d, right.C, from.C));
        from.D = T.MultiplyAdd(c, right.B, T.MultiplyAdd(d, right.D, from.D));
    }

    private static void Subtract(ref Couple<T> from, in Block<T> left, in Couple<T> right)
    {
        var (x, y) = (-right.X, -right.Y);
        from.X = T.MultiplyAdd(left.A, x, T.MultiplyAdd(left.B, y, from.X));
        from.Y = T.MultiplyAdd(left.C, x, T.MultiplyAdd(left.D, y, from.Y));
    }
}
