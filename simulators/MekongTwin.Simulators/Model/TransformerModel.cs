using MekongTwin.Simulators.Cities;

namespace MekongTwin.Simulators.Model;

/// <summary>
/// One distribution transformer with what never changes about it under a seed. <see cref="ClassKw"/> is its customers' peak
/// without cooling by class; <see cref="Node"/> is where it truly hangs, which the folder does not always know.
/// </summary>
internal sealed record TransformerModel(string Id, double RatingKva, int Node, double[] ClassKw, double ReactiveShare, double PvKwp, double Households, bool IsOwned, Noise Noise)
{
    /// <summary>Losses at rated voltage as shares of the rating: without load, and at full load (typical of 22/0.4 kV, assumed).</summary>
    private const double NoLoadShare = 0.0018;
    private const double FullLoadShare = 0.0115;

    private const double MagnetisingShare = 0.012;
    private const double ResistancePu = 0.0115;
    private const double ReactancePu = 0.038;
    private const double NominalV = 230;

    /// <summary>Its tap lifts the low voltage a little over the busbar's.</summary>
    private const double Tap = 1.02;

    /// <summary>Spread of the loadings: a log-normal's sigma. Some transformers are far too small for what hangs on them.</summary>
    private const double LoadingSigma = 0.38;
    private const double LoadingMax = 2.6;

    /// <summary>Customers' own transformers are chosen more amply.</summary>
    private const double OwnedLoading = 0.92;

    private const double KwpPerHousehold = 0.06;

    public static TransformerModel Make(TransformerFile file, string city, int node, long seed, double meanLoading)
    {
        var noise = Noise.For(seed, $"{city}/{file.Id}");
        var customers = file.Customers?.ByClass ?? [("household", 1)];
        var classKw = new double[CustomerClass.All.Count];
        foreach (var (name, count) in customers) classKw[CustomerClass.IndexOf(name)] += count * CustomerClass.All[CustomerClass.IndexOf(name)].KwPerCustomer;
        var households = customers.Where(pair => pair.Class == "household").Sum(pair => (double)pair.Count);
        var isOwned = households == 0 && customers.Sum(pair => pair.Count) == 1;
        // The sum of twelve uniform numbers less six is nearly normal.
        var normal = Enumerable.Range(20, 12).Sum(noise.Constant) - 6;
        var peakKw = file.RatingKva * meanLoading * (isOwned ? OwnedLoading : 1) * Math.Min(LoadingMax, Math.Exp(LoadingSigma * normal));
        var sum = classKw.Sum();
        if (sum > 0) for (var i = 0; i < classKw.Length; i++) classKw[i] *= peakKw / sum;
        var powerFactor = 0.015 * (2 * noise.Constant(2) - 1) + (sum > 0 ? classKw.Select((kw, i) => kw * CustomerClass.All[i].PowerFactor).Sum() / peakKw : 0.95);
        var pvKwp = isOwned ? (noise.Constant(3) < 0.2 ? file.RatingKva * (0.2 + 0.3 * noise.Constant(4)) : 0) : households * KwpPerHousehold * 2 * noise.Constant(4);
        return new(file.Id, file.RatingKva, node, classKw, Math.Sqrt(1 / (powerFactor * powerFactor) - 1), pvKwp, households, isOwned, noise);
    }

    /// <summary>What its customers take, kW, before rooftop PV.</summary>
    public double LoadKw(Moment moment)
    {
        var kw = 0.0;
        for (var i = 0; i < ClassKw.Length; i++) kw += ClassKw[i] * moment.Shares[i];
        return kw * (1 + 0.10 * Noise.Layered(moment.TimeMs, 5)) + Households * moment.VehicleKwPerHousehold;
    }

    /// <summary>Losses inside, kW and kvar, with an apparent power at its terminals.</summary>
    public (double Kw, double Kvar) Losses(double kw, double kvar)
    {
        var loading = (kw * kw + kvar * kvar) / (RatingKva * RatingKva);
        return (RatingKva * (NoLoadShare + FullLoadShare * loading), RatingKva * (MagnetisingShare + ReactancePu * loading));
    }

    /// <summary>Voltage at the terminals, V between phase and neutral, with so much at the node (1 is nominal).</summary>
    public double LowVoltageV(double nodePu, double kw, double kvar) =>
        NominalV * (Tap * nodePu - (ResistancePu * kw + ReactancePu * kvar) / RatingKva / nodePu);
}
