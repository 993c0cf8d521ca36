using MekongTwin.Domain.Readings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>A city in the list.</summary>
public sealed record CitySummary(string Id, string Name, string Country, string Zone, string UtcOffset, int Population, bool Simulated);

internal static class CityRoutes
{
    public static void MapCities(this IEndpointRouteBuilder routes, ITwinServices services, Boards boards)
    {
        routes.MapGet("/cities", () => services.Model.Cities.Select(city =>
        {
            var zone = city.MakeCalendar().Zone;
            return new CitySummary(city.Id, city.Name, city.Country, city.Zone, Instant.ToText(Instant.From(services.Clock.GetUtcNow()), zone)[^6..],
                services.Model.FindAsset(city.Id)?.Population ?? 0, services.Simulated);
        })).WithSummary("The cities of this twin");

        routes.MapGet("/cities/{city}", async Task<Results<Ok<CityBoard>, ProblemHttpResult>> (string city, CancellationToken ct) =>
            await boards.ReadAsync(city, ct) is { } board ? TypedResults.Ok(board)
                : Problems.NoCity(services.Model, city))
            .ProducesProblem(404).WithSummary("A city's totals, districts and sensor freshness");
    }
}
