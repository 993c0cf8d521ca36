using System.Net;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Running;

/// <summary>
/// Declares silos dead that still answer the others and cannot write to the database any more: they would keep their partitions, and
/// nothing of these could be acknowledged. While the database is away for everyone, nobody is declared dead.
/// </summary>
internal sealed class SiloWatch(NpgsqlDataSource database, string cluster, IClusterMembershipService membership, ILocalSiloDetails here, TimeProvider clock, ILogger<SiloWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>A database that takes longer than this to answer is away.</summary>
    private const int AnswerWithinSeconds = 5;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var signs = new LifeSigns(here.SiloAddress);
        var began = clock.GetTimestamp();
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var silo in signs.Look(await ReadAsync(stoppingToken), clock.GetElapsedTime(began)))
                {
                    if (await membership.TryKill(silo)) SiloLog.DeclaredDead(logger, silo.ToString());
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!PostgresFault.Is(e)) SiloLog.CannotWatch(logger, e.Message);
                signs.Forget();
            }
        }
    }

    /// <summary>When the active silos last said that they live, each by its own clock.</summary>
    private async Task<Dictionary<SiloAddress, DateTime>> ReadAsync(CancellationToken ct)
    {
        // 3: active.
        await using var command = database.CreateCommand("SELECT address, port, generation, alive_time FROM silo WHERE cluster = $1 AND status = 3").With(cluster);
        command.CommandTimeout = AnswerWithinSeconds;
        await using var rows = await command.ExecuteReaderAsync(ct);
        var said = new Dictionary<SiloAddress, DateTime>();
        while (await rows.ReadAsync(ct)) said[SiloAddress.New(new(IPAddress.Parse(rows.GetString(0)), rows.GetInt32(1)), rows.GetInt32(2))] = rows.GetDateTime(3);
        return said;
    }
}

internal static partial class SiloLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} answers and does not write to PostgreSQL any more: it is declared dead, and others take its partitions.")]
    public static partial void DeclaredDead(ILogger logger, string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The other silos cannot be watched: {Reason}")]
    public static partial void CannotWatch(ILogger logger, string reason);
}
