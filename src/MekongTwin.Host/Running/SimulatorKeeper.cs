using System.ComponentModel;
using MekongTwin.Api;

namespace MekongTwin.Host.Running;

/// <summary>Keeps the simulator running: one that ended is started again, after a pause that grows while it does not stay.</summary>
internal sealed partial class SimulatorKeeper(Func<IChild> start, TimeProvider time, ILogger log)
{
    public static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    /// <summary>Who ran this long is not failing at its start: the next pause is a short one again.</summary>
    public static readonly TimeSpan Stays = TimeSpan.FromMinutes(1);

    private volatile HealthCheck _health = new("simulator", true, null) { Required = false, Since = time.GetUtcNow() };

    /// <summary>The city is served without it, only with nothing new in it.</summary>
    public HealthCheck Health => _health;

    public bool IsRunning { get; private set; }

    /// <summary>Runs until cancelled; the child has ended then, too.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        for (var pause = PauseMin; ; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            var began = time.GetTimestamp();
            string end;
            try
            {
                end = await RunOnceAsync(ct);
            }
            catch (FileNotFoundException e)
            {
                LogMissing(log, e.Message);
                Say(false, e.Message);
                return;
            }
            if (ct.IsCancellationRequested) return;
            if (time.GetElapsedTime(began) >= Stays) pause = PauseMin;
            Say(false, $"{end} It is started again in {pause.TotalSeconds:0} s.");
            LogEnded(log, end, pause.TotalSeconds);
            await Task.Delay(pause, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ct.IsCancellationRequested) return;
        }
    }

    /// <summary>Why it ended.</summary>
    private async Task<string> RunOnceAsync(CancellationToken ct)
    {
        try
        {
            await using var child = start();
            IsRunning = true;
            if (!_health.Healthy) Say(true, null);
            var end = await child.EndAsync(ct);
            return $"The simulator ended with exit code {end.ExitCode}{(end.LastError is { } last ? $", its last words: {last}" : "")}.";
        }
        catch (Win32Exception e)
        {
            return $"The simulator could not be started: {e.Message}.";
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return "";
        }
        finally
        {
            IsRunning = false;
        }
    }

    private void Say(bool healthy, string? detail) => _health = _health with { Healthy = healthy, Detail = detail, Since = time.GetUtcNow() };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    private static partial void LogMissing(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{End} It is started again in {Seconds} s.")]
    private static partial void LogEnded(ILogger logger, string end, double seconds);
}
