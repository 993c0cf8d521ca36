using System.Buffers.Text;
using System.Net;
using System.Text;
using MekongTwin.Domain.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace MekongTwin.Api;

/// <summary>
/// HTTP Basic and bearer tokens against the one list of users. Without users everybody may do everything, and the program
/// is bound to loopback only.
/// </summary>
public static class Authentication
{
    private const string PrincipalItem = "principal";

    private sealed record Needed(Role Role);

    /// <summary>
    /// Without users the loopback address is the only fence: another site's page must not get in under its own name, neither
    /// to the routes nor to the page. Only health checks answer to any name.
    /// </summary>
    public static void UseHostNames(this WebApplication app, IAccess access) => app.Use((context, next) =>
    {
        var host = context.Request.Host.Host;
        if (!access.IsOpen || IsLoopbackName(host) || context.Request.Path.StartsWithSegments("/health")) return next();
        return Results.Problem(title: "Not this way", detail: $"Without users the program answers to localhost only, not to '{host}'. 'users add' makes users.", statusCode: 421).ExecuteAsync(context);
    });

    public static void UseTwinAuthentication(this WebApplication app, IAccess access) => app.Use(async (context, next) =>
    {
        var path = context.Request.Path;
        var needed = context.GetEndpoint()?.Metadata.GetMetadata<Needed>();
        // The page itself and the health checks are open; everything they show comes through the routes.
        if (needed is null && !path.StartsWithSegments("/api") && !path.StartsWithSegments("/openapi"))
        {
            await next();
            return;
        }
        var (signedIn, isBusy) = await AuthenticateAsync(context, access);
        if (isBusy)
        {
            context.Response.Headers.RetryAfter = "1";
            await Results.Problem(title: "Too many sign-ins", detail: "Too many passwords wait to be verified. Try again in a second.", statusCode: 429).ExecuteAsync(context);
            return;
        }
        if (signedIn is { } principal)
        {
            if (!principal.May(Role.Viewer))
            {
                await Results.Problem(title: "Not allowed", detail: $"'{principal.Name}' is a device: it may publish over MQTT, not read.", statusCode: 403).ExecuteAsync(context);
                return;
            }
            // Before anything is said of what was asked.
            if (needed is not null && !principal.May(needed.Role))
            {
                await Results.Problem(title: "Not allowed", detail: $"This needs the role {Lower(needed.Role)}; '{principal.Name}' is {Lower(principal.Role)}. An administrator changes it with 'users add'.", statusCode: 403).ExecuteAsync(context);
                return;
            }
            context.Items[PrincipalItem] = principal;
            await next();
            return;
        }
        if (!context.Request.Headers.ContainsKey("X-Requested-With")) context.Response.Headers.WWWAuthenticate = "Basic realm=\"MekongTwin\", charset=\"UTF-8\"";
        await Results.Problem(title: "Sign in", detail: "Give a user's name and password (HTTP Basic) or a token (Authorization: Bearer). 'users add' makes them.", statusCode: 401).ExecuteAsync(context);
    });

    /// <summary>Whom the request was let in for.</summary>
    internal static Principal PrincipalOf(HttpContext context) => (Principal)context.Items[PrincipalItem]!;

    /// <summary>Refuses callers below a role.</summary>
    public static TBuilder Require<TBuilder>(this TBuilder builder, Role role)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new Needed(role));

    private static bool IsLoopbackName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static string Lower(Role role) => role.ToString().ToLowerInvariant();

    private static async ValueTask<Verification> AuthenticateAsync(HttpContext context, IAccess access)
    {
        if (access.IsOpen) return new(Principal.Open);
        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return new(access.VerifyToken(header[7..].Trim()));
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) || header.Length > 2000) return default;
        var decoded = new byte[1500];
        if (Base64.DecodeFromUtf8(Encoding.ASCII.GetBytes(header[6..].Trim()), decoded, out _, out var length) != System.Buffers.OperationStatus.Done) return default;
        var colon = decoded.AsSpan(0, length).IndexOf((byte)':');
        return colon < 0 ? default : await access.VerifyAsync(Encoding.UTF8.GetString(decoded, 0, colon), decoded.AsMemory(colon + 1, length - colon - 1), context.RequestAborted);
    }
}
