using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>A point's newest value; null where the reading is bad and says no number.</summary>
public sealed record ValueView(double? Value, string Unit, string Time, string Quality, string Freshness, bool ReceiveTime);

/// <summary>Where an asset's totals flow to.</summary>
public sealed record ParentsView(string? Electrical, string? Administrative);

/// <summary>An asset as it stands.</summary>
public sealed record AssetView(
    string Id, string Kind, string Name, ParentsView Parents, double? Longitude, double? Latitude, double? RatingKva,
    IReadOnlyDictionary<string, ValueView> Latest, IReadOnlyDictionary<string, Figure> Figures, IReadOnlyList<string> Metrics,
    [property: Description("True while its twin is set aside because it failed: its newest readings wait in the journal, the values stand still")] bool Faulted)
{
    [Description("Of a district: the division of the city that it and its figures are of")]
    public GeographyView? Geography { get; init; }

    [Description("What the completed state of the grid says of it where no fresh reading does; only of a single asset")]
    public AssetEstimate? Estimate { get; init; }
}

/// <summary>A division of a city, with the first and the last moment (not included) it holds for; without them it always did or still does.</summary>
public sealed record GeographyView(string Version, string? From, string? Until)
{
    internal static GeographyView? Of(Asset asset, TimeZoneInfo zone) => asset.Geography is not { } geography ? null
        : new(geography.Version, geography.FromUs == long.MinValue ? null : Instant.ToText(geography.FromUs, zone), geography.UntilUs == long.MaxValue ? null : Instant.ToText(geography.UntilUs, zone));
}

/// <summary>A page of assets.</summary>
public sealed record AssetPage(IReadOnlyList<AssetView> Items, int Total);

internal static class AssetRoutes
{
    /// <summary>Most assets in one answer.</summary>
    private const int LimitMax = 5000;

    public static void MapAssets(this IEndpointRouteBuilder routes, ITwinServices services, Boards boards)
    {
        routes.MapGet("/assets", (string? city, string? kind, string? parent, string? near, [Range(1, LimitMax)] int? limit, CancellationToken ct) => ListAsync(services, city, kind, parent, near, limit, ct))
            .ProducesProblem(404).WithSummary("Assets by city, kind, parent (near=lon,lat sorts by distance); those with a loading come most loaded first");
        routes.MapGet("/assets/{id}", (string id, HttpContext context, CancellationToken ct) => ReadAsync(services, boards, IdIn(context, id), ct))
            .ProducesProblem(404).WithSummary("One asset: newest values, quality, figures. The id is the asset's path, URL-escaped");
        routes.MapGet("/assets/{id}/series", (string id, string metric, string? from, string? to, string? step, [Range(SeriesReader.PointsMin, SeriesReader.PointsMax)] int? points, HttpContext context, CancellationToken ct) =>
            SeriesReader.ReadAsync(services, IdIn(context, id), metric, from, to, step ?? "PT15M", points, ct))
            .ProducesProblem(404).WithSummary("A metric over time: gap-aware, step raw, PT1M, PT15M, PT1H or P1D, at most 2,000 points unless asked");
    }

    private static async Task<Results<Ok<AssetPage>, ProblemHttpResult>> ListAsync(ITwinServices services, string? city, string? kind, string? parent, string? near, int? limit, CancellationToken ct)
    {
        var model = services.Model;
        if (city is not null && model.FindCity(city) is null) return Problems.NotFound($"No city '{city}'.", model.Cities.Select(known => known.Id));
        AssetKind? wanted = null;
        if (kind is not null)
        {
            if (!Enum.TryParse<AssetKind>(kind, ignoreCase: true, out var parsed) || !Enum.IsDefined(parsed)) return Problems.BadRequest($"kind '{kind}' is none of {string.Join(", ", Enum.GetValues<AssetKind>().Select(value => Api.Figures.Name(value)))}.");
            wanted = parsed;
        }
        var ancestor = parent is null ? null : model.FindAsset(parent);
        if (parent is not null && ancestor is null) return Problems.NotFound($"No asset '{parent}'.");
        if (!TryReadPlace(near, out var place)) return Problems.BadRequest($"near '{near}' is not longitude,latitude in degrees, -180 to 180 and -90 to 90, e.g. near=108.22,16.06.");
        var now = Instant.From(services.Clock.GetUtcNow());
        var ids = model.Assets
            .Where(asset => (city is null || asset.Id.IsIn(city))
                && (wanted is null || asset.Kind == wanted) && (ancestor is null || Boards.IsBelow(model, asset, ancestor.Number, now)))
            .Select(asset => asset.Id).ToList();
        var views = await services.Twins.ViewAsync(ids, ct);
        var ordered = place is var (longitude, latitude) && near is not null
            ? views.OrderBy(view => Distance(view.Asset, longitude, latitude))
            : views.OrderByDescending(view => Api.Figures.Loading(view, now) ?? -1).ThenBy(view => view.Asset.Id.Path, StringComparer.Ordinal);
        return TypedResults.Ok(new AssetPage([.. ordered.Take(limit ?? 200).Select(view => Show(model, view, now))], views.Count));
    }

    private static async Task<Results<Ok<AssetView>, ProblemHttpResult>> ReadAsync(ITwinServices services, Boards boards, string id, CancellationToken ct)
    {
        var model = services.Model;
        if (model.FindAsset(id) is not { } asset) return Problems.NotFound($"No asset '{id}'. Ids are paths, with / written as %2F.", model.Assets.Select(known => known.Id.Path), id.Split('/')[^1]);
        var now = Instant.From(services.Clock.GetUtcNow());
        var below = model.Assets.Where(other => Boards.IsBelow(model, other, asset.Number, now)).Select(other => other.Id).ToList();
        var view = (await services.Twins.ViewAsync([asset.Id], ct))[0];
        var shown = Show(model, view, now) with { Estimate = GridRoutes.EstimateOf(services, model, asset.Number, now) };
        if (below.Count == 0) return TypedResults.Ok(shown);
        var views = await services.Twins.ViewAsync(below, ct);
        var figures = Api.Figures.OfMany(asset, views, now);
        var calendar = model.CityOf(asset.Number).MakeCalendar();
        var today = await services.Queries.AssetWindowsAsync(asset.Number, calendar.Start(now, WindowSize.Day), long.MaxValue, null, ct);
        Api.Figures.AddToday(figures, today, Api.Figures.CountReporting(views, now), calendar.Zone);
        if (await boards.ReadCoincidenceAsync(asset, now, ct) is { } factor) figures["coincidenceToday"] = factor;
        foreach (var (name, figure) in shown.Figures) figures[name] = figure;
        return TypedResults.Ok(shown with { Figures = figures });
    }

    internal static AssetView Show(Model model, TwinView view, long nowUs)
    {
        var asset = view.Asset;
        var zone = model.CityOf(asset.Number).MakeCalendar().Zone;
        var latest = view.Latest.ToDictionary(value => value.Point.Metric, value => new ValueView(
            Api.Figures.ValueOf(value.Reading), value.Point.Unit.Code, Instant.ToText(value.Reading.TimeUs, zone), Api.Figures.Name(value.Reading.Quality),
            Api.Figures.Name(Api.Figures.FreshnessOf(value, nowUs)), (value.Reading.Flags & ReadingFlags.ReceiveTime) != 0));
        var parents = new ParentsView(Path(model, asset.ElectricalParent), Path(model, asset.AdministrativeParentAt(nowUs)));
        var metrics = model.PointsOf(asset.Number).Select(number => model.Points[number].Metric);
        return new(asset.Id.Path, Api.Figures.Name(asset.Kind), asset.Name, parents, asset.Longitude, asset.Latitude, asset.RatingKva > 0 ? asset.RatingKva : null,
            latest, Api.Figures.OfOne(view, nowUs), [.. metrics, .. model.IsParent(asset.Number) ? TotalSeries.Units.Keys : []], view.Faulted) { Geography = GeographyView.Of(asset, zone) };
    }

    private static string IdIn(HttpContext context, string id) => Arguments.PathPart(context, "/assets/", id);

    private static string? Path(Model model, int number) => number < 0 ? null : model.Assets[number].Id.Path;

    private static bool TryReadPlace(string? text, out (double Longitude, double Latitude) place)
    {
        place = default;
        if (text is null) return true;
        var parts = text.Split(',');
        return parts.Length == 2 && double.TryParse(parts[0], System.Globalization.CultureInfo.InvariantCulture, out place.Longitude)
            && double.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out place.Latitude)
            && Math.Abs(place.Longitude) <= 180 && Math.Abs(place.Latitude) <= 90;
    }

    private static double Distance(Asset asset, double longitude, double latitude)
    {
        if (asset.Longitude is not { } x || asset.Latitude is not { } y) return double.MaxValue;
        var dx = (x - longitude) * Math.Cos(latitude * Math.PI / 180);
        return dx * dx + (y - latitude) * (y - latitude);
    }
}
