using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>Live: the process answers. Ready: every check is healthy, else which is not and why.</summary>
public sealed record HealthView(string Status, IReadOnlyList<HealthCheck>? Checks);

internal static class HealthRoutes
{
    public static void MapHealth(this IEndpointRouteBuilder routes, ITwinServices services)
    {
        routes.MapGet("/health/live", () => TypedResults.Ok(new HealthView("live", null))).WithSummary("The process answers");
        routes.MapGet("/health/ready", () =>
        {
            var checks = services.ReadHealth();
            var serves = checks.All(check => check.Healthy || !check.Required);
            var status = !serves ? "unhealthy" : checks.All(check => check.Healthy) ? "ready" : "degraded";
            return Results.Json(new HealthView(status, checks), statusCode: serves ? 200 : 503);
        }).Produces<HealthView>().Produces<HealthView>(503).WithSummary("Ready, degraded (something is away, but it serves) or unhealthy; check by check");
    }
}
