using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>A silo by name: when it was last here (UTC), whether it was stopped then, whether the broker keeps its share while it is away.</summary>
internal sealed record SiloName(string Name, DateTime SeenAt, bool WasStopped, bool HasSession);

/// <summary>Which names silos of a cluster had in the last day: as long as the broker keeps a session.</summary>
internal sealed class SiloNameTable(NpgsqlDataSource database, string cluster)
{
    /// <summary>A database that takes longer than this to answer is away.</summary>
    private const int AnswerWithinSeconds = 5;

    /// <summary>Says that a silo is here, or that it has just been asked to stop.</summary>
    public async Task SayAsync(string name, bool hasSession, bool stops, CancellationToken ct)
    {
        await using var command = database.CreateCommand("""
            INSERT INTO silo_name (cluster, name, seen_at, stopped, has_session) VALUES ($1, $2, now(), $3, $4)
            ON CONFLICT (cluster, name) DO UPDATE SET seen_at = now(), stopped = excluded.stopped, has_session = excluded.has_session
            """).With(cluster).With(name).With(stops).With(hasSession);
        command.CommandTimeout = AnswerWithinSeconds;
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<IReadOnlyList<SiloName>> ReadAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT name, seen_at, stopped, has_session FROM silo_name WHERE cluster = $1 AND seen_at > now() - interval '1 day' ORDER BY name").With(cluster);
        command.CommandTimeout = AnswerWithinSeconds;
        await using var rows = await command.ExecuteReaderAsync(ct);
        var names = new List<SiloName>();
        while (await rows.ReadAsync(ct)) names.Add(new(rows.GetString(0), rows.GetDateTime(1), rows.GetBoolean(2), rows.GetBoolean(3)));
        return names;
    }

    /// <summary>False when there is no such name.</summary>
    public async Task<bool> ForgetAsync(string name, CancellationToken ct)
    {
        await using var command = database.CreateCommand("DELETE FROM silo_name WHERE cluster = $1 AND name = $2").With(cluster).With(name);
        return await command.ExecuteNonQueryAsync(ct) > 0;
    }
}
