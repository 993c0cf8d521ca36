using MekongTwin.Domain.Access;
using MekongTwin.Scenarios.Exports;
using MekongTwin.Scenarios.Screening;
using MekongTwin.Scenarios.Studies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api.Routes;

/// <summary>Studies, newest first.</summary>
public sealed record StudyPage(IReadOnlyList<StudyView> Items);

internal static class StudyRoutes
{
    /// <summary>A scenario of a thousand levers has less.</summary>
    private const int BytesMax = 256 << 10;

    public static void MapStudies(this IEndpointRouteBuilder routes, ITwinServices services)
    {
        routes.MapPost("/studies", (HttpContext context, CancellationToken ct) => AskAsync(services, context, ct))
            .Require(Role.Planner).Accepts<object>("application/json").Produces<StudyView>(202).ProducesProblem(400).ProducesProblem(404)
            .WithSummary("Asks for a study: the body is a scenario (see docs/scenarios.md); answers at once, the study runs beside the living city");
        routes.MapGet("/studies", async Task<Results<Ok<StudyPage>, ProblemHttpResult>> (CancellationToken ct) => services.Studies is { } studies ? TypedResults.Ok(new StudyPage(await studies.ListAsync(ct))) : NoStudies())
            .ProducesProblem(404).WithSummary("Studies, newest first, with their progress");
        routes.MapGet("/studies/{id}", async Task<Results<Ok<StudyView>, ProblemHttpResult>> (string id, CancellationToken ct) => services.Studies is not { } studies ? NoStudies() : await studies.FindAsync(id, ct) is { } study ? TypedResults.Ok(study) : await NoStudyAsync(studies, id, ct))
            .ProducesProblem(404).WithSummary("A study's state and progress");
        routes.MapGet("/studies/{id}/report", async Task<Results<FileContentHttpResult, ProblemHttpResult>> (string id, CancellationToken ct) =>
        {
            if (services.Studies is not { } studies) return NoStudies();
            if (await studies.FindAsync(id, ct) is not { } study) return await NoStudyAsync(studies, id, ct);
            return await studies.ReadReportAsync(id, ct) is { } report
                ? TypedResults.File(report, "application/json")
                : Problems.NotFound($"Study '{id}' has no answer: it is {Figures.Name(study.State)}.{(study.Fault is null ? " Ask again when its state is done." : $" {study.Fault}")}");
        }).Produces<StudyReport>().ProducesProblem(404).WithSummary("A study's answer: summaries, curves and violations with P10, P50, P90 over its futures");
        routes.MapGet("/studies/{id}/export/{file}", async Task<Results<FileContentHttpResult, ProblemHttpResult>> (string id, string file, CancellationToken ct) =>
        {
            if (services.Studies is not { } studies) return NoStudies();
            if (await studies.FindAsync(id, ct) is not { } study) return await NoStudyAsync(studies, id, ct);
            if (!StudyExports.Names.Contains(file)) return Problems.NotFound($"A study has no export '{file}'; it has {string.Join(", ", StudyExports.Names)}.");
            if (await studies.ReadExportAsync(id, file, ct) is { } bytes) return TypedResults.File(bytes, file.EndsWith(".csv", StringComparison.Ordinal) ? "text/csv; charset=utf-8" : "application/geo+json", $"{id}-{file}");
            if (study.State != StudyState.Done) return Problems.NotFound($"Study '{id}' has no exports: it is {Figures.Name(study.State)}.");
            return Problems.NotFound(StudyExports.ScreenOf(file) is { } screen
                ? $"Study '{id}' has no {file}: it was not asked to screen it. Ask it again with \"screen\": [\"{screen.NameOf()}\"]."
                : $"Study '{id}' was solved before it had exports. Ask it again.");
        }).Produces<string>(200, "text/csv", "application/geo+json").ProducesProblem(404).WithSummary("A study for spreadsheets and maps: violations.csv, curve.csv (the first day), days.csv (daily peaks), elements.geojson (loading and risk); and of what it screened n1.csv, hosting.csv, ageing.csv, remedies.csv");
        routes.MapGet("/studies/compare", async Task<Results<Ok<StudyComparison>, ProblemHttpResult>> (string ids, string? bases, CancellationToken ct) =>
        {
            if (services.Studies is not { } studies) return NoStudies();
            if (bases is not (null or "same" or "any")) return Problems.BadRequest($"bases '{bases}' is neither same nor any.");
            var asked = ids.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct().ToList();
            if (asked.Count is < 2 or > StudyComparison.StudiesMax) return Problems.BadRequest($"ids: {asked.Count} studies; two to {StudyComparison.StudiesMax} are compared, separated by commas.");
            List<ComparedStudy> compared = [];
            foreach (var id in asked)
            {
                if (await studies.FindAsync(id, ct) is not { } study) return await NoStudyAsync(studies, id, ct);
                if (await studies.ReadReportAsync(id, ct) is not { } report) return Problems.NotFound($"Study '{id}' has no answer: it is {Figures.Name(study.State)}.");
                compared.Add(ComparedStudy.Read(id, report));
            }
            var comparison = new StudyComparison(compared);
            return comparison.Difference is { } difference && bases != "any" ? Problems.BadRequest($"{difference} Ask with bases=any to see them side by side all the same.") : TypedResults.Ok(comparison);
        }).ProducesProblem(400).ProducesProblem(404).WithSummary("Two to eight studies side by side (ids=A,B); refused when they stand on different bases or days, unless bases=any");
        routes.MapDelete("/studies/{id}", async Task<Results<NoContent, ProblemHttpResult>> (string id, CancellationToken ct) => services.Studies is not { } studies ? NoStudies() : await studies.RemoveAsync(id, ct) ? TypedResults.NoContent() : await NoStudyAsync(studies, id, ct))
            .Require(Role.Planner).ProducesProblem(404).WithSummary("Stops a study, or removes one that has ended with its answer");
    }

    private static async Task<Results<Accepted<StudyView>, ProblemHttpResult>> AskAsync(ITwinServices services, HttpContext context, CancellationToken ct)
    {
        if (services.Studies is not { } studies) return NoStudies();
        if (context.Request.ContentLength is > BytesMax) return Problems.BadRequest($"A scenario has at most {BytesMax >> 10} KiB.");
        using var body = new MemoryStream();
        var buffer = new byte[16 << 10];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, ct)) > 0;)
        {
            if (body.Length + read > BytesMax) return Problems.BadRequest($"A scenario has at most {BytesMax >> 10} KiB.");
            body.Write(buffer, 0, read);
        }
        try
        {
            var study = await studies.AskAsync(body.ToArray(), Authentication.PrincipalOf(context).Name, ct);
            return TypedResults.Accepted($"/api/v1/studies/{study.Id}", study);
        }
        catch (StudyRefusedException e)
        {
            return Problems.BadRequest(e.Message);
        }
    }

    private static ProblemHttpResult NoStudies() => Problems.NotFound("This edition runs no studies. 'scenario run FILE.json --city DIR' does, on any machine.");

    private static async Task<ProblemHttpResult> NoStudyAsync(IStudies studies, string id, CancellationToken ct) => Problems.NotFound($"No study '{id}'.", (await studies.ListAsync(ct)).Select(static study => study.Id), id);
}
