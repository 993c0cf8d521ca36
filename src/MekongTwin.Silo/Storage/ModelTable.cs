using MekongTwin.Domain.Assets;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>The model of the region, version by version; the last one counts.</summary>
internal sealed class ModelTable(NpgsqlDataSource database)
{
    /// <summary>Any number of our own: who holds this lock changes the model.</summary>
    private const long LockKey = 0x4D54_4D4F_4445_4C00;

    /// <summary>The newest model if it is newer than <paramref name="than"/>.</summary>
    public async Task<(int Version, Model Model)?> ReadNewerAsync(int than, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        return await ReadNewerAsync(connection, than, ct);
    }

    /// <summary>Changes the newest model; nobody else does meanwhile. What is the same afterwards is not written.</summary>
    public async Task<(int Version, Model Model)> ChangeAsync(Func<Model, Model> change, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using (var held = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection).With(LockKey)) await held.ExecuteNonQueryAsync(ct);
        var (version, before) = await ReadNewerAsync(connection, 0, ct) ?? (0, Model.Empty);
        var after = change(before);
        if (ModelCodec.ToJson(before).AsSpan().SequenceEqual(ModelCodec.ToJson(after))) return (version, before);
        await using var write = new NpgsqlCommand("INSERT INTO model (version, body, format) VALUES ($1, $2, $3)", connection)
            .With(version + 1).With(ModelCodec.Compress(after)).With((short)StoredFormat.Written);
        await write.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        return (version + 1, after);
    }

    /// <summary>The same on a connection that has begun to look at one instant.</summary>
    public static async Task<(int Version, Model Model)?> ReadNewerAsync(NpgsqlConnection connection, int than, CancellationToken ct)
    {
        await using var read = new NpgsqlCommand("SELECT version, body, format FROM model WHERE version > $1 ORDER BY version DESC LIMIT 1", connection).With(than);
        await using var row = await read.ExecuteReaderAsync(ct);
        if (!await row.ReadAsync(ct)) return null;
        // Read in part and written back, it would lose what a newer program put into it.
        StoredFormat.Check(row.GetInt16(2), "The model");
        return (row.GetInt32(0), ModelCodec.Decompress(row.GetFieldValue<byte[]>(1)));
    }
}
