using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MekongTwin.Engines.PowerFlow;
using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Engines.Demand;

/// <summary>
/// The loads of a city as weights of shared factors: <c>P_i(t) = Σ_k W[i,k]·F[k,t] + σ_i·R[i mod 16, t]</c>, kW, and <c>Q_i(t) = Σ_k V[i,k]·F[k,t]</c>, kvar.
/// Arrays are the caller's to change before they are read by several threads; a lever works on a <see cref="Copy"/>.
/// </summary>
public sealed class FactorLoads
{
    public FactorLoads(int count, int factors = Factor.Count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factors);
        (Count, Factors) = (count, factors);
        (WeightP, WeightQ, SigmaKw) = (new double[count * factors], new double[count * factors], new double[count]);
    }

    /// <summary>Loads.</summary>
    public int Count { get; }

    public int Factors { get; }

    /// <summary>kW for a unit of each factor: loads × factors, one load after the other.</summary>
    public double[] WeightP { get; }

    /// <summary>The same, kvar.</summary>
    public double[] WeightQ { get; }

    /// <summary>Deviation of each load from what is expected of it, kW.</summary>
    public double[] SigmaKw { get; }

    public ref double P(int load, int factor) => ref WeightP[(load * Factors) + factor];

    public ref double Q(int load, int factor) => ref WeightQ[(load * Factors) + factor];

    public FactorLoads Copy()
    {
        var copy = new FactorLoads(Count, Factors);
        WeightP.CopyTo(copy.WeightP, 0);
        WeightQ.CopyTo(copy.WeightQ, 0);
        SigmaKw.CopyTo(copy.SigmaKw, 0);
        return copy;
    }

    /// <summary>One load at one step: the definition, and the oracle of <see cref="Fill(FactorSeries, int, int, Span{double}, Span{double})"/>.</summary>
    public (double Kw, double Kvar) Evaluate(FactorSeries series, int load, int step)
    {
        var (kw, kvar) = (0.0, 0.0);
        for (var k = 0; k < Factors; k++)
        {
            if (P(load, k) == 0 && Q(load, k) == 0) continue;
            var value = series.Values[(k * series.Steps) + step];
            kw = Math.FusedMultiplyAdd(P(load, k), value, kw);
            kvar = Math.FusedMultiplyAdd(Q(load, k), value, kvar);
        }
        if (series.Residuals is { } residuals) kw = Math.FusedMultiplyAdd(SigmaKw[load], residuals[(load % FactorSeries.Streams * series.Steps) + step], kw);
        return (kw, kvar);
    }

    /// <summary>One load at as many consecutive steps as the spans hold: the same bits however steps are split, and at every vector width.</summary>
    /// <param name="series">Factors.</param>
    /// <param name="load">Which load.</param>
    /// <param name="first">First step in the series.</param>
    /// <param name="p">kW at each step.</param>
    /// <param name="q">kvar at each step; as long as <paramref name="p"/>.</param>
    /// <exception cref="ArgumentException">Lengths or factors do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such load, or the series has no such steps.</exception>
    public void Fill(FactorSeries series, int load, int first, Span<double> p, Span<double> q)
    {
        Need(series, first, p.Length, p.Length, q.Length, p.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)load, (uint)Count, nameof(load));
        if (p.Length > 0) FillLoad(series, load, first, p, q, Simd.Widest);
    }

    /// <summary>All loads at some consecutive steps: loads × steps, one load after the other.</summary>
    /// <exception cref="ArgumentException">Lengths or factors do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The series has no such steps.</exception>
    public void FillAll(FactorSeries series, int first, int steps, Span<double> p, Span<double> q) => FillAll(series, first, steps, p, q, Simd.Widest);

    internal void FillAll(FactorSeries series, int first, int steps, Span<double> p, Span<double> q, SimdWidth width)
    {
        Need(series, first, steps, p.Length, q.Length, Count * steps);
        if (steps == 0) return;
        for (var load = 0; load < Count; load++) FillLoad(series, load, first, p.Slice(load * steps, steps), q.Slice(load * steps, steps), width);
    }

    private void Need(FactorSeries series, int first, int steps, int p, int q, int length)
    {
        if (p != length || q != length) throw new ArgumentException($"There is room for {p} active and {q} reactive powers where {length} are made.");
        if (series.Factors != Factors) throw new ArgumentException($"The series has {series.Factors} factors, the loads have weights for {Factors}.", nameof(series));
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + steps, series.Steps, nameof(first));
    }

    /// <summary>A vector holds consecutive steps. Products are fused and summed in the order of the factors, lane by lane, as in <see cref="Evaluate"/>.</summary>
    private void FillLoad(FactorSeries series, int load, int first, Span<double> p, Span<double> q, SimdWidth width)
    {
        var at = 0;
        if (width == SimdWidth.Vector512) at = FillLoad<Vector512<double>, Lanes512>(series, load, first, p, q, at);
        if (width != SimdWidth.Scalar) at = FillLoad<Vector256<double>, Lanes256>(series, load, first, p, q, at);
        for (; at < p.Length; at++) (p[at], q[at]) = Evaluate(series, load, first + at);
    }

    /// <summary>From step <paramref name="at"/> four vectors at a time, whose sums do not wait for each other, then single ones; gives the step where less than one is left.</summary>
    private int FillLoad<TVector, TLanes>(FactorSeries series, int load, int first, Span<double> p, Span<double> q, int at)
        where TVector : struct
        where TLanes : ILanes<TVector>
    {
        var n = TLanes.Count;
        ref var weightP = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(WeightP), load * Factors);
        ref var weightQ = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(WeightQ), load * Factors);
        ref var values = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(series.Values), first);
        var sigma = TLanes.Every(SigmaKw[load]);
        ref var residuals = ref Unsafe.NullRef<double>();
        if (series.Residuals is { } all) residuals = ref all[(load % FactorSeries.Streams * series.Steps) + first];
        ref var toP = ref MemoryMarshal.GetReference(p);
        ref var toQ = ref MemoryMarshal.GetReference(q);
        for (; at + (4 * n) <= p.Length; at += 4 * n)
        {
            var (p0, p1, p2, p3) = (TLanes.Every(0), TLanes.Every(0), TLanes.Every(0), TLanes.Every(0));
            var (q0, q1, q2, q3) = (p0, p0, p0, p0);
            for (var k = 0; k < Factors; k++)
            {
                var (kw, kvar) = (Unsafe.Add(ref weightP, k), Unsafe.Add(ref weightQ, k));
                if (kw == 0 && kvar == 0) continue;
                var (ofP, ofQ, from) = (TLanes.Every(kw), TLanes.Every(kvar), ((nint)k * series.Steps) + at);
                var (v0, v1, v2, v3) = (TLanes.Load(ref values, from), TLanes.Load(ref values, from + n), TLanes.Load(ref values, from + (2 * n)), TLanes.Load(ref values, from + (3 * n)));
                (p0, p1, p2, p3) = (TLanes.MultiplyAdd(ofP, v0, p0), TLanes.MultiplyAdd(ofP, v1, p1), TLanes.MultiplyAdd(ofP, v2, p2), TLanes.MultiplyAdd(ofP, v3, p3));
                (q0, q1, q2, q3) = (TLanes.MultiplyAdd(ofQ, v0, q0), TLanes.MultiplyAdd(ofQ, v1, q1), TLanes.MultiplyAdd(ofQ, v2, q2), TLanes.MultiplyAdd(ofQ, v3, q3));
            }
            Put<TVector, TLanes>(p0, q0, sigma, ref residuals, ref toP, ref toQ, at);
            Put<TVector, TLanes>(p1, q1, sigma, ref residuals, ref toP, ref toQ, at + n);
            Put<TVector, TLanes>(p2, q2, sigma, ref residuals, ref toP, ref toQ, at + (2 * n));
            Put<TVector, TLanes>(p3, q3, sigma, ref residuals, ref toP, ref toQ, at + (3 * n));
        }
        for (; at + n <= p.Length; at += n)
        {
            var (sumP, sumQ) = (TLanes.Every(0), TLanes.Every(0));
            for (var k = 0; k < Factors; k++)
            {
                var (kw, kvar) = (Unsafe.Add(ref weightP, k), Unsafe.Add(ref weightQ, k));
                if (kw == 0 && kvar == 0) continue;
                var value = TLanes.Load(ref values, ((nint)k * series.Steps) + at);
                (sumP, sumQ) = (TLanes.MultiplyAdd(TLanes.Every(kw), value, sumP), TLanes.MultiplyAdd(TLanes.Every(kvar), value, sumQ));
            }
            Put<TVector, TLanes>(sumP, sumQ, sigma, ref residuals, ref toP, ref toQ, at);
        }
        return at;
    }

    /// <summary>Puts a vector of sums where they belong, with the load's residuals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put<TVector, TLanes>(TVector kw, TVector kvar, TVector sigma, ref double residuals, ref double p, ref double q, nint at)
        where TVector : struct
        where TLanes : ILanes<TVector>
    {
        if (!Unsafe.IsNullRef(ref residuals)) kw = TLanes.MultiplyAdd(sigma, TLanes.Load(ref residuals, at), kw);
        TLanes.Store(kw, ref p, at);
        TLanes.Store(kvar, ref q, at);
    }
}
