namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>The memory of one block: as many scenarios as a vector has lanes, place by place, lanes side by side.</summary>
/// <param name="places">Places of the sweep and one more, for unserved buses.</param>
/// <param name="ring">Length of <see cref="RadialModel.Slots"/>' ring.</param>
/// <param name="lanes">Scenarios.</param>
/// <param name="isPowerOnly">Nothing is drawn by voltage.</param>
internal sealed class SweepBlock(int places, int ring, int lanes, bool isPowerOnly)
{
    public int Lanes { get; } = lanes;

    /// <summary>Constant power drawn: P then Q of each place. After the last pass back what enters the branch that feeds it; after
    /// <see cref="SweepKernel{TVector,TLanes}.Settle"/> angle and magnitude.</summary>
    public Aligned Load { get; } = new(places * 2 * lanes);

    /// <summary>Half the drop of the voltage squared, then the reciprocal of the voltage squared.</summary>
    public Aligned State { get; } = new(places * 2 * lanes);

    /// <summary>Voltage squared, where something is drawn by it.</summary>
    public Aligned Square { get; } = new(isPowerOnly ? 0 : places * lanes);

    /// <summary>What is handed to or from the parent, by <see cref="RadialModel.Slots"/>.</summary>
    public Aligned Ring { get; } = new(ring * lanes);

    /// <summary>All bits set where a lane's place is served, none where an opened branch took its source; only where <see cref="HasOutages"/>.</summary>
    public Aligned Served { get; private set; } = new(0);

    public bool HasOutages { get; private set; }

    /// <summary>All bits set in lanes that still move.</summary>
    public Aligned Live { get; } = new(lanes);

    /// <summary>Largest relative change of a voltage squared in the last iteration.</summary>
    public Aligned Peak { get; } = new(lanes);

    public Aligned LossesP { get; } = new(lanes);

    public Aligned LossesQ { get; } = new(lanes);

    /// <summary>Largest mismatch of a place, pu.</summary>
    public Aligned Residual { get; } = new(lanes);

    public Aligned LowestVm { get; } = new(lanes);

    /// <summary>All bits set in lanes whose figures count for the extremes.</summary>
    public Aligned Counted { get; } = new(lanes);

    /// <summary>Passes there and back of each lane, the settling one included.</summary>
    public int[] Iterations { get; } = new int[lanes];

    public bool[] Converged { get; } = new bool[lanes];

    private readonly double[] previous = new double[lanes];

    private readonly Trust[] trust = new Trust[lanes];

    /// <summary>Keep the mismatch of each place (in place of h) for naming the worst.</summary>
    public bool KeepsMismatches { get; set; }

    /// <summary>Where the passes work the loads out; null when they are in <see cref="Load"/>.</summary>
    public PlacedProfiles? Profiles { get; set; }

    /// <summary>Factors of this block's scenarios, class by class.</summary>
    public Aligned Factors { get; private set; } = new(0);

    /// <summary>Scenarios that the lanes hold; those beyond are the last one again.</summary>
    public int Filled { get; set; } = lanes;

    /// <summary>Over the blocks kept so far, of each place.</summary>
    public PlaceExtremes[] Extremes { get; private set; } = [];

    /// <summary>The same with the block that is being settled: <see cref="Keep"/> makes it so once its lanes have proved their voltages.</summary>
    public PlaceExtremes[] Tentative { get; private set; } = [];

    /// <summary>Of each place; those that nothing can be outside of where there are none.</summary>
    public PlaceLimits[] Limits { get; private set; } = [];

    /// <summary>Room for the factors of so many classes.</summary>
    public Span<double> FactorsOf(int classes)
    {
        if (Factors.Length < classes * Lanes) Factors = new Aligned(classes * Lanes);
        return Factors.Span;
    }

    /// <summary>Begins to gather extremes, and counts what is outside the limits.</summary>
    public void ClearExtremes(RadialModel model, SweepLimits? limits)
    {
        if (Extremes.Length == 0) (Extremes, Tentative, Limits) = (new PlaceExtremes[places], new PlaceExtremes[places], new PlaceLimits[places]);
        Array.Fill(Extremes, PlaceExtremes.None);
        if (limits is null)
        {
            Array.Fill(Limits, PlaceLimits.None);
            return;
        }
        for (var k = 0; k < model.Order.Count; k++)
        {
            var branch = model.Order.Branches[k];
            double Referred(double vm) => vm / model.Scale[k] * (vm / model.Scale[k]);
            Limits[k] = new(Referred(limits.LowestVm), Referred(limits.HighestVm), branch < 0 ? double.PositiveInfinity : limits.LoadingPercent[branch] / 100 * (limits.LoadingPercent[branch] / 100));
        }
    }

    /// <summary>Keeps what the last settling found.</summary>
    public void Keep() => (Extremes, Tentative) = (Tentative, Extremes);

    /// <summary>Opens a branch for each lane of a filled block: what it fed draws nothing.</summary>
    public void Open(RadialModel model, ReadOnlySpan<int> branches, int first, int last)
    {
        HasOutages = false;
        for (var lane = 0; lane < Lanes; lane++)
        {
            var place = model.PlaceFedBy(branches[Math.Min(first + lane, last)]);
            if (place < 0) continue;
            if (!HasOutages) ServeAll();
            var order = model.Order;
            foreach (var k in order.ByEntry.AsSpan(order.Entry[place], order.Size[place]))
            {
                Load.Span[(k * 2 * Lanes) + lane] = 0;
                Load.Span[(k * 2 * Lanes) + Lanes + lane] = 0;
                Served.Span[(k * Lanes) + lane] = 0;
            }
        }
    }

    public void CloseAll() => HasOutages = false;

    /// <summary>A filled block starts: all lanes move, all are trusted.</summary>
    public void Start()
    {
        Array.Clear(trust);
        Restart();
    }

    /// <summary>All lanes move again.</summary>
    public void Restart()
    {
        Live.Span.Fill(AllBits);
        Array.Clear(Converged);
        Array.Clear(Iterations);
    }

    /// <summary>Stops the lanes that may settle or have left the range in which the sweep works; how many.</summary>
    /// <remarks>Changes fall by a nearly constant factor from pass to pass, so the next one can be foretold; the settling pass checks it.</remarks>
    public int Stop(int iteration, double bound)
    {
        const double Caution = 0.5;
        var stopped = 0;
        var live = Live.Span;
        var peak = Peak.Span;
        for (var lane = 0; lane < Lanes; lane++)
        {
            if (live[lane] == 0) continue;
            var (now, before) = (peak[lane], previous[lane]);
            previous[lane] = now;
            Iterations[lane] = iteration + 1;
            Converged[lane] = trust[lane] != Trust.None && (now <= bound || (iteration > 1 && trust[lane] == Trust.Full && now * now <= Caution * bound * before));
            // A change as large as the voltage itself is a collapse, and takes the reciprocal with it.
            if (!Converged[lane] && now < 1) continue;
            live[lane] = 0;
            stopped++;
        }
        return stopped;
    }

    /// <summary>After settling: whether a lane's last change was larger than its end allows, so that the block has to be solved again
    /// with less trust in it.</summary>
    public bool SettledTooEarly(double bound)
    {
        var again = false;
        for (var lane = 0; lane < Lanes; lane++)
        {
            if (!Converged[lane] || (Peak.Span[lane] <= bound && double.IsFinite(Residual.Span[lane]))) continue;
            trust[lane]++;
            again = true;
        }
        return again;
    }

    /// <summary>After the last pass back: a lane that has left the numbers anywhere shows it at a source.</summary>
    public void Judge(int sources, ReadOnlySpan<int> slots)
    {
        KeepsMismatches = false;
        for (var lane = 0; lane < Lanes; lane++)
        {
            for (var k = 0; k < sources; k++) Converged[lane] &= double.IsFinite(Ring.Span[(slots[k] * Lanes) + lane]) && double.IsFinite(Ring.Span[((slots[k] + 1) * Lanes) + lane]);
            Counted.Span[lane] = Converged[lane] && lane < Filled ? AllBits : 0;
            KeepsMismatches |= !Converged[lane];
        }
    }

    /// <summary>Place with the largest mismatch of a lane, after settling with <see cref="KeepsMismatches"/>; one that is not a number is the largest.</summary>
    public int Worst(int lane, int sources)
    {
        var (worst, most) = (-1, -1.0);
        for (var k = sources; k < places - 1; k++)
        {
            var mismatch = State.Span[(k * 2 * Lanes) + lane];
            if (double.IsNaN(mismatch)) return k;
            if (mismatch > most) (worst, most) = (k, mismatch);
        }
        return worst;
    }

    private static double AllBits => BitConverter.Int64BitsToDouble(-1);

    private void ServeAll()
    {
        HasOutages = true;
        if (Served.Length == 0) Served = new Aligned(places * Lanes);
        Served.Span.Fill(AllBits);
    }
}

/// <summary>Of a place over some scenarios: the lowest and highest voltage squared (referred), the highest loading squared, and how many were outside the limits.</summary>
internal record struct PlaceExtremes(double Lowest, double Highest, double Loading, int Low = 0, int High = 0, int Over = 0)
{
    public static PlaceExtremes None { get; } = new(double.PositiveInfinity, double.NegativeInfinity, double.NegativeInfinity);
}

/// <summary>What a place's voltage squared (referred) and loading squared may be.</summary>
internal readonly record struct PlaceLimits(double Lowest, double Highest, double Loading)
{
    public static PlaceLimits None { get; } = new(double.NegativeInfinity, double.PositiveInfinity, double.PositiveInfinity);
}

/// <summary>What it takes for a lane to stop.</summary>
internal enum Trust : byte
{
    /// <summary>That its next change is foretold below the tolerance.</summary>
    Full,

    /// <summary>It settled too early: that its last change was below the tolerance.</summary>
    Cautious,

    /// <summary>It settled too early again: it does not converge.</summary>
    None,
}
