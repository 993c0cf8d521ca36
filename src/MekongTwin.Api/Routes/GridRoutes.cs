using System.ComponentModel;
using MekongTwin.Domain.Readings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>A city's grid at an instant; <c>AgeSeconds</c> is how long ago that was on the city's clock.</summary>
public sealed record GridView(
    string City, string Time, double AgeSeconds, string Quality,
    [property: Description("Of the feeders that are solved; not there where none is")] double? LossesKw,
    MeterCount Meters, int Inconsistent, [property: Description("Feeders that are not solved")] int Unsolved, IReadOnlyList<FeederState> Feeders);

/// <summary>What is estimated of an asset, at an instant.</summary>
public sealed record AssetEstimate(string Time, double AgeSeconds, IReadOnlyDictionary<string, Estimate> Values);

/// <summary>An estimate of the past and half its 90 % band.</summary>
public sealed record EstimateStep(string T, double V, double PlusMinus);

/// <summary>What was estimated of a metric over the last day, in the unit of the asset's <c>estimate</c>.</summary>
public sealed record EstimateSeries(string Id, string Metric, string Quality, IReadOnlyList<EstimateStep> Points);

internal static class GridRoutes
{
    public static void MapGrid(this IEndpointRouteBuilder routes, ITwinServices services)
    {
        routes.MapGet("/assets/{id}/estimates", Results<Ok<EstimateSeries>, ProblemHttpResult> (string id, string metric, HttpContext context) => ReadEstimates(services, Arguments.PathPart(context, "/assets/", id), metric))
            .ProducesProblem(404).WithSummary("What was estimated of a metric over the last day, one value a quarter of an hour, since the program began; a quarter in which it was measured is not there");
        routes.MapGet("/cities/{city}/grid", Results<Ok<GridView>, ProblemHttpResult> (string city) =>
        {
            if (services.Model.FindCity(city) is not { } known) return Problems.NoCity(services.Model, city);
            return services.ReadGrid(city) is { } state
                ? TypedResults.Ok(Show(state, known.MakeCalendar().Zone, Instant.From(services.Clock.GetUtcNow())))
                : Problems.NotFound($"No state of the grid of '{city}': its folder describes no network (grid.json: feeders, nodes, lines), or it is not completed yet.");
        }).ProducesProblem(404).WithSummary("The city's grid, completed once a minute from what is measured: per feeder power, losses, lowest voltage, fullest line, each with its 90 % band, coverage and contradictions");
    }

    public static AssetEstimate? EstimateOf(ITwinServices services, Domain.Assets.Model model, int asset, long nowUs)
    {
        var city = model.CityOf(asset);
        return services.ReadGrid(city.Id) is { } state && state.Assets.TryGetValue(asset, out var values)
            ? new(Instant.ToText(state.TimeUs, city.MakeCalendar().Zone), state.AgeSeconds(nowUs), values)
            : null;
    }

    private static Results<Ok<EstimateSeries>, ProblemHttpResult> ReadEstimates(ITwinServices services, string id, string metric)
    {
        var model = services.Model;
        if (model.FindAsset(id) is not { } asset) return Problems.NotFound($"No asset '{id}'. Ids are paths, with / written as %2F.", model.Assets.Select(known => known.Id.Path), id.Split('/')[^1]);
        var city = model.CityOf(asset.Number);
        var zone = city.MakeCalendar().Zone;
        return services.ReadEstimates(city.Id, asset.Number, metric) is { Count: > 0 } past
            ? TypedResults.Ok(new EstimateSeries(id, metric, "estimated", [.. past.Select(step => new EstimateStep(Instant.ToText(step.TimeUs, zone), step.Value, step.PlusMinus))]))
            : Problems.NotFound($"Nothing was estimated of '{metric}' of '{id}' in the last day: P, Q, V and loading are of transformers and feeders, where nothing measures them.");
    }

    private static GridView Show(GridState state, TimeZoneInfo zone, long nowUs) => new(
        state.City, Instant.ToText(state.TimeUs, zone), state.AgeSeconds(nowUs), "estimated", state.Feeders.Any(feeder => feeder.Solved) ? Math.Round(state.Feeders.Sum(feeder => feeder.LossesKw ?? 0), 3) : null,
        new(state.Feeders.Sum(feeder => feeder.Meters.Reporting), state.Feeders.Sum(feeder => feeder.Meters.Total)),
        state.Feeders.Count(feeder => feeder.Inconsistency is not null), state.Feeders.Count(feeder => !feeder.Solved), state.Feeders);
}
