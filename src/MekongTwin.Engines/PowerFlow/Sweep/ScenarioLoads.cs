namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The constant power each bus draws in each scenario of a batch, pu; what a bus draws by its voltage and what generators
/// bring stays the network's own.</summary>
public abstract class ScenarioLoads
{
    private protected ScenarioLoads(int count) => Count = count;

    /// <summary>Scenarios.</summary>
    public int Count { get; }

    /// <summary>Every scenario its own figures.</summary>
    /// <param name="p">Scenarios times buses, one scenario after the other.</param>
    /// <param name="q">The same, reactive.</param>
    /// <param name="buses">Buses of the network.</param>
    /// <param name="count">Scenarios, the first of the rows; null takes all of them.</param>
    public static ScenarioLoads Rows(double[] p, double[] q, int buses, int? count = null) => new RowLoads(p, q, buses, count ?? (buses == 0 ? 0 : (p.Length + buses - 1) / buses));

    /// <summary>Every scenario its own figures, those of one bus beside each other: the order in which blocks take them.</summary>
    /// <param name="p">Buses times scenarios, one bus after the other.</param>
    /// <param name="q">The same, reactive.</param>
    /// <param name="buses">Buses of the network.</param>
    /// <param name="count">Scenarios.</param>
    public static ScenarioLoads Columns(double[] p, double[] q, int buses, int count) => new ColumnLoads(p, q, buses, count);

    /// <summary>The network's own loads in every scenario: for contingencies.</summary>
    public static ScenarioLoads Same(int count) => new SameLoads(count);

    /// <summary>Shared profiles: a bus draws its base power times its class's factor.</summary>
    /// <param name="p">Base power of each bus.</param>
    /// <param name="q">The same, reactive.</param>
    /// <param name="classOf">Class of each bus.</param>
    /// <param name="factors">Classes times scenarios, one class after the other.</param>
    /// <param name="count">Scenarios.</param>
    public static ScenarioLoads Profiles(double[] p, double[] q, int[] classOf, double[] factors, int count) => new ProfileLoads(p, q, classOf, factors, count);

    /// <summary>Puts the loads of scenarios <paramref name="first"/> to <paramref name="last"/> into a block; lanes beyond take any of them.</summary>
    internal abstract void Fill(SweepWidth width, RadialModel model, SweepBlock block, int first, int last);

    internal abstract void Check(Network network);

    /// <summary>What passes work the loads out from; null when they are put into each block.</summary>
    internal virtual PlacedProfiles? Place(RadialModel model) => null;

    private protected static void Need(bool holds, string message)
    {
        if (!holds) throw new ArgumentException(message);
    }

    private sealed class RowLoads(double[] p, double[] q, int buses, int count) : ScenarioLoads(count)
    {
        internal override void Fill(SweepWidth width, RadialModel model, SweepBlock block, int first, int last)
        {
            var network = model.Network;
            ScenarioRows.Gather(p, first, last, network.GenerationP, model.Places, block.Load.Span, 0, block.Lanes);
            ScenarioRows.Gather(q, first, last, network.GenerationQ, model.Places, block.Load.Span, 1, block.Lanes);
        }

        internal override void Check(Network network) =>
            Need(buses == network.Buses.Count && p.Length == q.Length && Count >= 0 && p.Length >= (long)Count * buses, $"{p.Length} active and {q.Length} reactive powers do not make rows of {network.Buses.Count} buses.");
    }

    private sealed class ColumnLoads(double[] p, double[] q, int buses, int count) : ScenarioLoads(count)
    {
        internal override void Fill(SweepWidth width, RadialModel model, SweepBlock block, int first, int last)
        {
            var (order, network, lanes, filled) = (model.Order, model.Network, block.Lanes, last - first + 1);
            if (filled == lanes)
            {
                width.FillColumns(model, block, p, q, Count, first);
                return;
            }
            for (var k = 0; k < order.Count; k++)
            {
                var bus = order.Buses[k];
                Put(p.AsSpan((bus * Count) + first, filled), network.GenerationP[bus], block.Load.Span.Slice(k * 2 * lanes, lanes));
                Put(q.AsSpan((bus * Count) + first, filled), network.GenerationQ[bus], block.Load.Span.Slice((k * 2 * lanes) + lanes, lanes));
            }
        }

        internal override void Check(Network network) =>
            Need(buses == network.Buses.Count && Count >= 0 && p.Length >= (long)Count * buses && q.Length >= (long)Count * buses, $"{p.Length} active and {q.Length} reactive powers do not make columns of {Count} scenarios for {network.Buses.Count} buses.");

        private static void Put(ReadOnlySpan<double> column, double less, Span<double> lanes)
        {
            column.CopyTo(lanes);
            lanes[column.Length..].Fill(column[^1]);
            if (less == 0) return;
            foreach (ref var value in lanes) value -= less;
        }
    }

    private sealed class SameLoads(int count) : ScenarioLoads(count)
    {
        internal override void Fill(SweepWidth width, RadialModel model, SweepBlock block, int first, int last) => width.FillSame(model, block);

        internal override void Check(Network network)
        {
        }
    }

    private sealed class ProfileLoads(double[] p, double[] q, int[] classOf, double[] factors, int count) : ScenarioLoads(count)
    {
        internal override void Fill(SweepWidth width, RadialModel model, SweepBlock block, int first, int last)
        {
            var classes = factors.Length / Count;
            Span<double> lanes = block.FactorsOf(classes);
            for (var c = 0; c < classes; c++)
            {
                for (var lane = 0; lane < block.Lanes; lane++) lanes[(c * block.Lanes) + lane] = factors[(c * Count) + Math.Min(first + lane, last)];
            }
            if (block.Profiles is null) width.FillProfiles(model, block, p, q, classOf);
        }

        internal override PlacedProfiles? Place(RadialModel model) => model.Order.Count > SweepWidth.MaxPlacesPaired ? new(model, p, q, classOf) : null;

        internal override void Check(Network network)
        {
            var buses = network.Buses.Count;
            Need(p.Length == buses && q.Length == buses && classOf.Length == buses, $"There are {p.Length} active and {q.Length} reactive base powers and {classOf.Length} classes for {buses} buses.");
            Need(Count > 0 && factors.Length % Count == 0, $"{factors.Length} factors do not make classes of {Count} scenarios.");
            foreach (var c in classOf) Need((uint)c < (uint)(factors.Length / Count), $"Class {c} has no factors; there are {factors.Length / Count} classes.");
        }
    }
}
