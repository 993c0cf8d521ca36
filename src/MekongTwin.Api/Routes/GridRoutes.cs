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

internal static class GridRoutes
{
    public static void MapGrid(this IEndpointRouteBuilder routes, ITwinServices services) =>
        routes.MapGet("/cities/{city}/grid", Results<Ok<GridView>, ProblemHttpResult> (string city) =>
        {
            if (services.Model.FindCity(city) is not { } known) return Problems.NoCity(services.Model, city);
            return services.ReadGrid(city) is { } state
                ? TypedResults.Ok(Show(state, known.MakeCalendar().Zone, Instant.From(services.Clock.GetUtcNow())))
                : Problems.NotFound($"No state of the grid of '{city}': its folder describes no network (grid.json: feeders, nodes, lines), or it is not completed yet.");
        }).ProducesProblem(404).WithSummary("The city's grid, completed once a minute from what is measured: per feeder power, losses, lowest voltage, fullest line, each with its 90 % band, coverage and contradictions");

    public static AssetEstimate? EstimateOf(ITwinServices services, Domain.Assets.Model model, int asset, long nowUs)
    {
        var city = model.CityOf(asset);
        return services.ReadGrid(city.Id) is { } state && state.Assets.TryGetValue(asset, out var values)
            ? new(Instant.ToText(state.TimeUs, city.MakeCalendar().Zone), state.AgeSeconds(nowUs), values)
            : null;
    }

    private static GridView Show(GridState state, TimeZoneInfo zone, long nowUs) => new(
        state.City, Instant.ToText(state.TimeUs, zone), state.AgeSeconds(nowUs), "estimated", state.Feeders.Any(feeder => feeder.Solved) ? Math.Round(state.Feeders.Sum(feeder => feeder.LossesKw ?? 0), 3) : null,
        new(state.Feeders.Sum(feeder => feeder.Meters.Reporting), state.Feeders.Sum(feeder => feeder.Meters.Total)),
        state.Feeders.Count(feeder => feeder.Inconsistency is not null), state.Feeders.Count(feeder => !feeder.Solved), state.Feeders);
}
