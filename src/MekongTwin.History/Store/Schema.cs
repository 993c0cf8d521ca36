using Microsoft.Data.Sqlite;

namespace MekongTwin.History.Store;

/// <summary>The tables of the projection. It can always be made again from the journal, so a new format is simply rebuilt.</summary>
internal static class Schema
{
    public const int Version = 5;

    // SQLite's result codes.
    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    private const string Tables = """
        CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE source(number INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE latest(point INTEGER PRIMARY KEY, time INTEGER NOT NULL, value INTEGER NOT NULL, revision INTEGER NOT NULL, quality INTEGER NOT NULL, flags INTEGER NOT NULL);
        CREATE TABLE point_window(point INTEGER, start INTEGER, count INTEGER NOT NULL, bad INTEGER NOT NULL, uncertain INTEGER NOT NULL,
          sum BLOB NOT NULL, min INTEGER NOT NULL, max INTEGER NOT NULL, last INTEGER NOT NULL, last_time INTEGER NOT NULL,
          integral INTEGER NOT NULL, covered INTEGER NOT NULL, PRIMARY KEY(point, start)) WITHOUT ROWID;
        CREATE TABLE asset_window(asset INTEGER, start INTEGER, energy INTEGER NOT NULL, energy_covered INTEGER NOT NULL, meters INTEGER NOT NULL,
          reactive INTEGER NOT NULL, reactive_covered INTEGER NOT NULL, reactive_meters INTEGER NOT NULL,
          vehicles INTEGER NOT NULL, vehicle_km INTEGER NOT NULL, vehicle_hours INTEGER NOT NULL, free_hours INTEGER NOT NULL,
          traffic_covered INTEGER NOT NULL, detectors INTEGER NOT NULL, occupancy INTEGER NOT NULL, occupancy_covered INTEGER NOT NULL, PRIMARY KEY(asset, start)) WITHOUT ROWID;
        CREATE TABLE set_aside(point INTEGER, source INTEGER, count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY(point, source)) WITHOUT ROWID;
        CREATE TABLE ledger(source INTEGER, entry INTEGER, count INTEGER NOT NULL, PRIMARY KEY(source, entry)) WITHOUT ROWID;
        CREATE TABLE quarantine(id INTEGER PRIMARY KEY, reason INTEGER NOT NULL, source INTEGER NOT NULL, topic TEXT NOT NULL, name TEXT NOT NULL,
          count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, first_offset INTEGER NOT NULL, sample BLOB NOT NULL, sample_time INTEGER NOT NULL, UNIQUE(reason, source, topic, name));
        """;

    /// <summary>Opens the database for the one writer, creating or recreating it where it is missing, no database or of another version.</summary>
    public static SqliteConnection Open(string path)
    {
        var connection = TryConnect(path);
        if (connection is null || ReadVersion(connection) != Version)
        {
            connection?.Dispose();
            SqliteConnection.ClearAllPools();
            foreach (var suffix in (string[])["", "-wal", "-shm"]) File.Delete(path + suffix);
            connection = Connect(path);
            Run(connection, Tables);
            Run(connection, $"PRAGMA user_version={Version}");
        }
        return connection;
    }

    /// <summary>A connection for readers beside the writer.</summary>
    public static SqliteConnection OpenReader(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = true }.ToString());
        connection.Open();
        return connection;
    }

    public static void Run(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    /// <summary>Null when the file is not a database.</summary>
    private static SqliteConnection? TryConnect(string path)
    {
        try
        {
            return Connect(path);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is NotADatabase or Corrupt)
        {
            return null;
        }
    }

    private static SqliteConnection Connect(string path)
    {
        // The twins stand still during a commit: one that another program's lock holds up is soon given up, and tried again.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            // Rows, latest values and the journal offset change in one transaction: losing the newest ones costs only a replay.
            Run(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static long ReadVersion(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return (long)command.ExecuteScalar()!;
    }
}
