namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>How a load came to its weights.</summary>
public enum LoadSource
{
    /// <summary>By its own readings.</summary>
    Measured,

    /// <summary>By its customers, at the level of its class and feeder: it has no readings, or too few.</summary>
    Estimated,
}

/// <summary>How a load was calibrated.</summary>
/// <param name="Source">By what.</param>
/// <param name="Readings">Readings used.</param>
/// <param name="Outliers">Readings that were taken for none.</param>
/// <param name="KwpPv">Rooftop PV that its readings tell of, kWp.</param>
public readonly record struct LoadQuality(LoadSource Source, int Readings, int Outliers, double KwpPv);

/// <summary>The demand of a city as its meters tell it: the model, the weights of its loads, and how sure they are.</summary>
public sealed class CalibratedDemand
{
    /// <summary>How far, in shares of what is expected, 90 % of the loads may be off on a kind of day that was not seen. Assumed.</summary>
    private const double UnseenShare = 0.25;

    /// <summary>Kilowatts below and above what is expected between which 90 % are believed to fall: loads × parts of the day.</summary>
    private readonly double[] belowKw;
    private readonly double[] aboveKw;

    /// <summary>For loads without readings: the same as factors of what is expected.</summary>
    private readonly (double Low, double High)[] factors;

    /// <summary>Kinds of days that the readings were of; on others the classes go as assumed.</summary>
    private readonly bool[] seen;

    internal CalibratedDemand(DemandModel model, FactorLoads loads, LoadQuality[] quality, double[] belowKw, double[] aboveKw, (double Low, double High)[] factors, bool[] seen) =>
        (Model, Loads, Quality, this.belowKw, this.aboveKw, this.factors, this.seen) = (model, loads, quality, belowKw, aboveKw, factors, seen);

    /// <summary>The model with the shapes, slopes and inertia that were learnt: <see cref="DemandModel.Series"/> makes the factors of any weather.</summary>
    public DemandModel Model { get; }

    public FactorLoads Loads { get; }

    public LoadQuality[] Quality { get; }

    /// <summary>What to expect of a load over a series, kW, with the ends of the band that 90 % of its readings fall into. Spans are as long as the series.</summary>
    /// <exception cref="ArgumentException">A span is of another length, or the series of other factors.</exception>
    public void Predict(int load, FactorSeries series, Span<double> p5, Span<double> p50, Span<double> p95)
    {
        if (p5.Length != p50.Length || p95.Length != p50.Length) throw new ArgumentException("The ends of the band are as long as the middle.", nameof(p5));
        Span<double> kvar = p5;
        Loads.Fill(series, load, 0, p50, kvar);
        var first = Quarters.OfDay(series.FirstStep);
        for (var step = 0; step < p50.Length; step++)
        {
            var at = (load * LoadFit.Parts) + ((step + first) % Quarters.ADay * LoadFit.Parts / Quarters.ADay);
            var (low, high) = Quality[load].Source == LoadSource.Measured
                ? (p50[step] + belowKw[at], p50[step] + aboveKw[at])
                : (p50[step] * factors[load].Low, p50[step] * factors[load].High);
            if (!seen[(int)Model.Calendar.KindOf(DateOnly.FromDateTime(Quarters.At(series.FirstStep, step)))])
            {
                (low, high) = (p50[step] - double.Hypot(p50[step] - low, UnseenShare * p50[step]), p50[step] + double.Hypot(high - p50[step], UnseenShare * p50[step]));
            }
            (p5[step], p95[step]) = (Math.Min(low, high), Math.Max(low, high));
        }
    }
}
