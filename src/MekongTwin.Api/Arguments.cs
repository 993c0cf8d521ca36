using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace MekongTwin.Api;

/// <summary>
/// Checks what a request asks before its route sees it: every query parameter is one of the route's own, there once, of its
/// type and within its <see cref="RangeAttribute"/>, which OpenAPI shows too. A refusal names the parameter.
/// </summary>
internal static class Arguments
{
    private sealed record Parameter(string Name, bool IsNumber, bool IsOptional, RangeAttribute? Range);

    public static RouteGroupBuilder CheckArguments(this RouteGroupBuilder group)
    {
        group.AddEndpointFilterFactory(static (factory, next) =>
        {
            var parameters = factory.MethodInfo.GetParameters().Where(IsPlain).Select(Describe).ToList();
            return async context => FindFault(context.HttpContext.Request, parameters) is { } fault ? Problems.BadRequest(fault) : await next(context);
        });
        return group;
    }

    /// <summary>
    /// A part of the path as the client meant it: decoded once. The server leaves %2F alone and decodes everything else,
    /// so that its own value does not tell a%2Fb from a%252Fb.
    /// </summary>
    public static string PathPart(HttpContext context, string after, string otherwise)
    {
        var path = (context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "").Split('?')[0];
        var at = path.IndexOf(after, StringComparison.Ordinal);
        return at < 0 ? otherwise : Uri.UnescapeDataString(path[(at + after.Length)..].Split('/')[0]);
    }

    private static bool IsPlain(ParameterInfo parameter) => parameter.ParameterType == typeof(string) || TypeOf(parameter).IsPrimitive;

    private static Type TypeOf(ParameterInfo parameter) => Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;

    private static Parameter Describe(ParameterInfo parameter) => new(
        parameter.Name!, TypeOf(parameter).IsPrimitive, new NullabilityInfoContext().Create(parameter).ReadState != NullabilityState.NotNull,
        parameter.GetCustomAttribute<RangeAttribute>());

    private static string? FindFault(HttpRequest request, List<Parameter> parameters)
    {
        var own = parameters.Where(parameter => !request.RouteValues.ContainsKey(parameter.Name)).ToList();
        foreach (var (name, values) in request.Query)
        {
            if (!own.Exists(parameter => parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                return $"{name} is no parameter of this route; it has {(own.Count == 0 ? "none" : string.Join(", ", own.Select(parameter => parameter.Name)))}.";
            if (values.Count > 1) return $"{name} is given {values.Count} times: once is enough.";
        }
        return own.Select(parameter => FindFault(parameter, request.Query[parameter.Name])).FirstOrDefault(fault => fault is not null);
    }

    private static string? FindFault(Parameter parameter, string? text)
    {
        if (text is null) return parameter.IsOptional ? null : $"{parameter.Name} is missing.";
        if (!parameter.IsNumber) return null;
        var isNumber = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        if (parameter.Range is not { } range) return isNumber ? null : $"{parameter.Name} '{text}' is not a whole number.";
        return isNumber && number >= (int)range.Minimum && number <= (int)range.Maximum ? null
            : $"{parameter.Name} '{text}' is not a whole number from {range.Minimum} to {range.Maximum}.";
    }
}
