using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>
/// The cluster's tables. Scripts are applied in order, each once, by whichever silo comes first; the others wait for it.
/// </summary>
internal static class Schema
{
    /// <summary>Any number of our own: who holds this lock changes the schema.</summary>
    private const long LockKey = 0x4D54_5343_4845_4D41;

    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE journal_partition (
            partition int PRIMARY KEY,
            epoch bigint NOT NULL DEFAULT 0,      -- of its writer; rises whenever another takes over
            journalled bigint NOT NULL DEFAULT 0, -- end of its newest block
            applied bigint NOT NULL DEFAULT 0     -- offset that the stored facts stand for
        );
        CREATE TABLE journal_block (
            partition int NOT NULL REFERENCES journal_partition,
            start bigint NOT NULL,
            frames bytea NOT NULL,
            PRIMARY KEY (partition, start)
        );
        ALTER TABLE journal_block ALTER COLUMN frames SET STORAGE EXTERNAL;
        CREATE SEQUENCE epoch;
        """,
    ];

    public static async Task ApplyAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({LockKey})", ct);
        await ExecuteAsync(connection, "CREATE TABLE IF NOT EXISTS schema_version (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())", ct);
        await using var read = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM schema_version", connection);
        var version = (int)(await read.ExecuteScalarAsync(ct))!;
        if (version > Scripts.Length) throw new InvalidOperationException($"The database has schema version {version}; this program knows {Scripts.Length}. Start a newer program.");
        for (; version < Scripts.Length; version++)
        {
            await ExecuteAsync(connection, Scripts[version], ct);
            await ExecuteAsync(connection, $"INSERT INTO schema_version (version) VALUES ({version + 1})", ct);
        }
        await transaction.CommitAsync(ct);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
#pragma warning disable CA2100 // Text of this class only.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
    }
}
