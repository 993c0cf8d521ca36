using MekongTwin.Host.Cities;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>
/// The cluster's tables. Scripts are applied in order, each once, by whichever silo comes first; the others wait for it.
/// </summary>
internal static class Schema
{
    /// <summary>Any number of our own: who holds this lock changes the schema.</summary>
    private const long LockKey = 0x4D54_5343_4845_4D41;

    public static async Task ApplyAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({LockKey})", ct);
        await RefuseOthersAsync(connection, ct);
        await ExecuteAsync(connection, "CREATE TABLE IF NOT EXISTS schema_version (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())", ct);
        await using var read = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM schema_version", connection);
        var version = (int)(await read.ExecuteScalarAsync(ct))!;
        var scripts = ReadScripts();
        if (version > scripts.Count) throw Newer(version, scripts.Count);
        for (; version < scripts.Count; version++)
        {
            await ExecuteAsync(connection, scripts[version], ct);
            await ExecuteAsync(connection, $"INSERT INTO schema_version (version) VALUES ({version + 1})", ct);
        }
        await transaction.CommitAsync(ct);
    }

    /// <summary>Refuses a database where another program keeps its tables: ours are not put among them.</summary>
    private static async Task RefuseOthersAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        // What belongs to an extension is nobody's.
        await using var command = new NpgsqlCommand("""
            SELECT c.relname FROM pg_class c
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relnamespace = current_schema()::regnamespace
              AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
            ORDER BY c.relname
            """, connection);
        await using var rows = await command.ExecuteReaderAsync(ct);
        var tables = new List<string>();
        while (await rows.ReadAsync(ct)) tables.Add(rows.GetString(0));
        if (tables.Count == 0 || (tables.Contains("schema_version") && tables.Contains("journal_partition"))) return;
        throw new InputException($"--database: there are tables of another program in it ({string.Join(", ", tables.Take(3))}{(tables.Count > 3 ? ", ..." : "")}); nothing was changed. Give an empty database, or a schema of its own with Search Path=NAME.");
    }

    /// <summary>Refuses tables that this program does not know as they are. It changes nothing.</summary>
    public static async Task RequireAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await RefuseOthersAsync(connection, ct);
        await using var isThere = new NpgsqlCommand("SELECT to_regclass('schema_version') IS NOT NULL", connection);
        if (!(bool)(await isThere.ExecuteScalarAsync(ct))!) throw new InputException("No silo has ever started on this database: there is nothing in it.");
        await using var read = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM schema_version", connection);
        var version = (int)(await read.ExecuteScalarAsync(ct))!;
        var known = ReadScripts().Count;
        if (version > known) throw Newer(version, known);
        if (version < known) throw new InputException($"The database has schema version {version}; this program knows {known}. Take the program that the silos run, or start a silo of this one first: it brings the tables up to date.");
    }

    private static InputException Newer(int version, int known) => new($"The database has schema version {version}; this program knows up to {known}, and changes nothing. {StoredFormat.Advice}");

    /// <summary>Scripts/N-name.sql, in the order of N.</summary>
    private static List<string> ReadScripts()
    {
        var assembly = typeof(Schema).Assembly;
        var scripts = new List<string>();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).OrderBy(NumberOf))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            scripts.Add(reader.ReadToEnd());
        }
        return scripts;
    }

    private static int NumberOf(string script) => int.Parse(script.AsSpan(0, script.IndexOf('-', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
#pragma warning disable CA2100 // The scripts' text and numbers of our own.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
    }
}
