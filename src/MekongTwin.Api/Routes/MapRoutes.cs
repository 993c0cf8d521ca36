using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace MekongTwin.Api.Routes;

/// <summary>What colours a feature of the map: the figure of its kind, and how fresh what it rests on is.</summary>
public sealed record MapValue(double? Value, string Unit, string Freshness);

/// <summary>The map's values by asset.</summary>
public sealed record MapValues(string AsOf, bool Simulated, IReadOnlyDictionary<string, MapValue> Values);

/// <summary>The map of a city: what is drawn, which stays, and what colours it, which changes.</summary>
internal static class MapRoutes
{
    private const string GeoJson = "application/geo+json";

    public static void MapMaps(this IEndpointRouteBuilder routes, ITwinServices services, Boards boards)
    {
        routes.MapGet("/cities/{city}/map", IResult (string city, HttpContext context) =>
        {
            if (services.Model.FindCity(city) is null || services.FindMap(city) is not { } map) return Problems.NoCity(services.Model, city);
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(map.GeoJson, GeoJson, entityTag: new EntityTagHeaderValue(map.Tag));
        }).Produces<string>(200, GeoJson).ProducesProblem(404).WithSummary("What can be drawn of a city, as GeoJSON: districts, feeders, open lines, measured roads, substations, detectors, stations")
            .WithDescription("A feature's id is its asset's; properties are kind and name. It is schematic and takes no position on boundaries: notice says so and belongs on every map.");
        routes.MapGet("/cities/{city}/map/values", async Task<Results<Ok<MapValues>, ProblemHttpResult>> (string city, CancellationToken ct) =>
            await boards.ReadAsync(city, ct) is { } board ? TypedResults.Ok(await ReadAsync(services, board, ct)) : Problems.NoCity(services.Model, city))
            .ProducesProblem(404).WithSummary("What colours the map: loading of feeders and substations (%), demand of districts (kW/km2), travel-time index of detectors (1), freshness of all");
    }

    private static async Task<MapValues> ReadAsync(ITwinServices services, CityBoard board, CancellationToken ct)
    {
        var model = services.Model;
        var shown = model.Assets.Where(asset => asset.Kind is AssetKind.Feeder or AssetKind.Substation or AssetKind.Detector or AssetKind.Station && asset.Id.IsIn(board.Id)).Select(asset => asset.Id).ToList();
        var now = Instant.From(services.Clock.GetUtcNow());
        var values = new Dictionary<string, MapValue>(StringComparer.Ordinal);
        foreach (var view in await services.Twins.ViewAsync(shown, ct))
        {
            var (name, unit) = view.Asset.Kind == AssetKind.Detector ? ("travelTimeIndex", "1") : ("loading", "%");
            var figure = view.Asset.Kind == AssetKind.Station ? null : Figures.OfOne(view, now).GetValueOrDefault(name);
            values[view.Asset.Id.Path] = new(figure is null ? null : Math.Round(figure.Value, 2), unit, Figures.Name(Figures.FreshnessOf(view, now)));
        }
        foreach (var district in board.Districts)
        {
            var demand = district.Figures.GetValueOrDefault("demandPerArea");
            values[district.Id] = new(demand?.Value, "kW/km2", Figures.Name(demand is null ? Freshness.Silent : Freshness.Fresh));
        }
        return new(board.AsOf, board.Simulated, values);
    }
}
