using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MekongTwin.History.Store;

/// <summary>
/// Inserts or replaces rows of a table, all columns in order, within a transaction that is begun: a commit may have a hundred thousand
/// rows, so it speaks to SQLite directly and allocates nothing.
/// </summary>
internal sealed class RowWriter : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _column;

    public RowWriter(SqliteConnection connection, string table, int columns)
    {
        _database = connection.Handle!;
        var code = raw.sqlite3_prepare_v2(_database, $"INSERT OR REPLACE INTO {table} VALUES({string.Join(',', Enumerable.Repeat('?', columns))})", out _statement);
        SqliteException.ThrowExceptionForRC(code, _database);
    }

    /// <summary>The next column's value.</summary>
    public RowWriter Add(long value)
    {
        return Bound(raw.sqlite3_bind_int64(_statement, ++_column, value));
    }

    /// <summary>The next column's value.</summary>
    public RowWriter Add(ReadOnlySpan<byte> value)
    {
        return Bound(raw.sqlite3_bind_blob(_statement, ++_column, value));
    }

    /// <summary>Writes the row.</summary>
    public void Write()
    {
        _column = 0;
        var code = raw.sqlite3_step(_statement);
        // What went wrong is said by resetting, too: it has to be done either way before the next row.
        raw.sqlite3_reset(_statement);
        if (code != raw.SQLITE_DONE) SqliteException.ThrowExceptionForRC(code, _database);
    }

    public void Dispose() => _statement.Dispose();

    /// <summary>A row that cannot be bound is given up: the next one begins at its first column.</summary>
    private RowWriter Bound(int code)
    {
        if (code == raw.SQLITE_OK) return this;
        _column = 0;
        SqliteException.ThrowExceptionForRC(code, _database);
        return this;
    }
}
