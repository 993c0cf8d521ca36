namespace MekongTwin.Silo.Storage;

/// <summary>One a silo: looks every second whether the users have changed.</summary>
internal sealed class UserWatch(UserTable table, TimeProvider clock, ILogger<UserWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var before = table.Fault;
            await table.RefreshAsync(stoppingToken);
            if (before is null && table.Fault is { } fault) UserLog.Away(logger, fault);
            if (before is not null && table.Fault is null) UserLog.Back(logger);
        }
    }
}

internal static partial class UserLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Fault} The users known so far stay.")]
    public static partial void Away(ILogger logger, string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "The users in PostgreSQL can be read again.")]
    public static partial void Back(ILogger logger);
}
