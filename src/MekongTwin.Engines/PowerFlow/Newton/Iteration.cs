namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>Newton's iteration for as many scenarios as a lane is wide, all on one network; its arrays are made once and used for every
/// batch. Nodes are counted as <see cref="Equations"/> counts them.</summary>
/// <remarks>
/// With <c>c = VᵢVₖcos(θᵢ−θₖ)</c>, <c>s = VᵢVₖsin(θᵢ−θₖ)</c>, <c>a = Gc + Bs</c> and <c>b = Gs − Bc</c> a neighbour k adds a to Pᵢ and b
/// to Qᵢ, and in the unknowns (θ, ln V) its block of the Jacobian is [[b, a], [−a, b]]. On the diagonal stand
/// [[−Q − BV², P + GV²], [P − GV², Q − BV²]] and the loads' own slope. A PV node's second row is "ln V stays".
/// </remarks>
internal sealed class Iteration<T> where T : struct, ILane<T>
{
    /// <summary>Of a double, 2^−53.</summary>
    private const double UnitRoundoff = 1.1102230246251565e-16;

    private readonly Equations equations;
    private readonly bool[] holdsVoltage;
    private readonly double[] slackRe;
    private readonly double[] slackIm;
    private readonly BlockMatrix<T> jacobian;
    private readonly Couple<T>[] mismatch;
    private readonly T[] re;
    private readonly T[] im;
    private readonly T[] p;
    private readonly T[] q;
    private readonly double[] rounding;
    private readonly double roundingMax;
    private readonly double[] judged = new double[T.Width];
    private readonly double[] step = new double[T.Width];

    /// <param name="network">The network.</param>
    /// <param name="equations">Of that network.</param>
    /// <param name="holdsVoltage">Whether each node holds its voltage; may be changed between solutions.</param>
    public Iteration(Network network, Equations equations, bool[] holdsVoltage)
    {
        (this.equations, this.holdsVoltage) = (equations, holdsVoltage);
        var count = equations.Bus.Length;
        jacobian = new BlockMatrix<T>(equations.Elimination);
        mismatch = new Couple<T>[count];
        (re, im, p, q) = (new T[count], new T[count], new T[count], new T[count]);
        rounding = new double[count];
        for (var i = 0; i < count; i++) rounding[i] = 8 * UnitRoundoff * (Math.Abs(equations.SelfG[i]) + Math.Abs(equations.SelfB[i]));
        roundingMax = rounding.DefaultIfEmpty().Max();
        (Vm, Va, Power, Current, Impedance) = (new T[count], new T[count], new Couple<T>[count], new Couple<T>[count], new Couple<T>[count]);
        slackRe = Array.ConvertAll(equations.Links, link => network.SetVm[link.SlackBus] * Math.Cos(network.Buses.StartVa[link.SlackBus]));
        slackIm = Array.ConvertAll(equations.Links, link => network.SetVm[link.SlackBus] * Math.Sin(network.Buses.StartVa[link.SlackBus]));
    }

    /// <summary>Magnitudes, pu: in, where to start; out, what was found.</summary>
    public T[] Vm { get; }

    /// <summary>Angles, rad: in, where to start; out, what was found.</summary>
    public T[] Va { get; }

    /// <summary>Constant power drawn less what generators bring, pu.</summary>
    public Couple<T>[] Power { get; }

    /// <summary>Load of constant current, as power at 1 pu.</summary>
    public Couple<T>[] Current { get; }

    /// <summary>Load of constant impedance, as power at 1 pu.</summary>
    public Couple<T>[] Impedance { get; }

    public bool[] Converged { get; } = new bool[T.Width];

    public int[] Iterations { get; } = new int[T.Width];

    /// <summary>The smallest mismatch of each lane, pu; infinite when none was a number.</summary>
    public double[] BestResidual { get; } = new double[T.Width];

    /// <summary>The iteration of each lane that had it.</summary>
    public int[] BestAt { get; } = new int[T.Width];

    /// <summary>Largest mismatch of each lane, pu.</summary>
    public double[] Residual { get; } = new double[T.Width];

    /// <summary>What all branches take in each lane at the voltages of its last <see cref="Run"/>, pu: all that enters them at their ends.</summary>
    public (T P, T Q) Losses()
    {
        var (lossesP, lossesQ) = (T.Of(equations.SlackP), T.Of(equations.SlackQ));
        for (var i = 0; i < re.Length; i++)
        {
            // Mismatches count a bus's shunt with its branches.
            var square = Vm[i] * Vm[i];
            lossesP += T.MultiplyAdd(T.Of(-equations.ShuntG[i]), square, p[i]);
            lossesQ += T.MultiplyAdd(T.Of(equations.ShuntB[i]), square, q[i]);
        }
        for (var n = 0; n < equations.Links.Length; n++)
        {
            ref readonly var link = ref equations.Links[n];
            var (c, s) = LinkProducts(link.Row, n);
            lossesP += T.MultiplyAdd(T.Of(link.SlackG), c, -(T.Of(link.SlackB) * s));
            lossesQ -= T.MultiplyAdd(T.Of(link.SlackG), s, T.Of(link.SlackB) * c);
        }
        return (lossesP, lossesQ);
    }

    /// <summary>Iterates until every lane has converged, left the numbers or had its share; a lane that is through no longer moves.</summary>
    /// <param name="tolerance">Largest mismatch that counts as solved, pu.</param>
    /// <param name="iterationsMax">A lane's share.</param>
    public void Run(double tolerance, int iterationsMax)
    {
        Span<bool> moving = stackalloc bool[T.Width];
        moving.Fill(true);
        Array.Fill(step, re.Length == 0 ? 0 : double.PositiveInfinity);
        var stepMax = NewtonOptions.LastStep(tolerance);
        Array.Fill(BestResidual, double.PositiveInfinity);
        Array.Clear(BestAt);
        var weight = Weights(tolerance);
        for (var iteration = 0; ; iteration++)
        {
            Assemble(weight);
            var anyMoves = false;
            for (var lane = 0; lane < T.Width; lane++)
            {
                if (!moving[lane]) continue;
                Iterations[lane] = iteration;
                if (judged[lane] < BestResidual[lane]) (BestResidual[lane], BestAt[lane]) = (judged[lane], iteration);
                Converged[lane] = judged[lane] <= tolerance && step[lane] <= stepMax;
                moving[lane] = !Converged[lane] && double.IsFinite(judged[lane]) && iteration < iterationsMax;
                anyMoves |= moving[lane];
            }
            if (!anyMoves) return;
            jacobian.Factorise();
            jacobian.Solve(mismatch);
            Move(moving);
        }
    }

    /// <summary>A mismatch cannot be computed below the rounding of its terms, which matters only where an admittance is around 1e7 pu
    /// and more: such nodes are asked for that much less. Null when there is none.</summary>
    private double[]? Weights(double tolerance)
    {
        if (roundingMax <= tolerance) return null;
        var weight = new double[rounding.Length];
        for (var i = 0; i < weight.Length; i++) weight[i] = Math.Min(1, tolerance / rounding[i]);
        return weight;
    }

    private void Assemble(double[]? weight)
    {
        Array.Clear(jacobian.Upper);
        Array.Clear(jacobian.Lower);
        for (var i = 0; i < re.Length; i++)
        {
            var (sin, cos) = Trigonometry<T>.SinCos(Va[i]);
            (re[i], im[i]) = (Vm[i] * cos, Vm[i] * sin);
            var square = Vm[i] * Vm[i];
            (p[i], q[i]) = (T.Of(equations.SelfG[i]) * square, -(T.Of(equations.SelfB[i]) * square));
        }
        foreach (ref readonly var pair in equations.Pairs.AsSpan()) AddPair(in pair);
        var links = equations.Links;
        for (var n = 0; n < links.Length; n++)
        {
            var i = links[n].Row;
            var (g, b) = (T.Of(links[n].G), T.Of(links[n].B));
            var (c, s) = LinkProducts(i, n);
            p[i] = T.MultiplyAdd(g, c, T.MultiplyAdd(b, s, p[i]));
            q[i] = T.MultiplyAdd(g, s, T.MultiplyAdd(-b, c, q[i]));
        }
        var (largest, heaviest) = (T.Of(0), T.Of(0));
        for (var i = 0; i < re.Length; i++)
        {
            AddDiagonal(i);
            var larger = T.LargerMagnitude(mismatch[i].X, mismatch[i].Y);
            largest = T.LargerMagnitude(largest, larger);
            if (weight is not null) heaviest = T.LargerMagnitude(heaviest, T.Of(weight[i]) * larger);
        }
        for (var lane = 0; lane < T.Width; lane++) (Residual[lane], judged[lane]) = (largest.Get(lane), (weight is null ? largest : heaviest).Get(lane));
    }

    /// <summary>c and s of a node and the slack bus at the other end of link <paramref name="n"/>.</summary>
    private (T C, T S) LinkProducts(int i, int n)
    {
        var (slackX, slackY) = (T.Of(slackRe[n]), T.Of(slackIm[n]));
        return (T.MultiplyAdd(re[i], slackX, im[i] * slackY), T.MultiplyAdd(im[i], slackX, -(re[i] * slackY)));
    }

    private void AddPair(in Equations.Pair pair)
    {
        var (i, k) = (pair.Row, pair.Column);
        var c = T.MultiplyAdd(re[i], re[k], im[i] * im[k]);
        var s = T.MultiplyAdd(im[i], re[k], -(re[i] * im[k]));

        var (g, b) = (T.Of(pair.RowG), T.Of(pair.RowB));
        var active = T.MultiplyAdd(g, c, b * s);
        var reactive = T.MultiplyAdd(g, s, -(b * c));
        (p[i], q[i]) = (p[i] + active, q[i] + reactive);
        ref var upper = ref jacobian.Upper[pair.Slot];
        (upper.A, upper.B) = (reactive, active);
        if (!holdsVoltage[i]) (upper.C, upper.D) = (-active, reactive);

        (g, b) = (T.Of(pair.ColumnG), T.Of(pair.ColumnB));
        active = T.MultiplyAdd(g, c, -(b * s));
        reactive = -T.MultiplyAdd(g, s, b * c);
        (p[k], q[k]) = (p[k] + active, q[k] + reactive);
        ref var lower = ref jacobian.Lower[pair.Slot];
        (lower.A, lower.B) = (reactive, active);
        if (!holdsVoltage[k]) (lower.C, lower.D) = (-active, reactive);
    }

    private void AddDiagonal(int i)
    {
        var (v, square) = (Vm[i], Vm[i] * Vm[i]);
        var (gSquare, bSquare) = (T.Of(equations.SelfG[i]) * square, T.Of(equations.SelfB[i]) * square);
        var (currentP, currentQ) = (Current[i].X * v, Current[i].Y * v);
        var (impedanceP, impedanceQ) = (Impedance[i].X * square, Impedance[i].Y * square);
        ref var m = ref jacobian.Diagonal[i];
        m.A = -q[i] - bSquare;
        m.B = p[i] + gSquare + currentP + impedanceP + impedanceP;
        mismatch[i].X = p[i] + Power[i].X + currentP + impedanceP;
        if (holdsVoltage[i])
        {
            (m.C, m.D, mismatch[i].Y) = (T.Of(0), T.Of(1), T.Of(0));
            return;
        }
        m.C = p[i] - gSquare;
        m.D = q[i] - bSquare + currentQ + impedanceQ + impedanceQ;
        mismatch[i].Y = q[i] + Power[i].Y + currentQ + impedanceQ;
    }

    private void Move(ReadOnlySpan<bool> moving)
    {
        var share = T.Of(0);
        for (var lane = 0; lane < T.Width; lane++) share = share.With(lane, moving[lane] ? 1 : 0);
        var everyLane = !moving.Contains(false);
        var largest = T.Of(0);
        for (var i = 0; i < mismatch.Length; i++)
        {
            var (angle, growth) = (mismatch[i].X, mismatch[i].Y);
            largest = T.LargerMagnitude(largest, T.LargerMagnitude(angle, growth));
            // A lane that is through keeps its bits: even a step of nothing times a number that is none would touch them.
            if (everyLane) (Va[i], Vm[i]) = (Va[i] - angle, T.MultiplyAdd(-growth, Vm[i], Vm[i]));
            else (Va[i], Vm[i]) = (T.Select(share, Va[i] - angle, Va[i]), T.Select(share, T.MultiplyAdd(-growth, Vm[i], Vm[i]), Vm[i]));
        }
        for (var lane = 0; lane < T.Width; lane++) step[lane] = largest.Get(lane);
    }
}
