using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>What was settled when the database was new, and holds for every silo.</summary>
internal sealed class SettingTable(NpgsqlDataSource database)
{
    /// <summary>The setting; this value when it was never settled, and from now on.</summary>
    public async Task<string> SettleAsync(string key, string value, CancellationToken ct)
    {
        await using var command = database.CreateCommand("INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = setting.value RETURNING value").With(key).With(value);
        return (string)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Raises a number that never falls, and gives it.</summary>
    public async Task<int> RaiseAsync(string key, int atLeast, CancellationToken ct)
    {
        await using var command = database.CreateCommand("""
            INSERT INTO setting (key, value) VALUES ($1, $2::int::text)
            ON CONFLICT (key) DO UPDATE SET value = greatest(setting.value::int, $2)::text RETURNING value::int
            """).With(key).With(atLeast);
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }
}
