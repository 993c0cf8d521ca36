using MekongTwin.Domain.Access;
using MekongTwin.Domain.Assets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>A topic, or a record's name under it, that somebody gave a point.</summary>
public sealed record MappingView(string Topic, string Name, string Asset, string Metric);

/// <summary>The mappings made over the API.</summary>
public sealed record MappingPage(IReadOnlyList<MappingView> Items);

internal static class MappingRoutes
{
    public static void MapMappings(this IEndpointRouteBuilder routes, ITwinServices services)
    {
        routes.MapGet("/mappings", () => new MappingPage([.. services.Model.Names.Where(mapping => !mapping.FromFolder).Select(mapping => Show(services.Model, mapping))]))
            .WithSummary("Mappings made over the API; those of the city's folder are in its mappings.json");
        routes.MapDelete("/mappings", async Task<Results<NoContent, ProblemHttpResult>> (string topic, string? name, CancellationToken ct) =>
            await services.RemoveMappingAsync(NameMapping.OfRecord(topic, name ?? ""), ct) ? TypedResults.NoContent()
                : Problems.NotFound($"No mapping of '{topic}' {name} was made over the API; GET /api/v1/mappings lists them."))
            .Require(Role.Engineer).ProducesProblem(404)
            .WithSummary("Takes a mapping back, journalled: what it took in keeps its history, what comes from now on goes where the city's folder maps it, or else to quarantine, and can be mapped anew");
    }

    private static MappingView Show(Model model, NameMapping mapping)
    {
        var (topic, name) = mapping.Parts;
        var point = model.Points[mapping.Point];
        return new(topic, name, model.Assets[point.Asset].Id.Path, point.Metric);
    }
}
