using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;

namespace MekongTwin.Api;

/// <summary>
/// The day's coincidence factors: all of a city's are made together from one question to the store, once a minute, and kept.
/// </summary>
internal sealed class Coincidence(ITwinServices services)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Dictionary<string, (long MadeAt, long DayUs, Dictionary<int, double> Factors)> _kept = new(StringComparer.Ordinal);

    /// <summary>The factor of the transformers below an asset today, or null while nothing is measured.</summary>
    public async Task<Figure?> ReadAsync(Model model, Asset asset, long nowUs, CancellationToken ct)
    {
        var city = model.CityOf(asset.Number);
        var today = city.MakeCalendar().Start(nowUs, WindowSize.Day);
        await _gate.WaitAsync(ct);
        try
        {
            if (!_kept.TryGetValue(city.Id, out var kept) || kept.DayUs != today || TimeProvider.System.GetElapsedTime(kept.MadeAt) >= KeptFor)
            {
                kept = (TimeProvider.System.GetTimestamp(), today, await MakeAsync(model, city, today, ct));
                _kept[city.Id] = kept;
            }
            return kept.Factors.TryGetValue(asset.Number, out var factor) ? new(Math.Round(factor, 4), "1") : null;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<Dictionary<int, double>> MakeAsync(Model model, City city, long todayUs, CancellationToken ct)
    {
        var asked = new HashSet<int>();
        foreach (var transformer in model.Assets.Where(asset => asset.Kind == AssetKind.Transformer && model.CityOf(asset.Number) == city))
        {
            asked.Add(transformer.Number);
            asked.UnionWith(CoincidenceFactors.Above(model, transformer));
        }
        return CoincidenceFactors.Of(model, await services.Queries.AssetWindowsAsync(asked, todayUs, long.MaxValue, ct));
    }
}
