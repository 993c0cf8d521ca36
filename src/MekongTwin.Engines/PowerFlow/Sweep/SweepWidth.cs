using System.Runtime.Intrinsics;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The sweep at one number of lanes.</summary>
internal abstract class SweepWidth
{
    /// <summary>Places up to which a pair of vectors keeps a block within a core's second cache.</summary>
    private const int MaxPlacesPaired = 2000;

    private static readonly SweepWidth One = new SweepWidth<double, ScalarLanes>();
    private static readonly SweepWidth Four = new SweepWidth<Vector256<double>, Lanes256>();
    private static readonly SweepWidth Eight = new SweepWidth<Pair<Vector256<double>>, PairLanes<Vector256<double>, Lanes256>>();
    private static readonly SweepWidth EightWide = new SweepWidth<Vector512<double>, Lanes512>();
    private static readonly SweepWidth Sixteen = new SweepWidth<Pair<Vector512<double>>, PairLanes<Vector512<double>, Lanes512>>();

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

    /// <summary>From loads to converged flows: every lane stops by itself, so none depends on its neighbours.</summary>
    public abstract void Solve(RadialModel model, SweepBlock block, SweepOptions options);

    /// <summary>From converged flows to voltages and the figures of each lane.</summary>
    public abstract void Settle(RadialModel model, SweepBlock block, bool angles, bool extremes);
}

/// <inheritdoc/>
internal sealed class SweepWidth<TVector, TLanes> : SweepWidth
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
{
    public override int Lanes => TLanes.Count;

    public override void FillSame(RadialModel model, SweepBlock block)
    {
        var (network, order) = (model.Network, model.Order);
        for (var k = 0; k < order.Count; k++)
        {
            var bus = order.Buses[k];
            Put(block, k, TLanes.Every(network.Loads.PowerP[bus] - network.GenerationP[bus]), TLanes.Every(network.Loads.PowerQ[bus] - network.GenerationQ[bus]));
        }
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

    public override void Solve(RadialModel model, SweepBlock block, SweepOptions options)
    {
        Start(model, block);
        // A change of u by e is one of |V| by e/2.
        var bound = 2 * options.TolerancePu;
        var moving = TLanes.Count;
        for (var iteration = 1; iteration <= options.MaxIterations && moving > 0; iteration++)
        {
            SweepKernel<TVector, TLanes>.Backward(model, block, last: false);
            SweepKernel<TVector, TLanes>.Forward(model, block, first: iteration == 1);
            moving -= block.Stop(iteration, bound);
        }
        SweepKernel<TVector, TLanes>.Backward(model, block, last: true);
        block.Judge(model.Order.Sources);
    }

    public override void Settle(RadialModel model, SweepBlock block, bool angles, bool extremes) => SweepKernel<TVector, TLanes>.Settle(model, block, angles, extremes);

    private static void Put(SweepBlock block, nint k, TVector p, TVector q)
    {
        ref var load = ref block.Load.First;
        TLanes.Store(p, ref load, k * 2 * TLanes.Count);
        TLanes.Store(q, ref load, (k * 2 * TLanes.Count) + TLanes.Count);
    }

    /// <summary>A flat start: every voltage that of its source, every flow its load.</summary>
    private static void Start(RadialModel model, SweepBlock block)
    {
        nint lanes = TLanes.Count;
        ref var load = ref block.Load.First;
        ref var flow = ref block.Flow.First;
        ref var state = ref block.State.First;
        for (nint k = 0; k < model.Order.Count; k++)
        {
            var at = k * 2 * lanes;
            TLanes.Store(TLanes.Load(ref load, at), ref flow, at);
            TLanes.Store(TLanes.Load(ref load, at + lanes), ref flow, at + lanes);
            TLanes.Store(TLanes.Every(model.StartSquare[k]), ref state, at);
            TLanes.Store(TLanes.Every(1 / model.StartSquare[k]), ref state, at + lanes);
        }
        block.Release();
    }
}
