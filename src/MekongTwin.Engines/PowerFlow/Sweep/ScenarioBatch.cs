namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>Many scenarios of one radial network: what goes in and where the answers go. Arrays belong to the caller.</summary>
public sealed record ScenarioBatch
{
    public required ScenarioLoads Loads { get; init; }

    /// <summary>For each scenario the index of a branch that is opened, −1 for none; null when nothing is opened. What it fed is unserved.</summary>
    public int[]? Opened { get; init; }

    /// <summary>One for each scenario.</summary>
    public required ScenarioResult[] Results { get; init; }

    /// <summary>Voltage magnitudes, pu, scenarios times buses, 0 where unserved; null when they are not wanted.</summary>
    public double[]? Vm { get; init; }

    /// <summary>Voltage angles, rad, likewise.</summary>
    public double[]? Va { get; init; }

    /// <summary>What is kept of all scenarios together; null when it is not wanted.</summary>
    public Extremes? Extremes { get; init; }
}

/// <summary>Extremes over the scenarios of a batch that converged, at served buses and branches; where there were none the lowest is
/// +∞ and the highest −∞. They do not depend on the order of scenarios.</summary>
public sealed class Extremes
{
    public Extremes(Network network)
    {
        LowestVm = Filled.With(network.Buses.Count, double.PositiveInfinity);
        HighestVm = Filled.With(network.Buses.Count, double.NegativeInfinity);
        HighestLoadingPercent = Filled.With(network.Branches.Count, double.NegativeInfinity);
    }

    /// <summary>Of each bus, pu.</summary>
    public double[] LowestVm { get; }

    public double[] HighestVm { get; }

    /// <summary>Of each branch, per cent of the fuller end's rating; NaN for a branch without a rating.</summary>
    public double[] HighestLoadingPercent { get; }

    /// <summary>Takes in what a block has gathered. Lowest of lowest and highest of highest: the order of blocks does not matter.</summary>
    internal void Take(RadialModel model, SweepBlock block)
    {
        var order = model.Order;
        lock (LowestVm)
        {
            for (var k = 0; k < order.Count; k++)
            {
                var (bus, branch) = (order.Buses[k], order.Branches[k]);
                var (lowest, highest, loading) = branch < 0 ? (model.StartSquare[k], model.StartSquare[k], 0) : block.Extremes[k];
                if (lowest > highest) continue;
                LowestVm[bus] = Math.Min(LowestVm[bus], Math.Sqrt(lowest) * model.Scale[k]);
                HighestVm[bus] = Math.Max(HighestVm[bus], Math.Sqrt(highest) * model.Scale[k]);
                if (branch < 0) continue;
                var rated = model.Ends[k].ParentWeight > 0 || model.Ends[k].ChildWeight > 0;
                HighestLoadingPercent[branch] = rated ? Math.Max(HighestLoadingPercent[branch], 100 * Math.Sqrt(loading)) : double.NaN;
            }
        }
    }
}

/// <summary>How a sweep runs.</summary>
public sealed record SweepOptions
{
    public static SweepOptions Default { get; } = new();

    /// <summary>A scenario has converged when no voltage changed by more than this in its last iteration, pu.</summary>
    public double TolerancePu { get; init; } = 1e-8;

    public int MaxIterations { get; init; } = 100;

    /// <summary>Threads to share the blocks of a batch; answers do not depend on it.</summary>
    public int Threads { get; init; } = 1;

    public SimdWidth Width { get; init; } = Simd.Widest;
}
