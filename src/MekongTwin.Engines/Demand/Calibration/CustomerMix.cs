using System.Collections.Immutable;
using MekongTwin.Domain.Assets;

namespace MekongTwin.Engines.Demand.Calibration;

/// <summary>What a load's customers make it: mean kW of a working day and each class's share of it. Unknown customers are households at a third of the rating.</summary>
internal readonly struct CustomerMix
{
    /// <summary>Loading that customers are believed to make, as shares of the rating.</summary>
    private const double LoadingMin = 0.05;
    private const double LoadingMax = 0.9;
    private const double LoadingUnknown = 0.35;

    public CustomerMix(in LoadFacts facts)
    {
        Share = new double[CustomerProfile.Count];
        var customers = facts.Customers.IsDefault ? ImmutableArray<int>.Empty : facts.Customers;
        for (var c = 0; c < customers.Length; c++) Share[c] = customers[c] * CustomerProfile.Of((CustomerClass)c).MeanKw;
        var kw = Share.Sum();
        if (kw > 0) for (var c = 0; c < Share.Length; c++) Share[c] /= kw;
        else Share[(int)CustomerClass.Household] = 1;
        MeanKw = kw > 0 ? Math.Clamp(kw, LoadingMin * facts.RatingKva, LoadingMax * facts.RatingKva) : LoadingUnknown * facts.RatingKva;
        Tangent = Share.Select(static (share, c) => share * CustomerProfile.Of((CustomerClass)c).Tangent).Sum();
        Largest = (CustomerClass)Share.IndexOf(Share.Max());
    }

    public double MeanKw { get; }

    public double[] Share { get; }

    /// <summary>Reactive to active power.</summary>
    public double Tangent { get; }

    /// <summary>The class with the largest share.</summary>
    public CustomerClass Largest { get; }
}
