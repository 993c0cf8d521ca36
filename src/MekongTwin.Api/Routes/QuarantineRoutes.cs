using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Units;
using MekongTwin.History.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>A kind of thing in quarantine.</summary>
public sealed record QuarantineView(
    long Id, string Reason, string Source, string Topic, string Name, long Count, string First, string Last,
    [property: Description("The newest payload, or record of a pack; its beginning")] string Sample,
    [property: Description("The time that the sample claims, where that is why it is here")] string? SampleTime,
    [property: Description("Whether it can be mapped to a point")] bool Mappable);

/// <summary>The kinds of things in quarantine, newest first.</summary>
public sealed record QuarantinePage(IReadOnlyList<QuarantineView> Items);

/// <summary>Where a quarantined name leads from now on.</summary>
public sealed record MapRequest(string? Asset, string? Metric);

/// <summary>How many kept readings were taken in.</summary>
public sealed record MapResult(int TakenIn);

internal static class QuarantineRoutes
{
    /// <summary>Most kinds in one answer.</summary>
    private const int LimitMax = 2000;

    /// <summary>Most units named in one sentence.</summary>
    private const int NamedMax = 5;

    public static void MapQuarantine(this IEndpointRouteBuilder routes, ITwinServices services)
    {
        routes.MapGet("/quarantine", async ([Range(1, LimitMax)] int? limit, CancellationToken ct) =>
            new QuarantinePage([.. (await services.Queries.QuarantineAsync(limit ?? 200, ct)).Select(group => Show(services, group))]))
            .WithSummary("What was kept aside, by reason, source and name");
        routes.MapPost("/quarantine/{id:long}/map", (long id, MapRequest request, CancellationToken ct) => MapAsync(services, id, request, ct))
            .Require(Role.Engineer).ProducesProblem(400).ProducesProblem(404).WithSummary("Maps a quarantined topic or name to a point, journals the mapping and takes in what was kept");
        routes.MapDelete("/quarantine/{id:long}", async Task<Results<NoContent, ProblemHttpResult>> (long id, CancellationToken ct) =>
        {
            if (await services.Queries.QuarantineGroupAsync(id, ct) is not { } group) return Nothing(id);
            await services.DiscardQuarantineAsync(group, ct);
            return TypedResults.NoContent();
        }).Require(Role.Engineer).ProducesProblem(404).WithSummary("Throws away what quarantine holds of a kind; journalled, and from then on in the ledger under rejected (discarded)");
    }

    private static async Task<Results<Ok<MapResult>, ProblemHttpResult>> MapAsync(ITwinServices services, long id, MapRequest request, CancellationToken ct)
    {
        if (await services.Queries.QuarantineGroupAsync(id, ct) is not { } group) return Nothing(id);
        if (group.IsOthers) return Problems.BadRequest("Kinds beyond the bound are counted together, without their topics, and can only be discarded together. Map or discard other kinds: the next message of a kind gets its own line then, and mapping that takes in what lies here of it too.");
        if (!group.IsMappable) return Problems.BadRequest($"Reason {Figures.Name(group.Reason)}: only readings of an unknown point can be mapped. Mend the sender, or the point's unit in points.json.");
        var model = services.Model;
        if (model.FindAsset(request.Asset ?? "") is not { } asset) return Problems.NotFound($"No asset '{request.Asset}'.", model.Assets.Select(known => known.Id.Path), request.Asset?.Split('/')[^1]);
        if (model.FindPoint(asset.Number, request.Metric ?? "") is not { } point)
            return Problems.NotFound($"'{asset.Id}' has no point '{request.Metric}'.", model.PointsOf(asset.Number).Select(number => model.Points[number].Metric));
        if (Misfit(await services.QuarantineUnitsAsync(group, ct), point) is { } misfit) return Problems.BadRequest($"{misfit}, and '{asset.Id}' keeps {point.Metric} in {point.Unit.Code}: nothing of it could be taken in. Choose a point of that kind, or mend the unit that the device sends and throw away what is kept here.");
        return TypedResults.Ok(new MapResult(await services.MapQuarantineAsync(group, point, ct)));
    }

    /// <summary>What is wrong with units of which the point can take none.</summary>
    private static string? Misfit(IReadOnlySet<string> units, Point point)
    {
        if (units.Count == 0 || units.Any(code => code.Length == 0 || (UnitTable.TryFind(code, out var unit) && UnitConversion.TryBetween(unit, point.Unit, out _)))) return null;
        var known = units.Where(code => UnitTable.TryFind(code, out _)).Take(NamedMax).ToList();
        return known.Count > 0 ? $"What is kept here came in {string.Join(", ", known)}" : $"What is kept here came in {string.Join(", ", units.Take(NamedMax).Select(code => $"'{code}'"))}, which is no unit known here";
    }

    private static ProblemHttpResult Nothing(long id) => Problems.NotFound($"Nothing with id {id} in quarantine; GET /api/v1/quarantine lists it.");

    private static QuarantineView Show(ITwinServices services, QuarantineGroup group)
    {
        var cities = services.Model.Cities;
        var city = cities.FirstOrDefault(city => group.Topic.StartsWith($"mt/v1/{city.Id}/", StringComparison.Ordinal)) ?? cities.FirstOrDefault();
        var zone = city?.MakeCalendar().Zone ?? TimeZoneInfo.Utc;
        return new(group.Id, Figures.Name(group.Reason), services.SourceName(group.Source), group.Topic, group.Name, group.Count,
            Instant.ToText(group.FirstUs, zone), Instant.ToText(group.LastUs, zone), Encoding.UTF8.GetString(group.Sample),
            group.Reason is Refusal.FutureTime or Refusal.AncientTime ? Instant.ToText(group.SampleTimeUs, zone) : null, group.IsMappable);
    }
}
