using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;

namespace MekongTwin.Host.Running;

/// <summary>The cities of a model whose folders say how long readings are kept.</summary>
internal static class CityRetentions
{
    public static IReadOnlyList<CityRetention> Of(Model model)
    {
        var points = model.Points.ToLookup(point => model.CityOf(point.Asset).Id);
        var assets = model.Assets.ToLookup(asset => model.CityOf(asset.Number).Id, asset => asset.Number);
        return
        [
            .. model.Cities.Where(city => city.KeepReadingsDays is not null && points.Contains(city.Id)).Select(city => new CityRetention(
                city.Id, city.KeepReadingsDays!.Value * Instant.Day, points[city.Id].Max(point => point.HoldUs), city.MakeCalendar(), [.. points[city.Id].Select(point => point.Number)], [.. assets[city.Id]])),
        ];
    }
}
