using System.Collections.Concurrent;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>Numbers of sources, the same on every silo. Those asked for once are remembered.</summary>
internal sealed class SourceTable(NpgsqlDataSource database)
{
    private readonly ConcurrentDictionary<int, string> _names = new();

    /// <summary>The number of a source, a new one if it was never heard of.</summary>
    public async Task<int> NumberOfAsync(string name, CancellationToken ct)
    {
        // What a database calls text has no zero character.
        var text = name.Replace('\0', '\uFFFD');
        // The update changes nothing: it is there to give the number of the one that is there.
        await using var command = database.CreateCommand("INSERT INTO source (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING number").With(text);
        var number = (int)(await command.ExecuteScalarAsync(ct))!;
        _names[number] = name;
        return number;
    }

    public string NameOf(int number) => _names.GetValueOrDefault(number, "?");

    /// <summary>Learns the names that other silos gave numbers to.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        var known = _names.IsEmpty ? 0 : _names.Keys.Max();
        await using var command = database.CreateCommand("SELECT number, name FROM source WHERE number > $1 OR number <> ALL($2)").With(known).With(_names.Keys.ToArray());
        await using var rows = await command.ExecuteReaderAsync(ct);
        while (await rows.ReadAsync(ct)) _names.TryAdd(rows.GetInt32(0), rows.GetString(1));
    }
}
