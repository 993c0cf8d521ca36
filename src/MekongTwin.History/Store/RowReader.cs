using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MekongTwin.History.Store;

/// <summary>Reads a row of whole numbers by its key, all columns in order: late data asks for many, so it speaks to SQLite directly and allocates nothing.</summary>
internal sealed class RowReader : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public RowReader(SqliteConnection connection, string table, params ReadOnlySpan<string> key)
    {
        _database = connection.Handle!;
        var code = raw.sqlite3_prepare_v2(_database, $"SELECT * FROM {table} WHERE {string.Join(" AND ", key.ToArray().Select(column => $"{column}=?"))}", out _statement);
        SqliteException.ThrowExceptionForRC(code, _database);
    }

    /// <summary>Fills a row from the one with this key. False when there is none.</summary>
    public bool TryRead(long first, long second, Span<long> row)
    {
        SqliteException.ThrowExceptionForRC(raw.sqlite3_bind_int64(_statement, 1, first), _database);
        SqliteException.ThrowExceptionForRC(raw.sqlite3_bind_int64(_statement, 2, second), _database);
        var code = raw.sqlite3_step(_statement);
        for (var column = 0; code == raw.SQLITE_ROW && column < row.Length; column++) row[column] = raw.sqlite3_column_int64(_statement, column);
        // What went wrong is said by resetting, too: it has to be done either way before the next row.
        raw.sqlite3_reset(_statement);
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE)) SqliteException.ThrowExceptionForRC(code, _database);
        return code == raw.SQLITE_ROW;
    }

    public void Dispose() => _statement.Dispose();
}
