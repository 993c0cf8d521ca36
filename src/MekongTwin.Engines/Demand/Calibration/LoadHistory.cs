namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>What is known of a load before it is measured: rating, its feeder's number (-1: none) and customers in the order of the classes (empty: unknown).</summary>
public readonly record struct LoadFacts(double RatingKva, int Feeder, System.Collections.Immutable.ImmutableArray<int> Customers);

/// <summary>Readings of loads in steps of 15 minutes, kW, one load after the other; NaN where there is none. Each stands for the instant of its step.</summary>
public sealed class LoadHistory
{
    public LoadHistory(DateTime firstStep, int steps, int loads)
    {
        Quarters.Need(firstStep, nameof(firstStep));
        (FirstStep, Steps, Loads, Kw) = (firstStep, steps, loads, new double[steps * loads]);
        Array.Fill(Kw, double.NaN);
    }

    /// <summary>Local time of the first step.</summary>
    public DateTime FirstStep { get; }

    public int Steps { get; }

    public int Loads { get; }

    public double[] Kw { get; }

    public Span<double> Of(int load) => Kw.AsSpan(load * Steps, Steps);

    /// <summary>Puts a reading at the nearest step; outside of the history it is passed over. The later call wins.</summary>
    public void Add(int load, DateTime time, double kw)
    {
        var step = Quarters.Nearest(FirstStep, time);
        if ((uint)step < (uint)Steps) Of(load)[step] = kw;
    }
}
