using System.Text.Json;
using System.Text.Json.Serialization;
using MekongTwin.Api.Routes;
using MekongTwin.Domain.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace MekongTwin.Api;

/// <summary>The HTTP room: one Add, one Use for every response, and one Map.</summary>
public static class TwinApi
{
    public static void AddTwinApi(this IServiceCollection services)
    {
        services.AddOpenApi("v1");
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            options.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
        });
    }

    /// <summary>Headers of every response, pages and errors too: comes before everything else that answers.</summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use(static (context, next) =>
    {
        // Set when the response starts: an error page begins with the headers cleared.
        context.Response.OnStarting(static state =>
        {
            var headers = ((HttpContext)state).Response.Headers;
            headers["X-Content-Type-Options"] = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.ContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'";
            return Task.CompletedTask;
        }, context);
        return next();
    });

    public static void MapTwinApi(this WebApplication app, ITwinServices services, IAccess access)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseTwinAuthentication(access);
        var boards = new Boards(services);
        var api = app.MapGroup("/api/v1");
        api.MapCities(services, boards);
        api.MapAssets(services, boards);
        api.MapLedger(services);
        api.MapLive(services, boards, access);
        api.MapGet("/status", services.ReadDoors).WithSummary("State of the doors, the journal and the twins");
        app.MapHealth(services);
        app.MapOpenApi();
    }
}
