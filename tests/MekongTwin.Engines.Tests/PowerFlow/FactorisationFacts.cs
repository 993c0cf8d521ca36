using MekongTwin.Engines.PowerFlow.Newton;

namespace MekongTwin.Engines.Tests.PowerFlow;

public sealed class FactorisationFacts
{
    /// <summary>Random symmetric patterns, diagonally heavy blocks; the oracle is dense elimination with pivoting.</summary>
    [Fact]
    public void A_sparse_solution_is_the_dense_one()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var count = random.Next(1, 30);
            var neighbours = new SortedSet<int>[count];
            for (var i = 0; i < count; i++) neighbours[i] = [];
            for (var edge = random.Next(0, 3 * count); edge > 0; edge--)
            {
                var (a, b) = (random.Next(count), random.Next(count));
                if (a == b) continue;
                neighbours[a].Add(b);
                neighbours[b].Add(a);
            }
            var elimination = Elimination.Of(Array.ConvertAll(neighbours, static set => new List<int>(set)));
            var matrix = new BlockMatrix<Lane1>(elimination);
            var (dense, right) = (new double[2 * count, 2 * count], new double[2 * count]);
            Block<Lane1> Fill(int row, int column, double weight)
            {
                double Next(int i, int j) => dense[(2 * row) + i, (2 * column) + j] = random.NextDouble() - 0.5 + (i == j ? weight : 0);
                return new Block<Lane1> { A = Lane1.Of(Next(0, 0)), B = Lane1.Of(Next(0, 1)), C = Lane1.Of(Next(1, 0)), D = Lane1.Of(Next(1, 1)) };
            }
            for (var k = 0; k < count; k++) matrix.Diagonal[k] = Fill(k, k, 2 * count);
            for (var a = 0; a < count; a++)
            {
                for (var b = a + 1; b < count; b++)
                {
                    if (!neighbours[elimination.Order[a]].Contains(elimination.Order[b])) continue;
                    (matrix.Upper[elimination.Slot(a, b)], matrix.Lower[elimination.Slot(a, b)]) = (Fill(a, b, 0), Fill(b, a, 0));
                }
            }
            var x = new Couple<Lane1>[count];
            for (var k = 0; k < count; k++) (x[k].X, x[k].Y) = (Lane1.Of(right[2 * k] = random.NextDouble()), Lane1.Of(right[(2 * k) + 1] = random.NextDouble()));
            matrix.Factorise();
            matrix.Solve(x);
            var expected = Dense(dense, right);
            for (var k = 0; k < count; k++)
            {
                Assert.Equal(expected[2 * k], x[k].X.Get(0), 1e-13);
                Assert.Equal(expected[(2 * k) + 1], x[k].Y.Get(0), 1e-13);
            }
        }
    }

    [Fact]
    public void A_tree_fills_nothing_in()
    {
        var neighbours = new List<int>[200];
        for (var i = 0; i < 200; i++) neighbours[i] = [];
        for (var i = 1; i < 200; i++)
        {
            neighbours[i].Insert(0, (i - 1) / 3);
            neighbours[(i - 1) / 3].Add(i);
        }
        var elimination = Elimination.Of(neighbours);
        Assert.Equal((199, 0), (elimination.Column.Length, elimination.Target.Length));
        Assert.Equal(Enumerable.Range(0, 200), elimination.Order.Order());
    }

    [Fact]
    public void Sine_and_cosine_are_those_of_the_framework_to_the_last_digits()
    {
        var random = new Random(1);
        for (var n = 0; n < 200_000; n++)
        {
            var angle = (random.NextDouble() - 0.5) * (n % 3 == 0 ? 1e4 : n % 3 == 1 ? 7 : 0.01);
            var (sin, cos) = Trigonometry<Lane1>.SinCos(Lane1.Of(angle));
            Assert.True(Math.Abs(Math.Sin(angle) - sin.Get(0)) <= 2.3e-16 && Math.Abs(Math.Cos(angle) - cos.Get(0)) <= 2.3e-16, $"{angle}");
            var (wideSin, wideCos) = Trigonometry<Lane8>.SinCos(Lane8.Of(1e300).With(3, angle));
            Assert.Equal((sin.Get(0), cos.Get(0)), (wideSin.Get(3), wideCos.Get(3)));
        }
    }

    private static double[] Dense(double[,] a, double[] b)
    {
        var n = b.Length;
        for (var k = 0; k < n; k++)
        {
            var pivot = Enumerable.Range(k, n - k).MaxBy(i => Math.Abs(a[i, k]));
            for (var j = 0; j < n; j++) (a[k, j], a[pivot, j]) = (a[pivot, j], a[k, j]);
            (b[k], b[pivot]) = (b[pivot], b[k]);
            for (var i = k + 1; i < n; i++)
            {
                var factor = a[i, k] / a[k, k];
                for (var j = k; j < n; j++) a[i, j] -= factor * a[k, j];
                b[i] -= factor * b[k];
            }
        }
        for (var k = n - 1; k >= 0; k--)
        {
            for (var j = k + 1; j < n; j++) b[k] -= a[k, j] * b[j];
            b[k] /= a[k, k];
        }
        return b;
    }
}
