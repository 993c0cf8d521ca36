using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;

namespace MekongTwin.Api;

/// <summary>
/// The day's coincidence factor of a group of transformers: peak of their sum over the sum of their own peaks, from 15-minute
/// demands. It reads every member's windows, so it is made once a minute and kept.
/// </summary>
internal sealed class Coincidence(ITwinServices services)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<int, (long MadeAt, Figure? Figure)> _kept = [];

    /// <summary>The factor of the transformers below an asset today, or null while nothing is measured.</summary>
    public Figure? Read(Model model, Asset asset, long nowUs)
    {
        lock (_gate)
        {
            if (_kept.TryGetValue(asset.Number, out var kept) && TimeProvider.System.GetElapsedTime(kept.MadeAt) < KeptFor) return kept.Figure;
            var figure = Make(model, asset, nowUs);
            _kept[asset.Number] = (TimeProvider.System.GetTimestamp(), figure);
            return figure;
        }
    }

    private Figure? Make(Model model, Asset asset, long nowUs)
    {
        var today = model.CityOf(asset.Number).MakeCalendar().Start(nowUs, WindowSize.Day);
        var members = model.Assets.Where(other => other.Kind == AssetKind.Transformer && Boards.IsBelow(model, other, asset.Number)).ToList();
        if (members.Count == 0 || Peak(asset.Number, today) is not { } peak) return null;
        var peaks = members.Sum(member => Peak(member.Number, today) ?? 0);
        return peaks > 0 ? new(Math.Round(Math.Min(1, peak / peaks), 4), "1") : null;
    }

    /// <summary>Largest 15-minute demand in kW among windows measured at least half as well as the best.</summary>
    private double? Peak(int asset, long fromUs)
    {
        var windows = services.Queries.AssetWindows(asset, fromUs, long.MaxValue);
        var best = windows.Count == 0 ? 0 : windows.Max(window => window.Total.EnergyCoveredUs);
        return best == 0 ? null : windows.Where(window => window.Total.EnergyCoveredUs * 2 >= best).Max(window => TotalSeries.Value("demand", window.Total));
    }
}
