using System.Text;
using MekongTwin.Domain.Journal;
using MekongTwin.History.Store;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>What is in quarantine, as pages show it. <see cref="FactsTable"/> writes it.</summary>
internal sealed class QuarantineTable(NpgsqlDataSource database)
{
    private const string Columns = "id, reason, source, topic, name, count, first, last, first_offset, sample, sample_time";

    /// <summary>The kinds of a partition and how many there are of each.</summary>
    public async Task<List<(QuarantineKind Kind, long Count)>> ReadKindsAsync(int partition, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"SELECT {Columns} FROM quarantine WHERE partition = $1").With(partition);
        return [.. (await ReadAsync(command, ct)).Select(group => (new QuarantineKind(group.Reason, group.Source, group.Topic, group.Name), group.Count))];
    }

    /// <summary>Everything by kind, newest first.</summary>
    public async Task<IReadOnlyList<QuarantineGroup>> ReadNewestAsync(int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"SELECT {Columns} FROM quarantine ORDER BY last DESC LIMIT $1").With(limit);
        return await ReadAsync(command, ct);
    }

    public async Task<QuarantineGroup?> FindAsync(long id, CancellationToken ct)
    {
        await using var command = database.CreateCommand($"SELECT {Columns} FROM quarantine WHERE id = $1").With(id);
        return (await ReadAsync(command, ct)).SingleOrDefault();
    }

    /// <summary>
    /// Where the kind may lie, whichever source sent it: the partitions, with the source and the offset of the first. What came
    /// while there was no room is counted under "(others)", and may be of the kind too.
    /// </summary>
    public async Task<List<(int Partition, int Source, long FirstOffset)>> FindLikeAsync(QuarantineGroup group, CancellationToken ct)
    {
        await using var command = database.CreateCommand("""
            SELECT partition, source, min(first_offset) FROM quarantine
            WHERE reason = $1 AND ((topic = $2 AND name = $3) OR topic = $4) GROUP BY partition, source ORDER BY partition, source
            """).With((int)group.Reason).With(Encoding.UTF8.GetBytes(group.Topic)).With(Encoding.UTF8.GetBytes(group.Name)).With(Encoding.UTF8.GetBytes(QuarantineGroup.OthersTopic));
        await using var rows = await command.ExecuteReaderAsync(ct);
        var found = new List<(int, int, long)>();
        while (await rows.ReadAsync(ct)) found.Add((rows.GetInt32(0), rows.GetInt32(1), rows.GetInt64(2)));
        return found;
    }

    private static async Task<List<QuarantineGroup>> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        await using var rows = await command.ExecuteReaderAsync(ct);
        var groups = new List<QuarantineGroup>();
        while (await rows.ReadAsync(ct))
        {
            groups.Add(new(rows.GetInt64(0), (Refusal)rows.GetInt32(1), rows.GetInt32(2), Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(3)), Encoding.UTF8.GetString(rows.GetFieldValue<byte[]>(4)),
                rows.GetInt64(5), rows.GetInt64(6), rows.GetInt64(7), rows.GetInt64(8), rows.GetFieldValue<byte[]>(9), rows.GetInt64(10)));
        }
        return groups;
    }
}
