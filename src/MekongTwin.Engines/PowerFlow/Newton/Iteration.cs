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
    private readonly double[] residual = new double[T.Width];
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

    /// <summary>Largest mismatch of each lane, pu.</summary>
    public double[] Residual => residual;

    /// <summary>Iterates until every lane has converged, left the numbers or had its share; a lane that is through no longer moves.</summary>
    public void Run(NewtonOptions options)
    {
        Span<bool> moving = stackalloc bool[T.Width];
        moving.Fill(true);
        Array.Fill(step, double.PositiveInfinity);
        Array.Clear(Converged);
        for (var iteration = 0; ; iteration++)
        {
            Assemble();
            var anyMoves = false;
            for (var lane = 0; lane < T.Width; lane++)
            {
                if (!moving[lane]) continue;
                Iterations[lane] = iteration;
                Converged[lane] = residual[lane] <= options.Tolerance && step[lane] <= NewtonOptions.LastStep;
                moving[lane] = !Converged[lane] && double.IsFinite(residual[lane]) && iteration < options.MaxIterations;
                anyMoves |= moving[lane];
            }
            if (!anyMoves) return;
            jacobian.Factorise();
            jacobian.Solve(mismatch);
            Move(moving);
        }
    }

    private void Assemble()
    {
        Array.Clear(jacobian.Upper);
        Array.Clear(jacobian.Lower);
        for (var i = 0; i < re.Length; i++)
        {
            var (sin, cos) = T.SinCos(Va[i]);
            (re[i], im[i]) = (Vm[i] * cos, Vm[i] * sin);
            var square = Vm[i] * Vm[i];
            (p[i], q[i]) = (T.Of(equations.SelfG[i]) * square, -(T.Of(equations.SelfB[i]) * square));
        }
        foreach (ref readonly var pair in equations.Pairs.AsSpan()) AddPair(in pair);
        var links = equations.Links;
        for (var n = 0; n < links.Length; n++)
        {
            var i = links[n].Row;
            var (slackX, slackY, g, b) = (T.Of(slackRe[n]), T.Of(slackIm[n]), T.Of(links[n].G), T.Of(links[n].B));
            var c = T.MultiplyAdd(re[i], slackX, im[i] * slackY);
            var s = T.MultiplyAdd(im[i], slackX, -(re[i] * slackY));
            p[i] = T.MultiplyAdd(g, c, T.MultiplyAdd(b, s, p[i]));
            q[i] = T.MultiplyAdd(g, s, T.MultiplyAdd(-b, c, q[i]));
        }
        var largest = T.Of(0);
        for (var i = 0; i < re.Length; i++)
        {
            AddDiagonal(i);
            largest = T.LargerMagnitude(largest, T.LargerMagnitude(mismatch[i].X, mismatch[i].Y));
        }
        for (var lane = 0; lane < T.Width; lane++) residual[lane] = largest.Get(lane);
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
