using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using MekongTwin.Domain.Access;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace MekongTwin.Api.Routes;

/// <summary>
/// Server-sent events. <c>?city=</c> gives <c>city</c> (the board) and <c>ledger</c> every second;
/// <c>?assets=prefix</c> gives <c>asset</c> whenever one below the prefix changes, coalesced to the newest state.
/// A stream ends when its user is revoked or changed.
/// </summary>
internal static class LiveRoutes
{
    /// <summary>Most streams at once; one more is refused with 503.</summary>
    public const int StreamsMax = 1000;

    private const string EventStream = "text/event-stream";

    /// <summary>How long a reader may take to fetch an event.</summary>
    private static readonly TimeSpan WriteWithin = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan BoardEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AssetsEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan UserEvery = TimeSpan.FromSeconds(1);

    /// <summary>Events as they are sent, by what they say: a board or a ledger is one for all streams, and written out once.</summary>
    private static readonly ConditionalWeakTable<object, byte[]> Events = [];

    public static void MapLive(this IEndpointRouteBuilder routes, ITwinServices services, Boards boards, IAccess access)
    {
        var open = 0;
        routes.MapGet("/live", async (HttpContext context, string? city, string? assets) =>
        {
            if (city is not null && services.Model.FindCity(city) is null) return (IResult)Problems.NotFound($"No city '{city}'.", services.Model.Cities.Select(known => known.Id));
            if (HttpMethods.IsHead(context.Request.Method)) return Results.Text("", EventStream);
            if (Interlocked.Increment(ref open) > StreamsMax)
            {
                Interlocked.Decrement(ref open);
                context.Response.Headers.RetryAfter = "10";
                return TypedResults.Problem(title: "Too many streams", detail: $"At most {StreamsMax} event streams are served at once. Try again later.", statusCode: 503);
            }
            try
            {
                await StreamAsync(context, services, boards, access, city ?? services.Model.Cities.FirstOrDefault()?.Id ?? "", assets);
            }
            catch (OperationCanceledException)
            {
                // The reader left.
            }
            catch (UnavailableException) when (context.Response.HasStarted)
            {
                // The reader comes again by itself, and is told then.
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
            return Results.Empty;
        }).Produces<string>(200, EventStream).ProducesProblem(404).ProducesProblem(503).WithSummary("Live changes as server-sent events")
            .WithDescription("?city= gives the events city (as GET /cities/{city}) and ledger (as GET /ledger, the busiest sources) every second; ?assets=prefix gives assets ({items, skipped}) within 100 ms of a change.");
    }

    private static async Task StreamAsync(HttpContext context, ITwinServices services, Boards boards, IAccess access, string city, string? assets)
    {
        // The stream ends with its reader, with its user or with the program, whichever is first.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var watching = EndWithUserAsync(access, Authentication.PrincipalOf(context), ending);
        try
        {
            await WriteStreamAsync(context, services, boards, city, assets, ending.Token);
        }
        finally
        {
            await ending.CancelAsync();
            await watching;
        }
    }

    private static async Task EndWithUserAsync(IAccess access, Principal principal, CancellationTokenSource ending)
    {
        using var timer = new PeriodicTimer(UserEvery);
        int? version = null;
        try
        {
            while (await timer.WaitForNextTickAsync(ending.Token))
            {
                if (access.Version is var newest && newest == version) continue;
                version = newest;
                if (!access.IsCurrent(principal)) await ending.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The stream has ended.
        }
    }

    private static async Task WriteStreamAsync(HttpContext context, ITwinServices services, Boards boards, string city, string? assets, CancellationToken ct)
    {
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        context.Response.ContentType = EventStream;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        // The reader learns that it is in before there is anything to say.
        await context.Response.Body.FlushAsync(ct);
        if (assets is not null)
        {
            await foreach (var changes in services.Twins.WatchAsync(new WatchFilter([assets], AssetsEvery), ct))
            {
                var model = services.Model;
                var now = Instant.From(services.Clock.GetUtcNow());
                await WriteAsync(context, Event("assets", new { items = changes.Views.Select(view => AssetRoutes.Show(model, view, now)).ToList(), skipped = changes.Skipped }, json), ct);
            }
            return;
        }
        while (true)
        {
            if (await boards.ReadAsync(city, ct) is { } board) await WriteAsync(context, Events.GetValue(board, made => Event("city", made, json)), ct);
            await WriteAsync(context, Events.GetValue(await boards.ReadLedgerAsync(ct), made => Event("ledger", made, json)), ct);
            await Task.Delay(BoardEvery, ct);
        }
    }

    private static byte[] Event<T>(string name, T data, JsonSerializerOptions json) =>
        [.. Encoding.UTF8.GetBytes($"event: {name}\ndata: "), .. JsonSerializer.SerializeToUtf8Bytes<object>(data!, json), .. "\n\n"u8];

    private static async Task WriteAsync(HttpContext context, byte[] bytes, CancellationToken ct)
    {
        // Who does not read is let go: its stream would cost as much as one that is read.
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(ct);
        slow.CancelAfter(WriteWithin);
        try
        {
            await context.Response.Body.WriteAsync(bytes, slow.Token);
            await context.Response.Body.FlushAsync(slow.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            context.Abort();
            throw;
        }
    }
}
