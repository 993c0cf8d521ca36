using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The passes of the sweep over one block. Symbols as in the room's README: a place k is fed over r + jx by its parent m;
/// P + jQ arrives at k, u = |V|², y ≈ 1/u, l = (P² + Q²)·y is the current squared, h half of the drop of u.</summary>
/// <remarks>What only neighbours in the order need (flows on the way back, voltages on the way out) lives in a small ring of slots
/// that stays in the first cache; each pass streams the rest once.</remarks>
internal static class SweepKernel<TVector, TLanes>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
{
    /// <summary>Places ahead whose lines are called.</summary>
    private const int Ahead = 12;

    /// <summary>Back to the sources: what arrives at each place, what its branch loses, and so half the drop of its voltage squared.</summary>
    public static void Backward(RadialModel model, SweepBlock block, Pass pass)
    {
        switch (pass, model.IsPowerOnly)
        {
            case (Pass.First, true): Backward<Yes, No, No>(model, block); break;
            case (Pass.First, false): Backward<Yes, No, Yes>(model, block); break;
            case (Pass.Next, true): Backward<No, No, No>(model, block); break;
            case (Pass.Next, false): Backward<No, No, Yes>(model, block); break;
            case (_, true): Backward<No, Yes, No>(model, block); break;
            default: Backward<No, Yes, Yes>(model, block); break;
        }
    }

    /// <summary>From the sources: voltages squared and, by one Newton step, their reciprocals.</summary>
    public static void Forward(RadialModel model, SweepBlock block, Pass pass)
    {
        switch (pass, model.IsPowerOnly)
        {
            case (Pass.First, true): Forward<Yes, No>(model, block); break;
            case (Pass.First, false): Forward<Yes, Yes>(model, block); break;
            case (_, true): Forward<No, No>(model, block); break;
            default: Forward<No, Yes>(model, block); break;
        }
    }

    /// <summary>The last way out: complex voltages, losses, and the mismatch that these voltages leave at each place.</summary>
    /// <param name="model">The network.</param>
    /// <param name="block">After the last <see cref="Backward"/>.</param>
    /// <param name="lane">First of the lanes to settle: a vector of them, in a block that may have more.</param>
    /// <param name="angles">Write angle and magnitude of each place over <see cref="SweepBlock.Load"/>.</param>
    /// <param name="extremes">Take the counted lanes into <see cref="SweepBlock.Tentative"/>.</param>
    public static void Settle(RadialModel model, SweepBlock block, int lane, bool angles, bool extremes)
    {
        switch (angles, extremes, model.IsPowerOnly)
        {
            case (true, false, true): Settle<Yes, No, No>(model, block, lane); break;
            case (true, false, false): Settle<Yes, No, Yes>(model, block, lane); break;
            case (false, true, true): Settle<No, Yes, No>(model, block, lane); break;
            case (false, true, false): Settle<No, Yes, Yes>(model, block, lane); break;
            case (true, true, true): Settle<Yes, Yes, No>(model, block, lane); break;
            case (true, true, false): Settle<Yes, Yes, Yes>(model, block, lane); break;
            case (_, _, true): Settle<No, No, No>(model, block, lane); break;
            default: Settle<No, No, Yes>(model, block, lane); break;
        }
    }

    private static void Backward<TFirst, TLast, TByVoltage>(RadialModel model, SweepBlock block)
        where TFirst : struct, IFlag
        where TLast : struct, IFlag
        where TByVoltage : struct, IFlag
    {
        if (block.Profiles is null) Backward<TFirst, TLast, TByVoltage, No>(model, block, ref MemoryMarshal.GetArrayDataReference<double>([]), ref MemoryMarshal.GetArrayDataReference<int>([]));
        else Backward<TFirst, TLast, TByVoltage, Yes>(model, block, ref MemoryMarshal.GetArrayDataReference(block.Profiles.Power), ref MemoryMarshal.GetArrayDataReference(block.Profiles.Class));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<TFirst, TLast, TByVoltage, TProfiles>(RadialModel model, SweepBlock block, ref double powers, ref int classes)
        where TFirst : struct, IFlag
        where TLast : struct, IFlag
        where TByVoltage : struct, IFlag
        where TProfiles : struct, IFlag
    {
        nint lanes = TLanes.Count;
        ref var load = ref block.Load.First;
        ref var state = ref block.State.First;
        ref var ring = ref block.Ring.First;
        ref var factors = ref block.Factors.First;
        ref var section = ref MemoryMarshal.GetArrayDataReference(model.Sections);
        ref var reciprocals = ref MemoryMarshal.GetArrayDataReference(model.StartReciprocal);
        ref var slots = ref MemoryMarshal.GetArrayDataReference(model.Slots);
        ref var parents = ref MemoryMarshal.GetArrayDataReference(model.Order.Parents);
        ref var draws = ref MemoryMarshal.GetArrayDataReference(model.DrawsByVoltage);
        ref var ends = ref MemoryMarshal.GetArrayDataReference(model.Ends);
        var zero = TLanes.Every(0);
        nint sources = model.Order.Sources;
        block.Ring.Span.Clear();
        for (nint k = model.Order.Count - 1; k >= sources; k--)
        {
            for (nint line = 0; TLanes.Count > 1 && line < 2 * lanes; line += CacheLine.Length)
            {
                CacheLine.Call(ref state, ((k - Ahead) * 2 * lanes) + line);
                if (TLast.IsSet || !TProfiles.IsSet) CacheLine.Call(ref load, ((k - Ahead) * 2 * lanes) + line);
            }
            nint parent = Unsafe.Add(ref parents, k);
            var at = k * 2 * lanes;
            var own = Unsafe.Add(ref slots, k) * lanes;
            var up = Unsafe.Add(ref slots, parent) * lanes;
            ref var z = ref Unsafe.Add(ref section, k * RadialModel.SectionLength);
            TVector p, q;
            if (TProfiles.IsSet)
            {
                ref var power = ref Unsafe.Add(ref powers, k * PlacedProfiles.PowerLength);
                var factor = TLanes.Load(ref factors, Unsafe.Add(ref classes, k) * lanes);
                p = TLanes.MultiplyAdd(TLanes.Every(power), factor, TLanes.Every(Unsafe.Add(ref power, 2)));
                q = TLanes.MultiplyAdd(TLanes.Every(Unsafe.Add(ref power, 1)), factor, TLanes.Every(Unsafe.Add(ref power, 3)));
            }
            else
            {
                (p, q) = (TLanes.Load(ref load, at), TLanes.Load(ref load, at + lanes));
            }
            p = TLanes.Add(p, TLanes.Load(ref ring, own));
            q = TLanes.Add(q, TLanes.Load(ref ring, own + lanes));
            TLanes.Store(zero, ref ring, own);
            TLanes.Store(zero, ref ring, own + lanes);
            if (TByVoltage.IsSet && Unsafe.Add(ref draws, k))
            {
                var u = Served(block, k, 0, Square<TFirst>(model, block, k, 0));
                p = TLanes.MultiplyAdd(TLanes.Every(model.SquareP[k]), u, p);
                q = TLanes.MultiplyAdd(TLanes.Every(model.SquareQ[k]), u, q);
                if (model.LinearP[k] != 0 || model.LinearQ[k] != 0) (p, q) = WithCurrent(model, (int)k, TLanes.SquareRoot(u), p, q);
            }
            var y = TFirst.IsSet ? TLanes.Every(Unsafe.Add(ref reciprocals, k)) : TLanes.Load(ref state, at + lanes);
            var l = TLanes.Multiply(TLanes.MultiplyAdd(q, q, TLanes.Multiply(p, p)), y);
            var r = TLanes.Every(z);
            var x = TLanes.Every(Unsafe.Add(ref z, 1));
            if (!TLast.IsSet)
            {
                var h = TLanes.MultiplyAdd(TLanes.Every(Unsafe.Add(ref z, 2)), l, TLanes.MultiplyAdd(x, q, TLanes.Multiply(r, p)));
                TLanes.Store(h, ref state, at);
            }
            p = TLanes.MultiplyAdd(r, l, p);
            q = TLanes.MultiplyAdd(x, l, q);
            if (TLast.IsSet)
            {
                TLanes.Store(l, ref state, at);
                TLanes.Store(p, ref load, at);
                TLanes.Store(q, ref load, at + lanes);
            }
            if (TByVoltage.IsSet && Unsafe.Add(ref ends, k) is { HasShunt: true } end)
            {
                var above = Served(block, k, 0, Square<TFirst>(model, block, parent, 0));
                p = TLanes.MultiplyAdd(TLanes.Every(end.ShuntP), above, p);
                q = TLanes.MultiplyAdd(TLanes.Every(end.ShuntQ), above, q);
            }
            TLanes.Store(TLanes.Add(TLanes.Load(ref ring, up), p), ref ring, up);
            TLanes.Store(TLanes.Add(TLanes.Load(ref ring, up + lanes), q), ref ring, up + lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward<TFirst, TByVoltage>(RadialModel model, SweepBlock block)
        where TFirst : struct, IFlag
        where TByVoltage : struct, IFlag
    {
        nint lanes = TLanes.Count;
        ref var state = ref block.State.First;
        ref var ring = ref block.Ring.First;
        ref var starts = ref MemoryMarshal.GetArrayDataReference(model.StartSquare);
        ref var reciprocals = ref MemoryMarshal.GetArrayDataReference(model.StartReciprocal);
        ref var slots = ref MemoryMarshal.GetArrayDataReference(model.Slots);
        ref var parents = ref MemoryMarshal.GetArrayDataReference(model.Order.Parents);
        var one = TLanes.Every(1);
        var two = TLanes.Every(2);
        var live = TLanes.Load(ref block.Live.First, 0);
        var peak = TLanes.Every(0);
        nint sources = model.Order.Sources;
        nint count = model.Order.Count;
        for (nint k = 0; k < sources; k++) TLanes.Store(TLanes.Every(Unsafe.Add(ref starts, k)), ref ring, Unsafe.Add(ref slots, k) * lanes);
        for (var k = sources; k < count; k++)
        {
            var at = k * 2 * lanes;
            var up = Unsafe.Add(ref slots, Unsafe.Add(ref parents, k)) * lanes;
            var u = TLanes.MultiplySubtractFrom(two, TLanes.Load(ref state, at), TLanes.Load(ref ring, up));
            TLanes.Store(u, ref ring, Unsafe.Add(ref slots, k) * lanes);
            var y = TFirst.IsSet ? TLanes.Every(Unsafe.Add(ref reciprocals, k)) : TLanes.Load(ref state, at + lanes);
            var e = TLanes.And(TLanes.MultiplySubtractFrom(u, y, one), live);
            if (TByVoltage.IsSet)
            {
                var square = Square<TFirst>(model, block, k, 0);
                TLanes.Store(TLanes.Select(live, u, square), ref block.Square.First, k * lanes);
            }
            TLanes.Store(TFirst.IsSet ? FarReciprocal(u, y, e) : TLanes.MultiplyAdd(y, e, y), ref state, at + lanes);
            peak = TLanes.Larger(peak, TLanes.Absolute(e));
        }
        TLanes.Store(peak, ref block.Peak.First, 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Settle<TAngles, TExtremes, TByVoltage>(RadialModel model, SweepBlock block, nint lane)
        where TAngles : struct, IFlag
        where TExtremes : struct, IFlag
        where TByVoltage : struct, IFlag
    {
        nint lanes = block.Lanes;
        ref var load = ref Unsafe.Add(ref block.Load.First, lane);
        ref var state = ref Unsafe.Add(ref block.State.First, lane);
        ref var ring = ref Unsafe.Add(ref block.Ring.First, lane);
        ref var section = ref MemoryMarshal.GetArrayDataReference(model.Sections);
        ref var slots = ref MemoryMarshal.GetArrayDataReference(model.Slots);
        ref var parents = ref MemoryMarshal.GetArrayDataReference(model.Order.Parents);
        ref var scales = ref MemoryMarshal.GetArrayDataReference(model.Scale);
        ref var shifts = ref MemoryMarshal.GetArrayDataReference(model.ShiftRad);
        var (one, zero, infinity) = (TLanes.Every(1), TLanes.Every(0), TLanes.Every(double.PositiveInfinity));
        var (lossesP, lossesQ, residual, poison, peak, lowest) = (zero, zero, zero, zero, zero, infinity);
        nint sources = model.Order.Sources;
        nint count = model.Order.Count;
        for (nint k = 0; k < sources; k++)
        {
            var own = Unsafe.Add(ref slots, k) * lanes;
            var (square, angle) = (model.StartSquare[k], -Unsafe.Add(ref shifts, k));
            TLanes.Store(TLanes.Every(square), ref ring, own);
            TLanes.Store(TLanes.Every(model.StartReciprocal[k]), ref ring, own + lanes);
            TLanes.Store(TLanes.Every(angle), ref ring, own + (2 * lanes));
            TLanes.Store(TLanes.Every(Math.Sqrt(square)), ref ring, own + (3 * lanes));
            lowest = TLanes.Smaller(lowest, TLanes.Every(square));
            TLanes.Store(TLanes.Every(angle), ref load, k * 2 * lanes);
            TLanes.Store(TLanes.Every(Math.Sqrt(square)), ref load, (k * 2 * lanes) + lanes);
        }
        for (var k = sources; k < count; k++)
        {
            var at = k * 2 * lanes;
            var own = Unsafe.Add(ref slots, k) * lanes;
            var up = Unsafe.Add(ref slots, Unsafe.Add(ref parents, k)) * lanes;
            ref var z = ref Unsafe.Add(ref section, k * RadialModel.SectionLength);
            var r = TLanes.Every(z);
            var x = TLanes.Every(Unsafe.Add(ref z, 1));
            var (p, q) = (TLanes.Load(ref load, at), TLanes.Load(ref load, at + lanes));
            var (above, reciprocalAbove) = (TLanes.Load(ref ring, up), TLanes.Load(ref ring, up + lanes));

            // V = Vm·(1 − z·S*/um) = Vm·(1 − a − jb)
            var a = TLanes.Multiply(TLanes.MultiplyAdd(x, q, TLanes.Multiply(r, p)), reciprocalAbove);
            var b = TLanes.Multiply(TLanes.MultiplySubtractFrom(r, q, TLanes.Multiply(x, p)), reciprocalAbove);
            var c = TLanes.Subtract(one, a);
            var u = TLanes.Multiply(above, TLanes.MultiplyAdd(b, b, TLanes.Multiply(c, c)));
            var y = TLanes.Load(ref state, at + lanes);
            var e = TLanes.MultiplySubtractFrom(u, y, one);
            y = TLanes.MultiplyAdd(y, e, y);
            peak = TLanes.Larger(peak, TLanes.Absolute(e));
            TLanes.Store(u, ref ring, own);
            TLanes.Store(y, ref ring, own + lanes);

            var l = TLanes.Multiply(TLanes.MultiplyAdd(q, q, TLanes.Multiply(p, p)), reciprocalAbove);
            lossesP = TLanes.MultiplyAdd(r, l, lossesP);
            lossesQ = TLanes.MultiplyAdd(x, l, lossesQ);
            var excess = TLanes.Subtract(l, TLanes.Load(ref state, at));
            TVector mismatch;
            if (TByVoltage.IsSet)
            {
                mismatch = MismatchByVoltage(model, block, (int)k, lane, TLanes.Multiply(r, excess), TLanes.Multiply(x, excess), u);
                if (model.Ends[k] is { HasShunt: true } ends)
                {
                    var shunt = TLanes.Add(Served(block, k, lane, above), Served(block, k, lane, u));
                    lossesP = TLanes.MultiplyAdd(TLanes.Every(ends.ShuntP), shunt, lossesP);
                    lossesQ = TLanes.MultiplyAdd(TLanes.Every(ends.ShuntQ), shunt, lossesQ);
                }
            }
            else
            {
                mismatch = TLanes.Multiply(TLanes.Every(Unsafe.Add(ref z, 3)), TLanes.Absolute(excess));
            }
            residual = TLanes.Larger(residual, mismatch);
            poison = TLanes.MultiplyAdd(mismatch, zero, poison);
            if (block.KeepsMismatches) TLanes.Store(mismatch, ref state, at);

            var scale = TLanes.Every(Unsafe.Add(ref scales, k));
            var unreferred = TLanes.Multiply(u, TLanes.Multiply(scale, scale));
            lowest = TLanes.Smaller(lowest, block.HasOutages ? TLanes.Select(TLanes.Load(ref block.Served.First, (k * lanes) + lane), unreferred, infinity) : unreferred);
            if (TExtremes.IsSet) Take<TByVoltage>(model, block, (int)k, lane, p, q, l, u, y, above, reciprocalAbove);
            if (!TAngles.IsSet) continue;
            var (turn, ratio) = Polar(a, b, c);
            var angle = TLanes.Subtract(TLanes.Subtract(TLanes.Load(ref ring, up + (2 * lanes)), TLanes.Every(Unsafe.Add(ref shifts, k))), turn);
            var magnitude = TLanes.Multiply(TLanes.Load(ref ring, up + (3 * lanes)), ratio);
            TLanes.Store(angle, ref ring, own + (2 * lanes));
            TLanes.Store(magnitude, ref ring, own + (3 * lanes));
            TLanes.Store(Served(block, k, lane, angle), ref load, at);
            TLanes.Store(Served(block, k, lane, TLanes.Multiply(magnitude, scale)), ref load, at + lanes);
        }
        TLanes.Store(peak, ref block.Peak.First, lane);
        TLanes.Store(lossesP, ref block.LossesP.First, lane);
        TLanes.Store(lossesQ, ref block.LossesQ.First, lane);
        TLanes.Store(TLanes.Add(residual, poison), ref block.Residual.First, lane);
        TLanes.Store(TLanes.SquareRoot(lowest), ref block.LowestVm.First, lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Served(SweepBlock block, nint k, nint lane, TVector value) =>
        block.HasOutages ? TLanes.And(value, TLanes.Load(ref block.Served.First, (k * block.Lanes) + lane)) : value;

    /// <summary>Voltage squared that the last pass found at a place, the source's before the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Square<TFirst>(RadialModel model, SweepBlock block, nint k, nint lane)
        where TFirst : struct, IFlag =>
        TFirst.IsSet || k < model.Order.Sources ? TLanes.Every(model.StartSquare[k]) : TLanes.Load(ref block.Square.First, (k * block.Lanes) + lane);

    /// <summary>P and Q with what place <paramref name="k"/> draws in proportion to its voltage.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (TVector P, TVector Q) WithCurrent(RadialModel model, int k, TVector v, TVector p, TVector q) =>
        (TLanes.MultiplyAdd(TLanes.Every(model.LinearP[k]), v, p), TLanes.MultiplyAdd(TLanes.Every(model.LinearQ[k]), v, q));

    /// <summary>The mismatch where loads depend on voltage: what the branch loses more than the last pass believed, and what the place
    /// draws more at its new voltage.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector MismatchByVoltage(RadialModel model, SweepBlock block, int k, nint lane, TVector excessP, TVector excessQ, TVector u)
    {
        var (now, then) = (Served(block, k, lane, u), Served(block, k, lane, Square<No>(model, block, k, lane)));
        var rise = TLanes.Subtract(now, then);
        var p = TLanes.MultiplyAdd(TLanes.Every(model.SettledP[k]), rise, excessP);
        var q = TLanes.MultiplyAdd(TLanes.Every(model.SettledQ[k]), rise, excessQ);
        if (model.LinearP[k] != 0 || model.LinearQ[k] != 0) (p, q) = WithCurrent(model, k, TLanes.Subtract(TLanes.SquareRoot(now), TLanes.SquareRoot(then)), p, q);
        return TLanes.Larger(TLanes.Absolute(p), TLanes.Absolute(q));
    }

    /// <summary>Takes a place's voltage and its branch's loading into the extremes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take<TByVoltage>(RadialModel model, SweepBlock block, int k, nint lane, TVector p, TVector q, TVector l, TVector u, TVector y, TVector above, TVector reciprocalAbove)
        where TByVoltage : struct, IFlag
    {
        ref readonly var ends = ref model.Ends[k];
        var (nearWeight, farWeight) = (TLanes.Every(ends.ParentWeight), TLanes.Every(ends.ChildWeight));
        TVector near, far;
        if (!TByVoltage.IsSet)
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
            if (model.ByCurrent) (near, far) = (TLanes.Multiply(near, reciprocalAbove), TLanes.Multiply(far, y));
        }
        var loading = TLanes.Larger(TLanes.Multiply(near, nearWeight), TLanes.Multiply(far, farWeight));
        var counted = Served(block, k, lane, TLanes.Load(ref block.Counted.First, lane));
        var before = (lane == 0 ? block.Extremes : block.Tentative)[k];
        ref var extremes = ref block.Tentative[k];
        var (smallest, largest) = (TLanes.Smallest(TLanes.Select(counted, u, TLanes.Every(double.PositiveInfinity))), TLanes.Largest(TLanes.Select(counted, u, TLanes.Every(double.NegativeInfinity))));
        var fullest = TLanes.Largest(TLanes.Select(counted, loading, TLanes.Every(double.NegativeInfinity)));
        extremes.Lowest = double.MinNative(before.Lowest, smallest);
        extremes.Highest = double.MaxNative(before.Highest, largest);
        extremes.Loading = double.MaxNative(before.Loading, fullest);
        (extremes.Low, extremes.High, extremes.Over) = (before.Low, before.High, before.Over);
        // Counted only where an extreme says that there is something to count.
        ref readonly var limits = ref block.Limits[k];
        if (smallest < limits.Lowest) extremes.Low += TLanes.CountOf(counted) - TLanes.CountOf(TLanes.And(TLanes.AtMost(TLanes.Every(limits.Lowest), u), counted));
        if (largest > limits.Highest) extremes.High += TLanes.CountOf(counted) - TLanes.CountOf(TLanes.And(TLanes.AtMost(u, TLanes.Every(limits.Highest)), counted));
        if (fullest > limits.Loading) extremes.Over += TLanes.CountOf(counted) - TLanes.CountOf(TLanes.And(TLanes.AtMost(loading, TLanes.Every(limits.Loading)), counted));
    }

    /// <summary>1/(1 − e) as (1 + e)(1 + e²)(1 + e⁴)(1 + e⁸), wrong by e¹⁶ of itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector InverseOfOneMinus(TVector e)
    {
        var inverse = TLanes.Add(TLanes.Every(1), e);
        var power = TLanes.Multiply(e, e);
        inverse = TLanes.MultiplyAdd(inverse, power, inverse);
        power = TLanes.Multiply(power, power);
        inverse = TLanes.MultiplyAdd(inverse, power, inverse);
        power = TLanes.Multiply(power, power);
        return TLanes.MultiplyAdd(inverse, power, inverse);
    }

    /// <summary>1/u for u = (1 − e)/y: good to ten digits by series, by division in lanes where the step is too far for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector FarReciprocal(TVector u, TVector y, TVector e)
    {
        var (size, most) = (TLanes.Absolute(e), TLanes.Every(1.0 / 4));
        var near = TLanes.Multiply(y, InverseOfOneMinus(e));
        return TLanes.AllAtMost(size, most) ? near : TLanes.Select(TLanes.AtMost(size, most), near, TLanes.Divide(TLanes.Every(1), u));
    }

    /// <summary>Angle and magnitude of c + jb, c = 1 − a: by series for the degree or two by which a branch turns the voltage (up to
    /// 1/8 rad, to 4·10⁻¹⁵), by the library in lanes where it is more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TVector Angle, TVector Magnitude) Polar(TVector a, TVector b, TVector c)
    {
        var t = TLanes.Multiply(b, InverseOfOneMinus(a));
        var s = TLanes.Multiply(t, t);
        // atan t = t − t³/3 + …
        var angle = TLanes.MultiplyAdd(TLanes.Every(1.0 / 13), s, TLanes.Every(-1.0 / 11));
        angle = TLanes.MultiplyAdd(angle, s, TLanes.Every(1.0 / 9));
        angle = TLanes.MultiplyAdd(angle, s, TLanes.Every(-1.0 / 7));
        angle = TLanes.MultiplyAdd(angle, s, TLanes.Every(1.0 / 5));
        angle = TLanes.MultiplyAdd(angle, s, TLanes.Every(-1.0 / 3));
        angle = TLanes.MultiplyAdd(TLanes.Multiply(angle, s), t, t);
        // √(1 + t²) = 1 + t²/2 − t⁴/8 + …
        var root = TLanes.MultiplyAdd(TLanes.Every(-21.0 / 1024), s, TLanes.Every(7.0 / 256));
        root = TLanes.MultiplyAdd(root, s, TLanes.Every(-5.0 / 128));
        root = TLanes.MultiplyAdd(root, s, TLanes.Every(1.0 / 16));
        root = TLanes.MultiplyAdd(root, s, TLanes.Every(-1.0 / 8));
        root = TLanes.MultiplyAdd(root, s, TLanes.Every(1.0 / 2));
        var magnitude = TLanes.MultiplyAdd(TLanes.Multiply(root, s), c, c);
        var most = TLanes.Every(1.0 / 8);
        var size = TLanes.Larger(TLanes.Absolute(a), TLanes.Absolute(t));
        return TLanes.AllAtMost(size, most) ? (angle, magnitude) : FarPolar(TLanes.AtMost(size, most), angle, magnitude, b, c);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (TVector Angle, TVector Magnitude) FarPolar(TVector near, TVector angle, TVector magnitude, TVector b, TVector c) =>
        (TLanes.Select(near, angle, TLanes.ArcTangent(b, c)), TLanes.Select(near, magnitude, TLanes.SquareRoot(TLanes.MultiplyAdd(b, b, TLanes.Multiply(c, c)))));
}

/// <summary>Which pass of a solve.</summary>
internal enum Pass
{
    /// <summary>From a flat start.</summary>
    First,
    Next,

    /// <summary>The one that is settled: it keeps l in place of h, and what enters each branch in place of the load.</summary>
    Last,
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
