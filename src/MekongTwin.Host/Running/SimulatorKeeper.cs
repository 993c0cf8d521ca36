using System.ComponentModel;
using MekongTwin.Api;

namespace MekongTwin.Host.Running;

/// <summary>
/// Keeps the simulator running: one that ended is started again, after a pause that grows while it does not stay. Its health
/// is all it says; the log tells the changes of it.
/// </summary>
internal sealed class SimulatorKeeper(Func<IChild> start, TimeProvider time)
{
    public static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    /// <summary>Who ran this long is not failing at its start: the next pause is a short one again.</summary>
    public static readonly TimeSpan Stays = TimeSpan.FromMinutes(1);

    /// <summary>Who was started again is healthy when it has run this long: one that ends at once never is.</summary>
    public static readonly TimeSpan Settles = TimeSpan.FromSeconds(5);

    private volatile HealthCheck _health = new("simulator", true, null) { Required = false, Since = time.GetUtcNow() };
    private volatile Run? _run;

    private sealed record Run(long Began, DateTimeOffset Since);

    /// <summary>The city is served without it, only with nothing new in it.</summary>
    public HealthCheck Health => !_health.Healthy && _run is { } run && time.GetElapsedTime(run.Began) >= Settles
        ? _health with { Healthy = true, Detail = null, Since = run.Since } : _health;

    public bool IsRunning => _run is not null;

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
                Trouble(e.Message);
                return;
            }
            if (ct.IsCancellationRequested) return;
            if (time.GetElapsedTime(began) >= Stays) pause = PauseMin;
            Trouble($"{end} It is started again in {pause.TotalSeconds:0} s.");
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
            _run = new(time.GetTimestamp(), time.GetUtcNow());
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
            _health = Health;
            _run = null;
        }
    }

    /// <summary>It is away since it ended first, however often it was started in vain.</summary>
    private void Trouble(string detail) => _health = _health with { Healthy = false, Detail = detail, Since = _health.Healthy ? time.GetUtcNow() : _health.Since };
}
