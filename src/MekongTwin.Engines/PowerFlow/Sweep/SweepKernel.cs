using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The passes of the sweep over one block. Symbols as in the room's README: a place k is fed over r + jx by its parent m;
/// P + jQ arrives at k, u = |V|², x = 1/u, l = (P² + Q²)·x is the current squared, h half of the drop of u.</summary>
internal static class SweepKernel<TVector, TLanes>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
{
    /// <summary>Back to the sources: what arrives at each place, what its branch loses, and so the drop of its voltage squared.</summary>
    /// <param name="last">Keep what enters each branch and l (in place of P of the load) instead of preparing the next pass.</param>
    public static void Backward(RadialModel model, SweepBlock block, bool last)
    {
        if (model.IsPowerOnly)
        {
            if (last) Backward<Yes, No>(model, block);
            else Backward<No, No>(model, block);
        }
        else if (last) Backward<Yes, Yes>(model, block);
        else Backward<No, Yes>(model, block);
    }

    /// <summary>From the sources: voltages squared and, by one Newton step, their reciprocals.</summary>
    /// <param name="first">After a flat start: divide, the step from there is too far.</param>
    public static void Forward(RadialModel model, SweepBlock block, bool first)
    {
        if (first) Forward<Yes>(model, block);
        else Forward<No>(model, block);
    }

    /// <summary>After the last <see cref="Backward"/>: voltages, losses, and the mismatch that these voltages leave at each place.</summary>
    /// <param name="angles">Write angle and magnitude of each place into <see cref="SweepBlock.Flow"/>.</param>
    /// <param name="extremes">Take the counted lanes into <see cref="SweepBlock.Extremes"/>.</param>
    public static void Settle(RadialModel model, SweepBlock block, bool angles, bool extremes)
    {
        if (angles && extremes) Settle<Yes, Yes>(model, block);
        else if (angles) Settle<Yes, No>(model, block);
        else if (extremes) Settle<No, Yes>(model, block);
        else Settle<No, No>(model, block);
    }

    private static void Backward<TLast, TByVoltage>(RadialModel model, SweepBlock block)
        where TLast : struct, IFlag
        where TByVoltage : struct, IFlag
    {
        nint lanes = TLanes.Count;
        ref var flow = ref block.Flow.First;
        ref var load = ref block.Load.First;
        ref var state = ref block.State.First;
        ref var section = ref MemoryMarshal.GetArrayDataReference(model.Sections);
        ref var parents = ref MemoryMarshal.GetArrayDataReference(model.Order.Parents);
        nint sources = model.Order.Sources;
        for (nint k = 0; k < sources; k++)
        {
            TLanes.Store(TLanes.Every(0), ref flow, k * 2 * lanes);
            TLanes.Store(TLanes.Every(0), ref flow, (k * 2 * lanes) + lanes);
        }
        for (nint k = model.Order.Count - 1; k >= sources; k--)
        {
            var at = k * 2 * lanes;
            var up = Unsafe.Add(ref parents, k) * 2 * lanes;
            ref var z = ref Unsafe.Add(ref section, k * RadialModel.SectionLength);
            var p = TLanes.Load(ref flow, at);
            var q = TLanes.Load(ref flow, at + lanes);
            if (TByVoltage.IsSet) (p, q) = WithDrawn(model, block, (int)k, TLanes.Load(ref state, at), p, q);
            var l = TLanes.Multiply(TLanes.MultiplyAdd(q, q, TLanes.Multiply(p, p)), TLanes.Load(ref state, at + lanes));
            var r = TLanes.Every(z);
            var x = TLanes.Every(Unsafe.Add(ref z, 1));
            if (!TLast.IsSet)
            {
                var h = TLanes.MultiplyAdd(TLanes.Every(Unsafe.Add(ref z, 2)), l, TLanes.MultiplyAdd(x, q, TLanes.Multiply(r, p)));
                TLanes.Store(h, ref state, at);
                TLanes.Store(TLanes.Load(ref load, at), ref flow, at);
                TLanes.Store(TLanes.Load(ref load, at + lanes), ref flow, at + lanes);
            }
            p = TLanes.MultiplyAdd(r, l, p);
            q = TLanes.MultiplyAdd(x, l, q);
            if (TLast.IsSet)
            {
                TLanes.Store(l, ref load, at);
                TLanes.Store(p, ref flow, at);
                TLanes.Store(q, ref flow, at + lanes);
            }
            if (TByVoltage.IsSet)
            {
                var above = Served(block, k, TLanes.Load(ref state, up));
                p = TLanes.MultiplyAdd(TLanes.Every(model.Ends[k].ShuntP), above, p);
                q = TLanes.MultiplyAdd(TLanes.Every(model.Ends[k].ShuntQ), above, q);
            }
            TLanes.Store(TLanes.Add(TLanes.Load(ref flow, up), p), ref flow, up);
            TLanes.Store(TLanes.Add(TLanes.Load(ref flow, up + lanes), q), ref flow, up + lanes);
        }
    }

    private static void Forward<TFirst>(RadialModel model, SweepBlock block)
        where TFirst : struct, IFlag
    {
        nint lanes = TLanes.Count;
        ref var state = ref block.State.First;
        ref var parents = ref MemoryMarshal.GetArrayDataReference(model.Order.Parents);
        var one = TLanes.Every(1);
        var two = TLanes.Every(2);
        var live = TLanes.Load(ref block.Live.First, 0);
        var peak = TLanes.Every(0);
        nint count = model.Order.Count;
        for (nint k = model.Order.Sources; k < count; k++)
        {
            var at = k * 2 * lanes;
            var u = TLanes.MultiplySubtractFrom(two, TLanes.Load(ref state, at), TLanes.Load(ref state, Unsafe.Add(ref parents, k) * 2 * lanes));
            var x = TLanes.Load(ref state, at + lanes);
            var e = TLanes.And(TLanes.MultiplySubtractFrom(u, x, one), live);
            x = TFirst.IsSet ? TLanes.Divide(one, u) : TLanes.MultiplyAdd(x, e, x);
            TLanes.Store(u, ref state, at);
            TLanes.Store(x, ref state, at + lanes);
            peak = TLanes.Larger(peak, TLanes.Absolute(e));
        }
        TLanes.Store(peak, ref block.Peak.First, 0);
    }

    private static void Settle<TAngles, TExtremes>(RadialModel model, SweepBlock block)
        where TAngles : struct, IFlag
        where TExtremes : struct, IFlag
    {
        nint lanes = TLanes.Count;
        ref var flow = ref block.Flow.First;
        ref var load = ref block.Load.First;
        ref var state = ref block.State.First;
        ref var section = ref MemoryMarshal.GetArrayDataReference(model.Sections);
        ref var parents = ref MemoryMarshal.GetArrayDataReference(model.Order.Parents);
        ref var scales = ref MemoryMarshal.GetArrayDataReference(model.Scale);
        ref var shifts = ref MemoryMarshal.GetArrayDataReference(model.ShiftRad);
        var (one, zero, infinity) = (TLanes.Every(1), TLanes.Every(0), TLanes.Every(double.PositiveInfinity));
        var (lossesP, lossesQ, residual, poison, lowest) = (zero, zero, zero, zero, infinity);
        nint sources = model.Order.Sources;
        nint count = model.Order.Count;
        for (nint k = 0; k < sources; k++)
        {
            var at = k * 2 * lanes;
            var v = TLanes.SquareRoot(TLanes.Load(ref state, at));
            lowest = TLanes.Smaller(lowest, v);
            if (!TAngles.IsSet) continue;
            TLanes.Store(TLanes.Every(-Unsafe.Add(ref shifts, k)), ref flow, at);
            TLanes.Store(v, ref flow, at + lanes);
        }
        for (var k = sources; k < count; k++)
        {
            var at = k * 2 * lanes;
            var up = Unsafe.Add(ref parents, k) * 2 * lanes;
            ref var z = ref Unsafe.Add(ref section, k * RadialModel.SectionLength);
            var r = TLanes.Every(z);
            var x = TLanes.Every(Unsafe.Add(ref z, 1));
            var (p, q) = (TLanes.Load(ref flow, at), TLanes.Load(ref flow, at + lanes));
            var (above, reciprocalAbove) = (TLanes.Load(ref state, up), TLanes.Load(ref state, up + lanes));

            // V = Vm·(1 − z·S*/um) = Vm·(c − jb)
            var c = TLanes.MultiplySubtractFrom(TLanes.MultiplyAdd(x, q, TLanes.Multiply(r, p)), reciprocalAbove, one);
            var b = TLanes.Multiply(TLanes.MultiplySubtractFrom(r, q, TLanes.Multiply(x, p)), reciprocalAbove);
            var u = TLanes.Multiply(above, TLanes.MultiplyAdd(b, b, TLanes.Multiply(c, c)));
            var reciprocal = TLanes.Load(ref state, at + lanes);
            reciprocal = TLanes.MultiplyAdd(reciprocal, TLanes.MultiplySubtractFrom(u, reciprocal, one), reciprocal);

            var l = TLanes.Multiply(TLanes.MultiplyAdd(q, q, TLanes.Multiply(p, p)), reciprocalAbove);
            lossesP = TLanes.MultiplyAdd(r, l, lossesP);
            lossesQ = TLanes.MultiplyAdd(x, l, lossesQ);
            var excess = TLanes.Subtract(l, TLanes.Load(ref load, at));
            TVector mismatch;
            if (model.IsPowerOnly)
            {
                mismatch = TLanes.Multiply(TLanes.Every(Unsafe.Add(ref z, 3)), TLanes.Absolute(excess));
            }
            else
            {
                mismatch = MismatchByVoltage(model, block, (int)k, TLanes.Multiply(r, excess), TLanes.Multiply(x, excess), u, TLanes.Load(ref state, at));
                var shunt = TLanes.Add(Served(block, k, above), Served(block, k, u));
                lossesP = TLanes.MultiplyAdd(TLanes.Every(model.Ends[k].ShuntP), shunt, lossesP);
                lossesQ = TLanes.MultiplyAdd(TLanes.Every(model.Ends[k].ShuntQ), shunt, lossesQ);
            }
            residual = TLanes.Larger(residual, mismatch);
            poison = TLanes.MultiplyAdd(mismatch, zero, poison);
            if (block.KeepsMismatches) TLanes.Store(mismatch, ref load, at + lanes);

            TLanes.Store(u, ref state, at);
            TLanes.Store(reciprocal, ref state, at + lanes);
            var magnitude = TLanes.Multiply(TLanes.SquareRoot(u), TLanes.Every(Unsafe.Add(ref scales, k)));
            lowest = TLanes.Smaller(lowest, block.HasOutages ? TLanes.Select(TLanes.Load(ref block.Served.First, k * lanes), magnitude, infinity) : magnitude);
            if (TExtremes.IsSet) Take(model, block, (int)k, p, q, l, u, reciprocal, above, reciprocalAbove);
            if (!TAngles.IsSet) continue;
            var angle = TLanes.Subtract(TLanes.Subtract(TLanes.Load(ref flow, up), TLanes.Every(Unsafe.Add(ref shifts, k))), SmallAngle(TLanes.Divide(b, c)));
            TLanes.Store(Served(block, k, angle), ref flow, at);
            TLanes.Store(Served(block, k, magnitude), ref flow, at + lanes);
        }
        TLanes.Store(lossesP, ref block.LossesP.First, 0);
        TLanes.Store(lossesQ, ref block.LossesQ.First, 0);
        TLanes.Store(TLanes.Add(residual, poison), ref block.Residual.First, 0);
        TLanes.Store(lowest, ref block.LowestVm.First, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Served(SweepBlock block, nint k, TVector value) =>
        block.HasOutages ? TLanes.And(value, TLanes.Load(ref block.Served.First, k * TLanes.Count)) : value;

    /// <summary>P and Q with what place <paramref name="k"/> draws by its voltage.</summary>
    private static (TVector P, TVector Q) WithDrawn(RadialModel model, SweepBlock block, int k, TVector u, TVector p, TVector q)
    {
        u = Served(block, k, u);
        p = TLanes.MultiplyAdd(TLanes.Every(model.SquareP[k]), u, p);
        q = TLanes.MultiplyAdd(TLanes.Every(model.SquareQ[k]), u, q);
        if (model.LinearP[k] == 0 && model.LinearQ[k] == 0) return (p, q);
        var v = TLanes.SquareRoot(u);
        return (TLanes.MultiplyAdd(TLanes.Every(model.LinearP[k]), v, p), TLanes.MultiplyAdd(TLanes.Every(model.LinearQ[k]), v, q));
    }

    /// <summary>The mismatch where loads depend on voltage: what the branch lost more than the last pass believed, and what the place
    /// draws more at its new voltage.</summary>
    private static TVector MismatchByVoltage(RadialModel model, SweepBlock block, int k, TVector excessP, TVector excessQ, TVector u, TVector before)
    {
        var (now, then) = (Served(block, k, u), Served(block, k, before));
        var rise = TLanes.Subtract(now, then);
        var p = TLanes.MultiplyAdd(TLanes.Every(model.SettledP[k]), rise, excessP);
        var q = TLanes.MultiplyAdd(TLanes.Every(model.SettledQ[k]), rise, excessQ);
        if (model.LinearP[k] != 0 || model.LinearQ[k] != 0)
        {
            rise = TLanes.Subtract(TLanes.SquareRoot(now), TLanes.SquareRoot(then));
            p = TLanes.MultiplyAdd(TLanes.Every(model.LinearP[k]), rise, p);
            q = TLanes.MultiplyAdd(TLanes.Every(model.LinearQ[k]), rise, q);
        }
        return TLanes.Larger(TLanes.Absolute(p), TLanes.Absolute(q));
    }

    /// <summary>Takes a place's voltage and its branch's loading into the extremes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(RadialModel model, SweepBlock block, int k, TVector p, TVector q, TVector l, TVector u, TVector reciprocal, TVector above, TVector reciprocalAbove)
    {
        ref readonly var ends = ref model.Ends[k];
        var (nearWeight, farWeight) = (TLanes.Every(ends.ParentWeight), TLanes.Every(ends.ChildWeight));
        TVector near, far;
        if (model.IsPowerOnly)
        {
            // Nothing is drawn along the branch: the same current at both ends, and |S|² = l·u.
            (near, far) = model.ByCurrent ? (l, l) : (TLanes.Multiply(l, above), TLanes.Multiply(l, u));
        }
        else
        {
            var (shuntP, shuntQ) = (TLanes.Every(ends.ShuntP), TLanes.Every(ends.ShuntQ));
            var (nearP, nearQ) = (TLanes.MultiplyAdd(shuntP, above, p), TLanes.MultiplyAdd(shuntQ, above, q));
            ref var z = ref model.Sections[k * RadialModel.SectionLength];
            var farP = TLanes.MultiplySubtractFrom(shuntP, u, TLanes.MultiplySubtractFrom(TLanes.Every(z), l, p));
            var farQ = TLanes.MultiplySubtractFrom(shuntQ, u, TLanes.MultiplySubtractFrom(TLanes.Every(Unsafe.Add(ref z, 1)), l, q));
            near = TLanes.MultiplyAdd(nearQ, nearQ, TLanes.Multiply(nearP, nearP));
            far = TLanes.MultiplyAdd(farQ, farQ, TLanes.Multiply(farP, farP));
            if (model.ByCurrent) (near, far) = (TLanes.Multiply(near, reciprocalAbove), TLanes.Multiply(far, reciprocal));
        }
        var loading = TLanes.Larger(TLanes.Multiply(near, nearWeight), TLanes.Multiply(far, farWeight));
        var counted = Served(block, k, TLanes.Load(ref block.Counted.First, 0));
        ref var extremes = ref block.Extremes[k];
        extremes.Lowest = Math.Min(extremes.Lowest, TLanes.Smallest(TLanes.Select(counted, u, TLanes.Every(double.PositiveInfinity))));
        extremes.Highest = Math.Max(extremes.Highest, TLanes.Largest(TLanes.Select(counted, u, TLanes.Every(double.NegativeInfinity))));
        extremes.Loading = Math.Max(extremes.Loading, TLanes.Largest(TLanes.Select(counted, loading, TLanes.Every(double.NegativeInfinity))));
    }

    /// <summary>atan t by its series, to the last digit up to 1/8 (a branch turns the voltage by a degree or two).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SmallAngle(TVector t)
    {
        var s = TLanes.Multiply(t, t);
        var sum = TLanes.Every(-1.0 / 15);
        sum = TLanes.MultiplyAdd(sum, s, TLanes.Every(1.0 / 13));
        sum = TLanes.MultiplyAdd(sum, s, TLanes.Every(-1.0 / 11));
        sum = TLanes.MultiplyAdd(sum, s, TLanes.Every(1.0 / 9));
        sum = TLanes.MultiplyAdd(sum, s, TLanes.Every(-1.0 / 7));
        sum = TLanes.MultiplyAdd(sum, s, TLanes.Every(1.0 / 5));
        sum = TLanes.MultiplyAdd(sum, s, TLanes.Every(-1.0 / 3));
        return TLanes.MultiplyAdd(TLanes.Multiply(sum, s), t, t);
    }
}

/// <summary>A choice made when the kernel is compiled.</summary>
internal interface IFlag
{
    static abstract bool IsSet { get; }
}

internal readonly struct Yes : IFlag
{
    public static bool IsSet => true;
}

internal readonly struct No : IFlag
{
    public static bool IsSet => false;
}
