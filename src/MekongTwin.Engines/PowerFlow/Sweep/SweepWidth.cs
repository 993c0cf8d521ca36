using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The sweep at one number of lanes.</summary>
internal abstract class SweepWidth
{
    /// <summary>Places up to which a pair of vectors keeps a block within a core's second cache.</summary>
    public const int MaxPlacesPaired = 2000;

    private static readonly SweepWidth One = new SweepWidth<double, ScalarLanes, double, ScalarLanes>();
    private static readonly SweepWidth Four = new SweepWidth<Vector256<double>, Lanes256, Vector256<double>, Lanes256>();
    private static readonly SweepWidth Eight = new SweepWidth<Pair<Vector256<double>>, PairLanes<Vector256<double>, Lanes256>, Vector256<double>, Lanes256>();
    private static readonly SweepWidth EightWide = new SweepWidth<Vector512<double>, Lanes512, Vector512<double>, Lanes512>();
    private static readonly SweepWidth Sixteen = new SweepWidth<Pair<Vector512<double>>, PairLanes<Vector512<double>, Lanes512>, Vector512<double>, Lanes512>();

    public abstract int Lanes { get; }

    /// <summary>The one for so many scenarios of a network with so many places.</summary>
    public static SweepWidth For(SimdWidth width, int places, int scenarios) => width switch
    {
        SimdWidth.Scalar => One,
        _ when scenarios == 1 => One,
        SimdWidth.Vector256 => places <= MaxPlacesPaired && scenarios > Four.Lanes ? Eight : Four,
        _ => places <= MaxPlacesPaired && scenarios > EightWide.Lanes ? Sixteen : EightWide,
    };

    /// <summary>The network's own loads in every lane.</summary>
    public abstract void FillSame(RadialModel model, SweepBlock block);

    /// <summary>Base powers times the factors in <see cref="SweepBlock.Factors"/>.</summary>
    public abstract void FillProfiles(RadialModel model, SweepBlock block, double[] p, double[] q, int[] classOf);

    /// <summary>As many scenarios from <paramref name="first"/> as there are lanes, of loads that stand bus by bus, <paramref name="count"/> scenarios each.</summary>
    public abstract void FillColumns(RadialModel model, SweepBlock block, double[] p, double[] q, int count, int first);

    /// <summary>From loads to converged flows: every lane stops by itself, so none depends on its neighbours.</summary>
    public abstract void Solve(RadialModel model, SweepBlock block, double bound, int maxIterations);

    /// <summary>From converged flows to voltages and the figures of each lane.</summary>
    public abstract void Settle(RadialModel model, SweepBlock block, bool angles, bool extremes);
}

/// <inheritdoc/>
/// <typeparam name="TVector">What the passes work with: all lanes of a block.</typeparam>
/// <typeparam name="TLanes">Its arithmetic.</typeparam>
/// <typeparam name="TPart">What settling works with, which has enough to do with one vector at a time.</typeparam>
/// <typeparam name="TPartLanes">Its arithmetic.</typeparam>
internal sealed class SweepWidth<TVector, TLanes, TPart, TPartLanes> : SweepWidth
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
    where TPart : struct
    where TPartLanes : struct, ILanes<TPart>
{
    public override int Lanes => TLanes.Count;

    public override void FillSame(RadialModel model, SweepBlock block)
    {
        var own = model.OwnLoad;
        for (var k = 0; k < model.Order.Count; k++) Put(block, k, TLanes.Every(own[2 * k]), TLanes.Every(own[(2 * k) + 1]));
    }

    public override void FillProfiles(RadialModel model, SweepBlock block, double[] p, double[] q, int[] classOf)
    {
        var (network, order) = (model.Network, model.Order);
        ref var factors = ref block.Factors.First;
        for (var k = 0; k < order.Count; k++)
        {
            var bus = order.Buses[k];
            var factor = TLanes.Load(ref factors, classOf[bus] * TLanes.Count);
            Put(block, k, TLanes.MultiplyAdd(TLanes.Every(p[bus]), factor, TLanes.Every(-network.GenerationP[bus])), TLanes.MultiplyAdd(TLanes.Every(q[bus]), factor, TLanes.Every(-network.GenerationQ[bus])));
        }
    }

    public override void FillColumns(RadialModel model, SweepBlock block, double[] p, double[] q, int count, int first)
    {
        var (network, order) = (model.Network, model.Order);
        ref var ofP = ref MemoryMarshal.GetArrayDataReference(p);
        ref var ofQ = ref MemoryMarshal.GetArrayDataReference(q);
        for (var k = 0; k < order.Count; k++)
        {
            var bus = order.Buses[k];
            var at = ((nint)bus * count) + first;
            var (loadP, loadQ) = (TLanes.Load(ref ofP, at), TLanes.Load(ref ofQ, at));
            Put(block, k, TLanes.Subtract(loadP, TLanes.Every(network.GenerationP[bus])), TLanes.Subtract(loadQ, TLanes.Every(network.GenerationQ[bus])));
        }
    }

    public override void Solve(RadialModel model, SweepBlock block, double bound, int maxIterations)
    {
        var moving = TLanes.Count;
        for (var iteration = 1; iteration < maxIterations && moving > 0; iteration++)
        {
            var pass = iteration == 1 ? Pass.First : Pass.Next;
            SweepKernel<TVector, TLanes>.Backward(model, block, pass);
            SweepKernel<TVector, TLanes>.Forward(model, block, pass);
            moving -= block.Stop(iteration, bound);
        }
        SweepKernel<TVector, TLanes>.Backward(model, block, Pass.Last);
        block.Judge(model.Order.Sources, model.Slots);
    }

    public override void Settle(RadialModel model, SweepBlock block, bool angles, bool extremes)
    {
        for (var lane = 0; lane < TLanes.Count; lane += TPartLanes.Count) SweepKernel<TPart, TPartLanes>.Settle(model, block, lane, angles, extremes);
    }

    private static void Put(SweepBlock block, nint k, TVector p, TVector q)
    {
        ref var load = ref block.Load.First;
        TLanes.Store(p, ref load, k * 2 * TLanes.Count);
        TLanes.Store(q, ref load, (k * 2 * TLanes.Count) + TLanes.Count);
    }
}
