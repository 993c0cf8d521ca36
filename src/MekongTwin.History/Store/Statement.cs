using Microsoft.Data.Sqlite;

namespace MekongTwin.History.Store;

/// <summary>A prepared statement with positional parameters.</summary>
internal sealed class Statement : IDisposable
{
    private readonly SqliteCommand _command;
    private readonly SqliteParameter[] _parameters;

    public Statement(SqliteConnection connection, string sql, int parameters)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        _parameters = new SqliteParameter[parameters];
        for (var i = 0; i < parameters; i++) _parameters[i] = _command.Parameters.AddWithValue($"@p{i}", 0L);
        _command.Prepare();
    }

    /// <summary>Inserts or replaces a row of a table, all its columns in order.</summary>
    public static Statement Upsert(SqliteConnection connection, string table, int columns) =>
        new(connection, $"INSERT OR REPLACE INTO {table} VALUES({string.Join(',', Enumerable.Range(0, columns).Select(i => $"@p{i}"))})", columns);

    public void Run(SqliteTransaction? transaction, params ReadOnlySpan<object> values)
    {
        Bind(transaction, values);
        _command.ExecuteNonQuery();
    }

    public SqliteDataReader Query(params ReadOnlySpan<object> values)
    {
        Bind(null, values);
        return _command.ExecuteReader();
    }

    public void Dispose() => _command.Dispose();

    private void Bind(SqliteTransaction? transaction, ReadOnlySpan<object> values)
    {
        _command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++) _parameters[i].Value = values[i];
    }
}
