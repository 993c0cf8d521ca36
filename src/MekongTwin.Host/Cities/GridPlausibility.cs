using MekongTwin.Domain.Assets;

namespace MekongTwin.Host.Cities;

/// <summary>What the figures of a grid usually are. Whatever lies outside may be meant, so it is a warning and never a mistake.</summary>
internal static class GridPlausibility
{
    private const double AmpereMin = 50;
    private const double AmpereMax = 1000;
    private const double DistributionKvaMax = 10_000;

    /// <summary>Less than this for each customer is hardly a connection, whatever the diversity.</summary>
    private const double KvaPerCustomerMin = 0.3;

    /// <summary>Medium voltages in kV of the countries; 50 Hz in all of them.</summary>
    private static readonly Dictionary<string, (double[] Kv, string Text)> Voltages = new(StringComparer.Ordinal)
    {
        ["VN"] = ([22, 35], "22 kV, and 35 kV in older networks"),
        ["TH"] = ([22, 33, 12, 24], "22 and 33 kV, in Bangkok 12 and 24 kV"),
        ["KH"] = ([22], "22 kV"),
        ["LA"] = ([22], "22 kV"),
        ["MM"] = ([33, 11, 6.6], "33, 11 and 6.6 kV"),
    };

    public static void CheckFeeder(Fields fields, string country, double kv, CityErrors errors)
    {
        var at = fields.Find("kv")!;
        if (Voltages.TryGetValue(country, out var usual) && !usual.Kv.Contains(kv)) errors.Warn(at, FormattableString.Invariant($"{kv} kV is not usual in {country}: {usual.Text}"));
        if (fields.Find("ratingKva") is not { } rating) return;
        var ampere = rating.Number / (Math.Sqrt(3) * kv);
        if (ampere is < AmpereMin or > AmpereMax) errors.Warn(rating, FormattableString.Invariant($"{rating.Number} kVA at {kv} kV are {ampere:0} A; feeders are usually rated {AmpereMin} to {AmpereMax} A"));
    }

    public static void CheckTransformer(Fields fields, Asset transformer, CityErrors errors)
    {
        if (fields.Find("ratingKva") is not { } rating) return;
        if (transformer.RatingKva > DistributionKvaMax) errors.Warn(rating, FormattableString.Invariant($"{transformer.RatingKva} kVA is much for a distribution transformer"));
        if (transformer.Customers * KvaPerCustomerMin > transformer.RatingKva) errors.Warn(fields.Find("customers")!, FormattableString.Invariant($"{transformer.Customers} customers on {transformer.RatingKva} kVA are less than {KvaPerCustomerMin} kVA each"));
    }
}
