namespace MekongTwin.Silo.Storage;

/// <summary>One a silo: looks every second whether the users have changed. The health page says when it cannot.</summary>
internal sealed class UserWatch(UserTable table, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await table.RefreshAsync(stoppingToken);
    }
}
