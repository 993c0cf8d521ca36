using MekongTwin.Domain.Assets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace MekongTwin.Api;

/// <summary>Errors as RFC 9457 problem details that say what to do next.</summary>
internal static class Problems
{
    public static ProblemHttpResult NotFound(string detail, IEnumerable<string>? known = null, string? asked = null)
    {
        var near = known?.Where(name => asked is null || name.Contains(asked, StringComparison.OrdinalIgnoreCase)).Take(5).ToList() ?? [];
        if (near.Count == 0) near = known?.Take(5).ToList() ?? [];
        var hint = near.Count == 0 ? "" : $" There are, for example: {string.Join(", ", near)}.";
        return TypedResults.Problem(title: "Not found", detail: detail + hint, statusCode: StatusCodes.Status404NotFound);
    }

    public static ProblemHttpResult NoCity(Model model, string asked) => NotFound($"No city '{asked}'.", model.Cities.Select(known => known.Id), asked);

    public static ProblemHttpResult BadRequest(string detail) =>
        TypedResults.Problem(title: "Cannot be read", detail: detail, statusCode: StatusCodes.Status400BadRequest);
}
