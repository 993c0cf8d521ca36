using System.ComponentModel;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>A city in the list.</summary>
public sealed record CitySummary(string Id, string Name, string Country, string Zone, string UtcOffset, int Population, bool Simulated)
{
    [Description("Days that readings are kept at least; without it they are kept for ever. Windows and totals stay")]
    public int? KeepReadingsDays { get; init; }

    [Description("Readings before this are gone; without it none are")]
    public string? ReadingsFrom { get; init; }

    [Description("Areas on the administrative list that are neither drawn nor served, as far as the city's folder has them shown")]
    public IReadOnlyList<ListedView>? Listed { get; init; }
}

/// <summary>An area that is named only.</summary>
public sealed record ListedView(string Name, [property: Description("list: with the districts; map: under the map as well")] string Shown);

internal static class CityRoutes
{
    public static void MapCities(this IEndpointRouteBuilder routes, ITwinServices services, Boards boards)
    {
        routes.MapGet("/cities", () => services.Model.Cities.Select(city =>
        {
            var zone = city.MakeCalendar().Zone;
            return new CitySummary(city.Id, city.Name, city.Country, city.Zone, Instant.ToText(Instant.From(services.Clock.GetUtcNow()), zone)[^6..],
                services.Model.FindAsset(city.Id)?.Population ?? 0, services.Simulated)
            {
                KeepReadingsDays = city.KeepReadingsDays,
                Listed = city.Listed?.Where(area => area.Shown != ListedShown.Nowhere).Select(area => new ListedView(area.Name, Figures.Name(area.Shown))).ToList(),
                ReadingsFrom = ReadingsFrom(services, city) is var from and > long.MinValue ? Instant.ToText(from, zone) : null,
            };
        })).WithSummary("The cities of this twin");

        routes.MapGet("/cities/{city}", async Task<Results<Ok<CityBoard>, ProblemHttpResult>> (string city, CancellationToken ct) =>
            await boards.ReadAsync(city, ct) is { } board ? TypedResults.Ok(board)
                : Problems.NoCity(services.Model, city))
            .ProducesProblem(404).WithSummary("A city's totals, districts and sensor freshness");
    }

    /// <summary>A point that came later has lost nothing.</summary>
    private static long ReadingsFrom(ITwinServices services, City city) =>
        services.Model.Points.Where(point => services.Model.CityOf(point.Asset) == city).Select(point => services.Queries.ReadingsFrom(point.Number)).DefaultIfEmpty(long.MinValue).Max();
}
