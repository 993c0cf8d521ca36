using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Domain.Series;

/// <summary>
/// Coincidence factors of groups of transformers: peak of their sum over the sum of their own peaks, from 15-minute demands.
/// </summary>
public static class CoincidenceFactors
{
    /// <summary>The factor of every asset that has measured transformers below it, in either tree.</summary>
    public static Dictionary<int, double> Of(Model model, IEnumerable<AssetWindow> windows)
    {
        var peaks = new Dictionary<int, double>();
        foreach (var asset in windows.GroupBy(window => window.Asset))
        {
            if (Peak([.. asset]) is { } peak) peaks[asset.Key] = peak;
        }
        var sums = new Dictionary<int, double>();
        foreach (var transformer in model.Assets.Where(asset => asset.Kind == AssetKind.Transformer))
        {
            if (!peaks.TryGetValue(transformer.Number, out var own)) continue;
            foreach (var above in Above(model, transformer)) sums[above] = sums.GetValueOrDefault(above) + own;
        }
        return sums.Where(sum => sum.Value > 0 && peaks.ContainsKey(sum.Key)).ToDictionary(sum => sum.Key, sum => Math.Min(1, peaks[sum.Key] / sum.Value));
    }

    /// <summary>Everything above an asset in both trees, as they are now, each once.</summary>
    public static IReadOnlySet<int> Above(Model model, Asset asset)
    {
        var above = new HashSet<int>();
        for (var at = asset.AdministrativeParent; at >= 0; at = model.Assets[at].AdministrativeParent) above.Add(at);
        for (var at = asset.ElectricalParent; at >= 0; at = model.Assets[at].ElectricalParent) above.Add(at);
        return above;
    }

    /// <summary>Largest 15-minute demand in kW among windows measured at least half as well as the best.</summary>
    private static double? Peak(List<AssetWindow> windows)
    {
        var best = windows.Max(window => window.Total.EnergyCoveredUs);
        return best == 0 ? null : windows.Where(window => window.Total.EnergyCoveredUs * 2 >= best).Max(window => TotalSeries.Value("demand", window.Total));
    }
}
