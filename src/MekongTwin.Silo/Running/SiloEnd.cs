using System.Diagnostics;

namespace MekongTwin.Silo.Running;

/// <summary>
/// Ends a silo that Orleans cannot go on with, mostly because the others declared it dead: at once, so that it touches nothing any
/// more, and with one sentence instead of a dump. Whoever supervises it starts it again.
/// </summary>
internal sealed class SiloEnd(ILocalSiloDetails here) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => exception is not (OperationCanceledException or ThreadAbortException);

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        Console.Error.WriteLine($"{DateTimeOffset.UtcNow:yyyy-MM-ddTHH:mm:ssZ} {Sentence(here.Name, context, exception)}");
        Process.GetCurrentProcess().Kill();
    }

    internal static string Sentence(string name, string? context, Exception? exception)
    {
        var reason = context ?? exception?.Message ?? "no reason given";
        if (reason.Contains("told I am dead", StringComparison.OrdinalIgnoreCase)) return $"Silo {name} was declared dead by the others (it did not answer them, or could not write to PostgreSQL), which have its partitions. It ends now; start it again.";
        return $"Silo {name} cannot go on and ends now: {reason.Split('\n')[0].Trim().TrimEnd('.')}. Start it again.";
    }
}
