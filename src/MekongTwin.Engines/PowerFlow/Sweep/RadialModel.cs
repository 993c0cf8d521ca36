namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The constants of a radial network in the order of its sweep, referred to its sources: voltages are divided by the product
/// of the turns ratios on the way, which makes every transformer a plain series impedance and leaves powers as they are.</summary>
internal sealed class RadialModel
{
    /// <summary>Doubles a place takes in <see cref="Sections"/>: r, x, |z|²/2 and the larger of |r| and |x|.</summary>
    public const int SectionLength = 4;

    public RadialModel(Network network, RadialOrder order)
    {
        (Network, Order) = (network, order);
        var n = order.Count;
        (Sections, Scale, ShiftRad) = (new double[n * SectionLength], new double[n], new double[n]);
        (StartSquare, StartReciprocal) = (new double[n], new double[n]);
        (SquareP, SquareQ, LinearP, LinearQ) = (new double[n], new double[n], new double[n], new double[n]);
        (SettledP, SettledQ, Ends, Places) = (new double[n], new double[n], new BranchEnds[n], Filled.With(network.Buses.Count, n));
        OwnLoad = new double[2 * n];
        for (var k = 0; k < n; k++)
        {
            if (order.Parents[k] < 0) PlaceSource(k);
            else PlaceBranch(k, order.Parents[k], order.Branches[k]);
        }
        for (var k = n - 1; k >= 0; k--) PlaceLoad(k);
        (Slots, RingLength) = Ring(order);
        ByCurrent = network.LoadingBy == LoadingBy.Current;
        DrawsByVoltage = [.. Enumerable.Range(0, n).Select(k => SquareP[k] != 0 || SquareQ[k] != 0 || LinearP[k] != 0 || LinearQ[k] != 0)];
        IsPowerOnly = !DrawsByVoltage.AsSpan().Contains(true);
    }

    public Network Network { get; }

    public RadialOrder Order { get; }

    /// <summary>Where in the ring each place hands things to its parent or children, in vectors; no slot is taken again before its place is done with.</summary>
    public int[] Slots { get; }

    /// <summary>Length of the ring in vectors.</summary>
    public int RingLength { get; }

    /// <summary>Series impedance of the branch that feeds each place; 0 at a source.</summary>
    public double[] Sections { get; }

    /// <summary>Voltage of each place is its referred voltage times this.</summary>
    public double[] Scale { get; }

    /// <summary>Angle by which the branch's phase shift delays a place, rad; at a source its angle held, negative.</summary>
    public double[] ShiftRad { get; }

    /// <summary>Square of the voltage of the source that feeds each place, pu.</summary>
    public double[] StartSquare { get; }

    public double[] StartReciprocal { get; }

    /// <summary>Power drawn per referred voltage squared: shunts, constant impedance, the far half of the feeding branch's own shunt
    /// (its near half is drawn at the parent, while the branch is closed).</summary>
    public double[] SquareP { get; }

    public double[] SquareQ { get; }

    /// <summary>Power drawn per referred voltage: constant current.</summary>
    public double[] LinearP { get; }

    public double[] LinearQ { get; }

    /// <summary>Places of which one of these four is not 0.</summary>
    public bool[] DrawsByVoltage { get; }

    /// <summary><see cref="SquareP"/> with what the near halves of outgoing branches draw.</summary>
    public double[] SettledP { get; }

    public double[] SettledQ { get; }

    /// <summary>Constant power that the network itself draws at each place less what generators bring: P, then Q.</summary>
    public double[] OwnLoad { get; }

    /// <summary>Place of each bus; one past the last for an unserved bus.</summary>
    public int[] Places { get; }

    /// <summary>What the loading of the branch that feeds each place needs.</summary>
    public BranchEnds[] Ends { get; }

    /// <summary>True when ratings limit current, not apparent power.</summary>
    public bool ByCurrent { get; }

    /// <summary>True when no load, shunt or branch draws by voltage.</summary>
    public bool IsPowerOnly { get; }

    /// <summary>The place that a branch feeds; −1 for one that feeds none.</summary>
    public int PlaceFedBy(int branch)
    {
        if (branch < 0) return -1;
        var (from, to) = (Places[Network.Branches.From[branch]], Places[Network.Branches.To[branch]]);
        if (to < Order.Count && Order.Branches[to] == branch) return to;
        return from < Order.Count && Order.Branches[from] == branch ? from : -1;
    }

    private static (int[] Slots, int Length) Ring(RadialOrder order)
    {
        const int Vectors = 4;
        var reach = order.Sources;
        for (var k = order.Sources; k < order.Count; k++) reach = Math.Max(reach, k - order.Parents[k] + 1);
        var slots = new int[order.Count];
        for (var k = 0; k < order.Count; k++) slots[k] = k % reach * Vectors;
        return (slots, reach * Vectors);
    }

    private void PlaceSource(int k)
    {
        var bus = Order.Buses[k];
        StartSquare[k] = Network.SetVm[bus] * Network.SetVm[bus];
        StartReciprocal[k] = 1 / StartSquare[k];
        Scale[k] = 1;
        ShiftRad[k] = -Network.Buses.StartVa[bus];
    }

    private void PlaceBranch(int k, int parent, int branch)
    {
        var branches = Network.Branches;
        var forward = branches.From[branch] == Order.Buses[parent];
        var ratio = branches.Ratio[branch];
        Scale[k] = forward ? Scale[parent] / ratio : Scale[parent] * ratio;
        ShiftRad[k] = forward ? branches.ShiftRad[branch] : -branches.ShiftRad[branch];
        (StartSquare[k], StartReciprocal[k]) = (StartSquare[parent], StartReciprocal[parent]);
        // The section stands on the to side of the ideal transformer.
        var scale = forward ? Scale[k] : Scale[parent];
        var square = scale * scale;
        var (r, x) = (branches.R[branch] / square, branches.X[branch] / square);
        var section = Sections.AsSpan(k * SectionLength, SectionLength);
        (section[0], section[1], section[2], section[3]) = (r, x, ((r * r) + (x * x)) / 2, Math.Max(Math.Abs(r), Math.Abs(x)));
        var (halfG, halfB) = (branches.G[branch] / 2 * square, branches.B[branch] / 2 * square);
        var (parentRating, childRating) = forward ? (branches.RatingFrom[branch], branches.RatingTo[branch]) : (branches.RatingTo[branch], branches.RatingFrom[branch]);
        var byCurrent = Network.LoadingBy == LoadingBy.Current;
        Ends[k] = new BranchEnds(halfG, -halfB, Weight(parentRating, Scale[parent]), Weight(childRating, Scale[k]));

        double Weight(double rating, double voltage) => rating == 0 ? 0 : 1 / (rating * rating * (byCurrent ? voltage * voltage : 1));
    }

    private void PlaceLoad(int k)
    {
        var (bus, scale) = (Order.Buses[k], Scale[k]);
        var (loads, buses) = (Network.Loads, Network.Buses);
        Places[bus] = k;
        (OwnLoad[2 * k], OwnLoad[(2 * k) + 1]) = (loads.PowerP[bus] - Network.GenerationP[bus], loads.PowerQ[bus] - Network.GenerationQ[bus]);
        SquareP[k] = Ends[k].ShuntP + ((loads.ImpedanceP[bus] + buses.ShuntG[bus]) * scale * scale);
        SquareQ[k] = Ends[k].ShuntQ + ((loads.ImpedanceQ[bus] - buses.ShuntB[bus]) * scale * scale);
        (SettledP[k], SettledQ[k]) = (SettledP[k] + SquareP[k], SettledQ[k] + SquareQ[k]);
        LinearP[k] = loads.CurrentP[bus] * scale;
        LinearQ[k] = loads.CurrentQ[bus] * scale;
        if (Order.Parents[k] is var parent and >= 0) (SettledP[parent], SettledQ[parent]) = (SettledP[parent] + Ends[k].ShuntP, SettledQ[parent] + Ends[k].ShuntQ);
    }
}

/// <summary>The ends of a branch as a sweep sees them: at the parent and at the child.</summary>
/// <param name="ShuntP">Power each end's half of the branch's shunt draws per referred voltage squared.</param>
/// <param name="ShuntQ">Reactive likewise.</param>
/// <param name="ParentWeight">1/rating² at the parent, for loading by current also of the referred voltage's scale; 0 without a rating.</param>
/// <param name="ChildWeight">The same at the child.</param>
internal readonly record struct BranchEnds(double ShuntP, double ShuntQ, double ParentWeight, double ChildWeight)
{
    public bool HasShunt => ShuntP != 0 || ShuntQ != 0;
}
