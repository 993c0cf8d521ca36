using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Twins;

/// <summary>Work with a database that may be away: tried again until it is back, ever more slowly.</summary>
internal static class Retry
{
    private static readonly TimeSpan From = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan To = TimeSpan.FromSeconds(5);

    /// <param name="work">May be done twice.</param>
    /// <param name="fault">Hears why it does not get on, and null when it does.</param>
    /// <param name="ct">Ends the tries.</param>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, Action<string?> fault, CancellationToken ct)
    {
        var failed = false;
        for (var delay = From; ; delay = delay * 2 < To ? delay * 2 : To)
        {
            try
            {
                var result = await work(ct);
                if (failed) fault(null);
                return result;
            }
            // The driver also cancels by itself, when a connection breaks.
            catch (Exception e) when (IsAway(e) || (e is OperationCanceledException && !ct.IsCancellationRequested))
            {
                failed = true;
                fault($"PostgreSQL: {PostgresFault.Reason(e)}. It is tried again by itself.");
            }
            await Task.Delay(delay, ct);
        }
    }

    public static bool IsAway(Exception e) => PostgresFault.Is(e);
}
