using MekongTwin.Domain.Access;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>
/// The users in PostgreSQL, the same for every silo. Looking gives what the last refresh read: while the database is away
/// the users known so far stay, and nobody waits for it.
/// </summary>
internal sealed class UserTable : IUserList
{
    /// <summary>How long the database may take to answer.</summary>
    private const int AnswerSecondsMax = 5;

    private readonly NpgsqlDataSource _database;
    private volatile UserSnapshot _snapshot = new([]);

    // Null: whatever is there is read. Only the refresh uses it.
    private long? _version;
    private volatile string? _fault;

    private UserTable(NpgsqlDataSource database) => _database = database;

    /// <summary>Why changes are not seen, or null while they are.</summary>
    public string? Fault => _fault;

    /// <summary>Reads the users for the first time, from a database whose schema is there.</summary>
    public static async Task<UserTable> OpenAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        var table = new UserTable(database);
        await table.RefreshAsync(ct);
        return table.Fault is { } fault ? throw new InputException(fault) : table;
    }

    public UserSnapshot Look() => _snapshot;

    /// <summary>
    /// Reads the users if they have changed: otherwise it costs one row. One at a time. What cannot be read is
    /// <see cref="Fault"/>, and tried again with the next one.
    /// </summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        try
        {
            if (_version is null || await ReadVersionAsync(ct) != _version) await ReadAsync(ct);
            _fault = null;
        }
        catch (Exception e) when (PostgresFault.Is(e))
        {
            // It may come back as another copy, with other users under the same version.
            _version = null;
            _fault = $"The users in PostgreSQL cannot be read: {PostgresFault.Reason(e)}. See that the server runs and lets this program read them; it is tried every second, and the users known so far stay.";
        }
        catch (InvalidDataException e)
        {
            _version = null;
            _fault = e.Message;
            if (!_snapshot.IsBroken) _snapshot = _snapshot with { IsBroken = true };
        }
    }

    public async Task AddAsync(UserEntry entry, CancellationToken ct)
    {
        await using var command = Make("""
            INSERT INTO user_entry (name, role, salt, password_hash, token_hash, iterations) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (name) DO UPDATE SET (role, salt, password_hash, token_hash, iterations)
                = (excluded.role, excluded.salt, excluded.password_hash, excluded.token_hash, excluded.iterations)
            """);
        foreach (var text in (string[])[entry.Name, entry.Role.ToString(), entry.Salt, entry.PasswordHash, entry.TokenHash]) command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = entry.Iterations });
        await ChangeAsync(command, ct);
    }

    public async Task<bool> RevokeAsync(string name, CancellationToken ct)
    {
        await using var command = Make("DELETE FROM user_entry WHERE name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return await ChangeAsync(command, ct) > 0;
    }

    private static async Task<int> ChangeAsync(NpgsqlCommand command, CancellationToken ct)
    {
        try
        {
            return await command.ExecuteNonQueryAsync(ct);
        }
        catch (Exception e) when (PostgresFault.Is(e))
        {
            throw new InputException($"The users in PostgreSQL cannot be changed: {PostgresFault.Reason(e)}. See with 'users list' whether it was done, and do it again.");
        }
    }

    private async Task<long?> ReadVersionAsync(CancellationToken ct)
    {
        await using var command = Make("SELECT version FROM user_list");
        return (long?)await command.ExecuteScalarAsync(ct);
    }

    /// <summary>Users and version in one statement: the version is that of just these users.</summary>
    private async Task ReadAsync(CancellationToken ct)
    {
        await using var command = Make("""
            SELECT version, name, role, salt, password_hash, token_hash, iterations
            FROM user_list LEFT JOIN user_entry ON true ORDER BY name COLLATE "C"
            """);
        var entries = new List<UserEntry>();
        long? version = null;
        await using (var rows = await command.ExecuteReaderAsync(ct))
        {
            while (await rows.ReadAsync(ct))
            {
                version = rows.GetInt64(0);
                if (!rows.IsDBNull(1)) entries.Add(ReadEntry(rows));
            }
        }
        if (version is null) throw new InvalidDataException("The table user_list in PostgreSQL has lost its row. Restore it from a backup.");
        if (_snapshot.IsBroken || !_snapshot.Entries.SequenceEqual(entries)) _snapshot = new(entries);
        _version = version;
    }

    private static UserEntry ReadEntry(NpgsqlDataReader row)
    {
        var isKnown = Enum.TryParse<Role>(row.GetString(2), out var role);
        var entry = new UserEntry(row.GetString(1), role, row.GetString(3), row.GetString(4), row.GetString(5), row.GetInt32(6));
        return isKnown && UserEntry.IsWhole(entry) ? entry : throw new InvalidDataException($"The user '{entry.Name}' in PostgreSQL is not whole, or made by a newer program. Add that user again, or start the newer program.");
    }

    private NpgsqlCommand Make(string sql)
    {
#pragma warning disable CA2100 // Text of our own.
        var command = _database.CreateCommand(sql);
#pragma warning restore CA2100
        command.CommandTimeout = AnswerSecondsMax;
        return command;
    }
}
