using System.Collections.Immutable;
using MekongTwin.Domain.Assets;
using MekongTwin.Engines.Demand;

namespace MekongTwin.Engines.PowerFlow.Completion;

/// <summary>The last that was heard of a load: kW and kvar (NaN: nothing), hours ago, and whether it still holds.</summary>
public readonly record struct LoadReading(double Kw, double Kvar, double AgeHours, bool Holds)
{
    public static LoadReading None { get; } = new(double.NaN, double.NaN, 0, false);
}

/// <summary>
/// What to expect of a transformer's load, from its rating, its customers by class and the last that was heard of it. Spreads are
/// assumed; the room's README lists them.
/// </summary>
public sealed class LoadExpectation
{
    /// <summary>A meter of class 0.5 errs within ± 0.5 %, evenly: that over √3.</summary>
    public const double MeterSd = 0.005 / 1.7320508075688772;

    /// <summary>Growth of the spread of what was read once, a share of it for the root of an hour.</summary>
    private const double DriftPerRootHour = 0.15;

    /// <summary>How much of what was read once moves with its feeder, a share of it an hour.</summary>
    private const double SharePerHour = 0.2;

    /// <summary>Spread of what was read too long ago to say more than the size.</summary>
    private const double SizeSpread = 0.3;

    /// <summary>Spread of transformers of the same customers against each other.</summary>
    private const double KindSpread = 0.4;

    /// <summary>Reactive power of the same kind of load against its active power, of its size.</summary>
    private const double ReactiveSpread = 0.1;

    /// <summary>Loading that customers are believed to make, as shares of the rating.</summary>
    private const double LoadingMin = 0.05;
    private const double LoadingMax = 0.9;

    /// <summary>Loading of a transformer whose customers are not known.</summary>
    private const double LoadingUnknown = 0.35;

    /// <summary>Bounds of what is not metered: roofs feeding back by day, and overload.</summary>
    private const double FeedBack = 0.2;
    private const double Overload = 1.5;

    private readonly double ratingKva;
    private readonly double meanKw;
    private readonly double ownVariance;
    private readonly double tangent;
    private readonly (CustomerProfile Profile, double Share)[] mix;

    /// <param name="ratingKva">Rated apparent power.</param>
    /// <param name="customers">Numbers in the order of <see cref="CustomerClass"/>; empty where nothing is known of them.</param>
    public LoadExpectation(double ratingKva, ImmutableArray<int> customers)
    {
        this.ratingKva = ratingKva;
        var known = customers.IsDefault ? [] : customers.Select(static (count, i) => (Profile: CustomerProfile.Of((CustomerClass)i), Count: count)).Where(static pair => pair.Count > 0).ToList();
        var kw = known.Sum(static pair => pair.Count * pair.Profile.MeanKw);
        if (kw == 0) (known, kw) = ([(CustomerProfile.Of(CustomerClass.Household), 1)], CustomerProfile.Of(CustomerClass.Household).MeanKw);
        // Utilities size a transformer for what hangs on it, so its rating says as much as its customers do; as far as the two differ
        // either may be wrong. Whoever has a transformer of his own is no typical customer of his class.
        var byRating = LoadingUnknown * ratingKva;
        var byCustomers = customers.IsDefault || customers.Sum() <= 1 ? byRating : Math.Clamp(kw, LoadingMin * ratingKva, LoadingMax * ratingKva);
        meanKw = Math.Sqrt(byRating * byCustomers);
        var doubt = byRating > 0 ? Math.Log(byCustomers / byRating) / 2 : 0;
        mix = [.. known.Select(pair => (pair.Profile, pair.Count * pair.Profile.MeanKw / kw))];
        tangent = mix.Sum(static part => part.Share * part.Profile.Tangent);
        // What single customers differ by shrinks with their number; what their kind differs by does not.
        var scale = meanKw / kw;
        ownVariance = (meanKw * meanKw * ((KindSpread * KindSpread) + (doubt * doubt))) + known.Sum(pair => pair.Count * Math.Pow(scale * pair.Profile.MeanKw * pair.Profile.Spread, 2));
    }

    /// <summary>Writes what is to be expected at a local hour, per unit.</summary>
    /// <param name="evidence">Where to.</param>
    /// <param name="i">Number of the load there.</param>
    /// <param name="reading">The last that was heard of it.</param>
    /// <param name="hour">Local hour, 0 to 24.</param>
    /// <param name="baseKva">Base power.</param>
    public void Write(LoadEvidence evidence, int i, in LoadReading reading, double hour, double baseKva)
    {
        var shape = Shape(hour);
        double kw, kvar, own, variance, share;
        if (double.IsNaN(reading.Kw))
        {
            kw = share = meanKw * shape;
            kvar = kw * tangent;
            own = ownVariance * shape * shape;
            variance = 0;
        }
        else
        {
            var then = Shape(hour - reading.AgeHours);
            var moved = reading.Holds || then <= 0 ? 1 : shape / then;
            kw = reading.Kw * moved;
            kvar = double.IsNaN(reading.Kvar) ? kw * tangent : reading.Kvar * moved;
            var size = Math.Max(Math.Abs(kw), LoadingMin * ratingKva);
            var drift = Math.Min(SizeSpread, DriftPerRootHour * Math.Sqrt(reading.AgeHours));
            own = size * size * drift * drift;
            variance = kw * kw * MeterSd * MeterSd;
            share = kw * Math.Min(1, SharePerHour * reading.AgeHours);
        }
        var ratio = kw == 0 ? tangent : kvar / kw;
        var slope = Math.Clamp(ratio, -1, 1);
        var reactive = double.IsNaN(reading.Kvar) ? kw * ReactiveSpread : kvar * MeterSd;
        Put(evidence, i, kw, kvar, share, share * slope, baseKva);
        evidence.VarianceP[i] = (own + variance) / (baseKva * baseKva);
        evidence.CovariancePQ[i] = slope * own / (baseKva * baseKva);
        evidence.VarianceQ[i] = ((slope * slope * own) + (own * ReactiveSpread * ReactiveSpread) + (reactive * reactive)) / (baseKva * baseKva);
        evidence.Metered[i] = reading.Holds && !double.IsNaN(reading.Kw);
        evidence.LeastP[i] = hour is > 6 and < 18 ? -FeedBack * ratingKva / baseKva : 0;
        evidence.MostP[i] = Overload * ratingKva / baseKva;
    }

    private static void Put(LoadEvidence evidence, int i, double kw, double kvar, double shareKw, double shareKvar, double baseKva)
    {
        (evidence.P[i], evidence.Q[i]) = (kw / baseKva, kvar / baseKva);
        (evidence.ShareP[i], evidence.ShareQ[i]) = (shareKw / baseKva, shareKvar / baseKva);
    }

    private double Shape(double hour)
    {
        var shape = 0.0;
        foreach (var (profile, share) in mix) shape += share * profile.At(hour);
        return shape;
    }
}
