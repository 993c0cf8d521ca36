using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

internal static class HealthRoutes
{
    public static void MapHealth(this IEndpointRouteBuilder routes, ITwinServices services)
    {
        routes.MapGet("/health/live", () => Results.Json(new { status = "live" })).ExcludeFromDescription();
        routes.MapGet("/health/ready", () =>
        {
            var checks = services.ReadHealth();
            var serves = checks.All(check => check.Healthy || !check.Required);
            var status = !serves ? "unhealthy" : checks.All(check => check.Healthy) ? "ready" : "degraded";
            return Results.Json(new { status, checks }, statusCode: serves ? 200 : 503);
        }).ExcludeFromDescription();
    }
}
