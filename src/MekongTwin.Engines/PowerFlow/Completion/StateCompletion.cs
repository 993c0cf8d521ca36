using MekongTwin.Engines.PowerFlow.Sweep;

namespace MekongTwin.Engines.PowerFlow.Completion;

/// <summary>
/// Completes the state of a radial grid of which some is measured: every load a power, every bus a voltage, every branch a loading,
/// each with its uncertainty. One pass over the loads shares out what each head says more than is known below it; one backward/forward
/// pass finds losses and voltages; a few of both settle them. After the first one a completion allocates nothing; the same evidence
/// gives the same bits. Not thread-safe.
/// </summary>
public sealed class StateCompletion
{
    /// <summary>Losses beyond this share of what a head measures are not expected before they are known.</summary>
    private const double LossShareMax = 0.15;

    private readonly CompletionOptions options;
    private readonly RadialModel model;
    private readonly int[] busOfLoad;
    private readonly int[] placeOfLoad;
    private readonly int[] feederOfPlace;

    // By place of the sweep.
    private readonly double[] loadP;
    private readonly double[] loadQ;
    private readonly double[] p;
    private readonly double[] q;
    private readonly double[] drop;
    private readonly double[] u;
    private readonly EvidenceSums[] below;
    private readonly PathSums[] path;

    // By feeder.
    private readonly EvidenceSums[] sums;
    private readonly Level[] levels;
    private readonly MeteredSums[] metered;
    private readonly (double P, double Q)[] served;
    private readonly double[] change;

    private StateCompletion(RadialModel model, int[] busOfLoad, CompletionOptions options)
    {
        (this.model, this.busOfLoad, this.options) = (model, busOfLoad, options);
        var (places, feeders) = (model.Order.Count, model.Order.Sources);
        placeOfLoad = Array.ConvertAll(busOfLoad, bus => model.Places[bus] is var place && place < places ? place : -1);
        feederOfPlace = new int[places];
        for (var k = 0; k < places; k++) feederOfPlace[k] = k < feeders ? k : feederOfPlace[model.Order.Parents[k]];
        (loadP, loadQ, p, q, drop, u) = (new double[places], new double[places], new double[places], new double[places], new double[places], new double[places]);
        (below, path) = (new EvidenceSums[places], new PathSums[places]);
        (sums, levels, metered, served, change) = (new EvidenceSums[feeders], new Level[feeders], new MeteredSums[feeders], new (double, double)[feeders], new double[feeders]);
    }

    public Network Network => model.Network;

    public int Loads => busOfLoad.Length;

    public int Feeders => model.Order.Sources;

    /// <param name="network">The grid; its own constant powers are not looked at.</param>
    /// <param name="busOfLoad">Index of each load's bus; several may stand at one.</param>
    /// <param name="reason">Why not, when it is null: in plain words, naming the elements.</param>
    /// <param name="options">What is taken as given.</param>
    public static StateCompletion? Of(Network network, ReadOnlySpan<int> busOfLoad, out string? reason, CompletionOptions? options = null)
    {
        foreach (var bus in busOfLoad) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)bus, (uint)network.Buses.Count, nameof(busOfLoad));
        if (RadialOrder.Of(network, out reason) is not { } order) return null;
        return new(new RadialModel(network, order), busOfLoad.ToArray(), options ?? CompletionOptions.Default);
    }

    /// <summary>Room for a result.</summary>
    public CompletedState MakeState() => new(Loads, Network.Buses.Count, Network.Branches.Count, Feeders);

    /// <exception cref="ArgumentException">Evidence or result are of another size than the grid.</exception>
    public void Complete(LoadEvidence loads, HeadEvidence heads, CompletedState state)
    {
        if (loads.Count != Loads || heads.Count != Feeders || state.P.Length != Loads || state.Vm.Length != Network.Buses.Count || state.Feeders.Length != Feeders) throw new ArgumentException("Evidence and state must be of the grid's size.");
        Gather(loads, heads, state);
        Settle(loads, heads, state);
        if (Judge(heads, state)) Settle(loads, heads, state);
        Tell(loads, heads, state);
    }

    /// <summary>Sums the evidence by feeder and looks which heads can be used at all.</summary>
    private void Gather(LoadEvidence loads, HeadEvidence heads, CompletedState state)
    {
        Array.Clear(sums);
        Array.Clear(metered);
        for (var i = 0; i < placeOfLoad.Length; i++)
        {
            if (placeOfLoad[i] < 0) continue;
            var feeder = feederOfPlace[placeOfLoad[i]];
            sums[feeder].Add(loads, i);
            metered[feeder].Add(loads, i);
        }
        for (var f = 0; f < Feeders; f++)
        {
            state.Feeders[f] = new CompletedFeeder { ResidualP = double.NaN, FullestBranch = -1, LowestBus = model.Order.Buses[f] };
            // Losses are not known yet: of these bounds a head must keep clear whatever they are.
            state.Feeders[f].ExcessP = Excess(f, heads, 0, LossShareMax * Math.Abs(heads.P[f]));
        }
    }

    private void Settle(LoadEvidence loads, HeadEvidence heads, CompletedState state)
    {
        for (var f = 0; f < Feeders; f++)
        {
            var used = state.Feeders[f].ExcessP == 0;
            levels[f] = new Level(options, sums[f], used && !double.IsNaN(heads.P[f]) ? heads.VarianceP[f] : double.PositiveInfinity, used && !double.IsNaN(heads.Q[f]) ? heads.VarianceQ[f] : double.PositiveInfinity);
            (state.Feeders[f].Converged, state.Feeders[f].LossesP, state.Feeders[f].LossesQ) = (false, 0, 0);
        }
        for (var k = 0; k < u.Length; k++)
        {
            var vm = heads.Vm[feederOfPlace[k]];
            u[k] = vm * vm;
        }
        for (var iteration = 1; iteration <= options.MaxIterations; iteration++)
        {
            ShareOut(loads, heads, state);
            Collect();
            var settled = true;
            for (var f = 0; f < Feeders; f++)
            {
                ref var feeder = ref state.Feeders[f];
                var (lossesP, lossesQ) = (p[f] - served[f].P, q[f] - served[f].Q);
                var moved = Math.Max(change[f], Math.Max(Math.Abs(lossesP - feeder.LossesP), Math.Abs(lossesQ - feeder.LossesQ)));
                (feeder.P, feeder.Q, feeder.LossesP, feeder.LossesQ, feeder.Iterations) = (p[f], q[f], lossesP, lossesQ, iteration);
                feeder.Converged = moved <= options.TolerancePu;
                settled &= feeder.Converged || double.IsNaN(moved);
            }
            if (settled) return;
        }
    }

    /// <summary>Gives every load its part of what its head says more than was expected.</summary>
    private void ShareOut(LoadEvidence loads, HeadEvidence heads, CompletedState state)
    {
        for (var f = 0; f < Feeders; f++)
        {
            levels[f].Pull(heads.P[f] - state.Feeders[f].LossesP - sums[f].P, heads.Q[f] - state.Feeders[f].LossesQ - sums[f].Q);
            served[f] = default;
        }
        Array.Clear(loadP);
        Array.Clear(loadQ);
        for (var i = 0; i < placeOfLoad.Length; i++)
        {
            var place = placeOfLoad[i];
            if (place < 0) continue;
            var feeder = feederOfPlace[place];
            var (active, reactive) = (loads.P[i] + levels[feeder].Shift(loads.ShareP[i], 0, loads.VarianceP[i], loads.CovariancePQ[i]), loads.Q[i] + levels[feeder].Shift(0, loads.ShareQ[i], loads.CovariancePQ[i], loads.VarianceQ[i]));
            (state.P[i], state.Q[i]) = (active, reactive);
            (loadP[place], loadQ[place]) = (loadP[place] + active, loadQ[place] + reactive);
            (served[feeder].P, served[feeder].Q) = (served[feeder].P + active, served[feeder].Q + reactive);
        }
    }

    /// <summary>One pass of the sweep: powers inward with their losses, squared voltages outward. See the room's README.</summary>
    private void Collect()
    {
        var (order, sections) = (model.Order, model.Sections);
        for (var k = 0; k < p.Length; k++) (p[k], q[k]) = (loadP[k] + (model.SettledP[k] * u[k]), loadQ[k] + (model.SettledQ[k] * u[k]));
        for (var k = p.Length - 1; k >= order.Sources; k--)
        {
            var (r, x, halfSquare, parent) = (sections[k * RadialModel.SectionLength], sections[(k * RadialModel.SectionLength) + 1], sections[(k * RadialModel.SectionLength) + 2], order.Parents[k]);
            var current = ((p[k] * p[k]) + (q[k] * q[k])) / u[k];
            drop[k] = (r * p[k]) + (x * q[k]) + (halfSquare * current);
            p[parent] += p[k] + (r * current);
            q[parent] += q[k] + (x * current);
        }
        Array.Clear(change);
        for (var k = order.Sources; k < p.Length; k++)
        {
            var next = u[order.Parents[k]] - (2 * drop[k]);
            // A voltage that has collapsed is no number from here on; it spoils its own feeder only.
            if (!(next > 0)) next = double.NaN;
            ref var most = ref change[feederOfPlace[k]];
            most = Math.Max(most, Math.Abs(next - u[k]));
            u[k] = next;
        }
    }

    /// <summary>Holds heads against loads, now that losses are known; true when one is set aside that was used.</summary>
    private bool Judge(HeadEvidence heads, CompletedState state)
    {
        var anew = false;
        for (var f = 0; f < Feeders; f++)
        {
            ref var feeder = ref state.Feeders[f];
            if (feeder.ExcessP != 0 || !feeder.Converged) continue;
            feeder.ExcessP = Excess(f, heads, feeder.LossesP, feeder.LossesP);
            anew |= feeder.ExcessP != 0;
        }
        return anew;
    }

    private double Excess(int f, HeadEvidence heads, double lossesMin, double lossesMax)
    {
        if (double.IsNaN(heads.P[f])) return 0;
        var room = options.ContradictionSd * Math.Sqrt(heads.VarianceP[f] + metered[f].Variance + (options.LevelSd * options.LevelSd * metered[f].Share * metered[f].Share));
        var (least, most) = (metered[f].Least + lossesMin, metered[f].Most + lossesMax);
        return least - heads.P[f] > room ? least - heads.P[f] : most - heads.P[f] < -room ? most - heads.P[f] : 0;
    }

    /// <summary>Everything that follows from powers and voltages, with what is uncertain about it.</summary>
    private void Tell(LoadEvidence loads, HeadEvidence heads, CompletedState state)
    {
        Array.Clear(state.Vm);
        Array.Clear(state.SdVm);
        Array.Clear(state.BranchP);
        Array.Clear(state.BranchQ);
        Array.Fill(state.LoadingPercent, double.NaN);
        Array.Fill(state.SdLoadingPercent, double.NaN);
        TellLoads(loads, state);
        SumBelow(loads);
        TellHeads(heads, state);
        var order = model.Order;
        for (var k = order.Sources; k < p.Length; k++)
        {
            TellVoltage(k, heads, state);
            TellBranch(k, state);
        }
    }

    private void TellLoads(LoadEvidence loads, CompletedState state)
    {
        for (var i = 0; i < placeOfLoad.Length; i++)
        {
            if (placeOfLoad[i] < 0)
            {
                (state.P[i], state.Q[i], state.SdP[i], state.SdQ[i]) = (0, 0, 0, 0);
                continue;
            }
            ref var level = ref levels[feederOfPlace[placeOfLoad[i]]];
            state.SdP[i] = Math.Sqrt(level.Variance(loads.VarianceP[i], loads.ShareP[i], 0, loads.VarianceP[i], loads.CovariancePQ[i]));
            state.SdQ[i] = Math.Sqrt(level.Variance(loads.VarianceQ[i], 0, loads.ShareQ[i], loads.CovariancePQ[i], loads.VarianceQ[i]));
        }
    }

    /// <summary>The evidence of all that hangs on each place.</summary>
    private void SumBelow(LoadEvidence loads)
    {
        Array.Clear(below);
        for (var i = 0; i < placeOfLoad.Length; i++)
        {
            if (placeOfLoad[i] >= 0) below[placeOfLoad[i]].Add(loads, i);
        }
        for (var k = below.Length - 1; k >= model.Order.Sources; k--) below[model.Order.Parents[k]].Add(below[k]);
    }

    private void TellHeads(HeadEvidence heads, CompletedState state)
    {
        for (var f = 0; f < Feeders; f++)
        {
            ref var feeder = ref state.Feeders[f];
            ref var all = ref below[f];
            path[f] = default;
            feeder.SdP = Math.Sqrt(levels[f].Variance(all.VarianceP, all.ShareP, 0, all.VarianceP, all.CovariancePQ));
            feeder.SdQ = Math.Sqrt(levels[f].Variance(all.VarianceQ, 0, all.ShareQ, all.CovariancePQ, all.VarianceQ));
            (feeder.MeteredP, feeder.ResidualP) = (metered[f].P, heads.P[f] - feeder.P);
            var bus = model.Order.Buses[f];
            (state.Vm[bus], state.SdVm[bus]) = (heads.Vm[f], Math.Sqrt(heads.VarianceVm[f]));
        }
    }

    private void TellVoltage(int k, HeadEvidence heads, CompletedState state)
    {
        var (order, f) = (model.Order, feederOfPlace[k]);
        path[k] = path[order.Parents[k]];
        path[k].Add(model.Sections[k * RadialModel.SectionLength], model.Sections[(k * RadialModel.SectionLength) + 1], below[k]);
        var variance = levels[f].Variance(path[k].Square, path[k].ShareP, path[k].ShareQ, path[k].VarianceP, path[k].VarianceQ);
        var (bus, head) = (order.Buses[k], heads.Vm[f]);
        state.Vm[bus] = Math.Sqrt(u[k]) * model.Scale[k];
        state.SdVm[bus] = model.Scale[k] * Math.Sqrt(((head * head * heads.VarianceVm[f]) + variance) / u[k]);
        ref var feeder = ref state.Feeders[f];
        if (IsOfHead(bus, f) && state.Vm[bus] < state.Vm[feeder.LowestBus]) feeder.LowestBus = bus;
    }

    private void TellBranch(int k, CompletedState state)
    {
        var (order, f, ends) = (model.Order, feederOfPlace[k], model.Ends[k]);
        var (branch, parent) = (order.Branches[k], order.Parents[k]);
        var current = ((p[k] * p[k]) + (q[k] * q[k])) / u[k];
        var (enteringP, enteringQ) = (p[k] + (model.Sections[k * RadialModel.SectionLength] * current), q[k] + (model.Sections[(k * RadialModel.SectionLength) + 1] * current));
        (state.BranchP[branch], state.BranchQ[branch]) = (enteringP, enteringQ);
        var (parentWeight, childWeight) = model.ByCurrent ? (ends.ParentWeight / u[parent], ends.ChildWeight / u[k]) : (ends.ParentWeight, ends.ChildWeight);
        var weight = Math.Max(parentWeight, childWeight);
        if (weight == 0) return;
        var (atParent, atChild) = (((enteringP * enteringP) + (enteringQ * enteringQ)) * parentWeight, ((p[k] * p[k]) + (q[k] * q[k])) * childWeight);
        state.LoadingPercent[branch] = 100 * Math.Sqrt(Math.Max(atParent, atChild));
        // |S| moves with P and Q as they stand to it; without a flow every direction counts.
        var apparent = Math.Sqrt((p[k] * p[k]) + (q[k] * q[k]));
        var (a, b) = apparent > 0 ? (p[k] / apparent, q[k] / apparent) : (1, 1);
        ref var on = ref below[k];
        var variance = levels[f].Variance((a * a * on.VarianceP) + (2 * a * b * on.CovariancePQ) + (b * b * on.VarianceQ), a * on.ShareP, b * on.ShareQ, (a * on.VarianceP) + (b * on.CovariancePQ), (a * on.CovariancePQ) + (b * on.VarianceQ));
        // A current is as uncertain as its voltage besides.
        var voltage = model.ByCurrent ? state.LoadingPercent[branch] * state.SdVm[order.Buses[k]] / state.Vm[order.Buses[k]] : 0;
        state.SdLoadingPercent[branch] = Math.Sqrt((10_000 * variance * weight) + (voltage * voltage));
        ref var feeder = ref state.Feeders[f];
        if (IsOfHead(order.Buses[k], f) && (feeder.FullestBranch < 0 || state.LoadingPercent[branch] > state.LoadingPercent[feeder.FullestBranch])) feeder.FullestBranch = branch;
    }

    private bool IsOfHead(int bus, int feeder) => Network.Buses.NominalKv[bus] == Network.Buses.NominalKv[model.Order.Buses[feeder]];

    /// <summary>What the metered loads of a feeder come to, and what the others may.</summary>
    private struct MeteredSums
    {
        public double P;
        public double Variance;
        public double Share;
        public double Least;
        public double Most;

        public void Add(LoadEvidence loads, int i)
        {
            var known = loads.Metered[i];
            Least += known ? loads.P[i] : loads.LeastP[i];
            Most += known ? loads.P[i] : loads.MostP[i];
            if (!known) return;
            P += loads.P[i];
            Variance += loads.VarianceP[i];
            Share += loads.ShareP[i];
        }
    }

    /// <summary>Sums of a voltage's dependence on the loads, <c>Σ Rₖⱼpⱼ + Xₖⱼqⱼ</c>, gathered along the way from the head.</summary>
    private struct PathSums
    {
        public double Square;
        public double ShareP;
        public double ShareQ;
        public double VarianceP;
        public double VarianceQ;

        /// <summary>Impedance from the head.</summary>
        private double r;
        private double x;

        public void Add(double sectionR, double sectionX, in EvidenceSums below)
        {
            var (nextR, nextX) = (r + sectionR, x + sectionX);
            Square += (((nextR * nextR) - (r * r)) * below.VarianceP) + (2 * ((nextR * nextX) - (r * x)) * below.CovariancePQ) + (((nextX * nextX) - (x * x)) * below.VarianceQ);
            ShareP += sectionR * below.ShareP;
            ShareQ += sectionX * below.ShareQ;
            VarianceP += (sectionR * below.VarianceP) + (sectionX * below.CovariancePQ);
            VarianceQ += (sectionR * below.CovariancePQ) + (sectionX * below.VarianceQ);
            (r, x) = (nextR, nextX);
        }
    }
}
