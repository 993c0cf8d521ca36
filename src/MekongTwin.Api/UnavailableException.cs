using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace MekongTwin.Api;

/// <summary>Something that an answer needs cannot be reached just now, and is on its way back. Answered with 503.</summary>
public sealed class UnavailableException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>Says so to whoever asked, instead of an error nobody can do anything about.</summary>
internal sealed class UnavailableHandler(IProblemDetailsService problems) : IExceptionHandler
{
    private const string RetryAfterSeconds = "2";

    public ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken ct)
    {
        if (exception is not UnavailableException) return new(false);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return problems.TryWriteAsync(new() { HttpContext = context, ProblemDetails = { Status = context.Response.StatusCode, Title = "Not available now", Detail = exception.Message } });
    }
}
