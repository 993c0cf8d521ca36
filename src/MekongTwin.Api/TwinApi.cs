using System.Text.Json;
using System.Text.Json.Serialization;
using MekongTwin.Api.Routes;
using MekongTwin.Domain.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace MekongTwin.Api;

/// <summary>The HTTP room: one Add, one Use for every response, and one Map.</summary>
public static class TwinApi
{
    private const string Description = """
        A city's live digital twin. Times are ISO 8601 in the city's zone with offset; units (UCUM) stand beside values; ids are
        asset paths, URL-escaped (/ is %2F). Errors are problem details (RFC 9457) that say what to do next. Every GET route
        answers HEAD. With users: HTTP Basic, or Authorization: Bearer with a user's token.
        """;

    public static void AddTwinApi(this IServiceCollection services)
    {
        services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer(static (document, _, _) =>
            {
                (document.Info.Title, document.Info.Version, document.Info.Description) = ("MekongTwin", "v1", Description);
                return Task.CompletedTask;
            });
            // What is null is left out, unless a property says otherwise.
            options.AddSchemaTransformer(static (schema, context, _) =>
            {
                foreach (var property in context.JsonTypeInfo.Properties)
                {
                    if (property.IsGetNullable && property.AttributeProvider?.IsDefined(typeof(JsonIgnoreAttribute), inherit: true) != true) schema.Required?.Remove(property.Name);
                }
                return Task.CompletedTask;
            });
        });
        services.AddProblemDetails();
        services.AddExceptionHandler<UnavailableHandler>();
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
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
        app.UseRoutingWithHead();
        app.UseTwinAuthentication(access);
        var boards = new Boards(services);
        var api = app.MapGroup("/api/v1").CheckArguments();
        // What any route may answer: bad arguments, no sign-in, not allowed, a foreign host name, too many sign-ins, a part that is away.
        foreach (var status in (int[])[400, 401, 403, 421, 429, 503]) api.ProducesProblem(status);
        api.MapCities(services, boards);
        api.MapGrid(services);
        api.MapMaps(services, boards);
        api.MapAssets(services, boards);
        api.MapQuality(services);
        api.MapLedger(services);
        api.MapQuarantine(services);
        api.MapMappings(services);
        api.MapStudies(services);
        api.MapLive(services, boards, access);
        api.MapGet("/status", services.ReadStatus).WithSummary("State of the doors, the journal and the twins");
        app.MapHealth(services);
        app.MapOpenApi();
    }
}
