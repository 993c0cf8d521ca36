using MekongTwin.Api;

namespace MekongTwin.Host.Running;

/// <summary>Says once when a check is not healthy any more, with its reason, and once when it is healthy again.</summary>
internal sealed partial class HealthLog(Func<IReadOnlyList<HealthCheck>> read, TimeProvider time, ILogger<HealthLog> log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, long> _unhealthySince = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct)) Look();
        }
        catch (OperationCanceledException)
        {
            // The program ends.
        }
    }

    internal void Look()
    {
        foreach (var check in read())
        {
            if (!check.Healthy)
            {
                if (_unhealthySince.TryAdd(check.Name, time.GetTimestamp())) LogUnhealthy(log, check.Name, check.Detail ?? "no reason given");
            }
            else if (_unhealthySince.Remove(check.Name, out var since))
            {
                LogHealthy(log, check.Name, (long)time.GetElapsedTime(since).TotalSeconds);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "health: {Check} is not healthy: {Reason}")]
    private static partial void LogUnhealthy(ILogger logger, string check, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "health: {Check} is healthy again after {Seconds} s")]
    private static partial void LogHealthy(ILogger logger, string check, long seconds);
}
