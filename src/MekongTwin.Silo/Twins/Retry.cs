using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Twins;

/// <summary>Work with a database that may be away: tried again until it is back, ever more slowly.</summary>
/// <param name="forgetConnections">Lets go of connections that were made while the database could only be read: they stay so.</param>
internal sealed class Retry(Action forgetConnections)
{
    private static readonly TimeSpan From = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan To = TimeSpan.FromSeconds(5);

    /// <param name="work">May be done twice.</param>
    /// <param name="fault">Hears why it does not get on, and null when it does.</param>
    /// <param name="ct">Ends the tries.</param>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, Action<string?> fault, CancellationToken ct)
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
            catch (Exception e) when (PostgresFault.Is(e) || (e is OperationCanceledException && !ct.IsCancellationRequested))
            {
                failed = true;
                if (PostgresFault.IsReadOnly(e)) forgetConnections();
                fault($"PostgreSQL: {PostgresFault.Reason(e)}. It is tried again by itself.");
            }
            await Task.Delay(delay, ct);
        }
    }
}
