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

/// <summary>What a voltage and a loading may be; scenarios outside are counted.</summary>
/// <param name="LowestVm">pu.</param>
/// <param name="HighestVm">pu.</param>
/// <param name="LoadingPercent">Of each branch, per cent of the fuller end's rating.</param>
public sealed record SweepLimits(double LowestVm, double HighestVm, double[] LoadingPercent);

/// <summary>Extremes over the scenarios of a batch that converged, at served buses and branches; where there were none the lowest is
/// +∞ and the highest −∞, but for a source, whose voltage is always the one it holds. They do not depend on the order of scenarios. With limits it is counted, too, how many scenarios were outside.</summary>
public sealed class Extremes
{
    /// <exception cref="ArgumentException">The limits are not of the network's branches.</exception>
    public Extremes(Network network, SweepLimits? limits = null)
    {
        if (limits is not null && limits.LoadingPercent.Length != network.Branches.Count) throw new ArgumentException($"There are limits of {limits.LoadingPercent.Length} branches; the network has {network.Branches.Count}.", nameof(limits));
        Limits = limits;
        (LowestVm, HighestVm, HighestLoadingPercent) = (new double[network.Buses.Count], new double[network.Buses.Count], new double[network.Branches.Count]);
        (Low, High, Over) = (new int[network.Buses.Count], new int[network.Buses.Count], new int[network.Branches.Count]);
        Clear();
    }

    public SweepLimits? Limits { get; }

    /// <summary>Of each bus, pu.</summary>
    public double[] LowestVm { get; }

    public double[] HighestVm { get; }

    /// <summary>Of each branch, per cent of the fuller end's rating; NaN for a branch without a rating.</summary>
    public double[] HighestLoadingPercent { get; }

    /// <summary>Scenarios in which a bus was below the lowest voltage; 0 without limits.</summary>
    public int[] Low { get; }

    /// <summary>Scenarios in which a bus was above the highest voltage.</summary>
    public int[] High { get; }

    /// <summary>Scenarios in which a branch was above its loading.</summary>
    public int[] Over { get; }

    /// <summary>As if nothing had been solved.</summary>
    public void Clear()
    {
        Array.Fill(LowestVm, double.PositiveInfinity);
        Array.Fill(HighestVm, double.NegativeInfinity);
        Array.Fill(HighestLoadingPercent, double.NegativeInfinity);
        Array.Clear(Low);
        Array.Clear(High);
        Array.Clear(Over);
    }

    /// <summary>Takes in what a block has gathered. Lowest of lowest, highest of highest, sums of counts: the order of blocks does not matter.</summary>
    internal void Take(RadialModel model, SweepBlock block)
    {
        var order = model.Order;
        lock (LowestVm)
        {
            for (var k = 0; k < order.Count; k++)
            {
                var (bus, branch) = (order.Buses[k], order.Branches[k]);
                var of = branch < 0 ? new PlaceExtremes(model.StartSquare[k], model.StartSquare[k], 0) : block.Extremes[k];
                if (of.Lowest > of.Highest) continue;
                LowestVm[bus] = Math.Min(LowestVm[bus], Math.Sqrt(of.Lowest) * model.Scale[k]);
                HighestVm[bus] = Math.Max(HighestVm[bus], Math.Sqrt(of.Highest) * model.Scale[k]);
                (Low[bus], High[bus]) = (Low[bus] + of.Low, High[bus] + of.High);
                if (branch < 0) continue;
                var rated = model.Ends[k].ParentWeight > 0 || model.Ends[k].ChildWeight > 0;
                HighestLoadingPercent[branch] = rated ? Math.Max(HighestLoadingPercent[branch], 100 * Math.Sqrt(of.Loading)) : double.NaN;
                Over[branch] += of.Over;
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
