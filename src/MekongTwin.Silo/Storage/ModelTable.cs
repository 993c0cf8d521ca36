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
        await using var transaction = await HoldAsync(connection, ct);
        var (version, before) = await ReadNewerAsync(connection, 0, ct) ?? (0, Model.Empty);
        var result = await WriteAsync(connection, version, before, change(before), ct);
        await transaction.CommitAsync(ct);
        return result;
    }

    /// <summary>
    /// Brings a silo's city folders into the model, unless the region had them and has others since: a silo that starts late, or
    /// again, does not undo what a newer one brought.
    /// </summary>
    /// <param name="content">Hash of what the folders hold.</param>
    /// <param name="silo">Who brings them.</param>
    /// <param name="evenOld">Brings them in even so.</param>
    /// <param name="merge">The model with them; throws when they cannot be brought in, and nothing is changed.</param>
    /// <param name="ct">Gives up.</param>
    public async Task<BroughtFolders> BringAsync(string content, string silo, bool evenOld, Func<Model, Model> merge, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await HoldAsync(connection, ct);
        var (version, before) = await ReadNewerAsync(connection, 0, ct) ?? (0, Model.Empty);
        var (newest, isKnown) = await ReadFoldersAsync(connection, content, ct);
        if (isKnown && newest!.Content != content && !evenOld) return new(version, before, before, newest);
        var (written, after) = await WriteAsync(connection, version, before, merge(before), ct);
        if (newest?.Content != content)
        {
            await using var note = new NpgsqlCommand("INSERT INTO city_folder (content, silo) VALUES ($1, $2)", connection).With(content).With(silo);
            await note.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
        return new(written, before, after, null);
    }

    private static async Task<NpgsqlTransaction> HoldAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var transaction = await connection.BeginTransactionAsync(ct);
        await using var held = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection).With(LockKey);
        await held.ExecuteNonQueryAsync(ct);
        return transaction;
    }

    private static async Task<(int Version, Model Model)> WriteAsync(NpgsqlConnection connection, int version, Model before, Model after, CancellationToken ct)
    {
        if (ModelCodec.AreEqual(before, after)) return (version, before);
        await using var write = new NpgsqlCommand("INSERT INTO model (version, body, format) VALUES ($1, $2, $3)", connection)
            .With(version + 1).With(ModelCodec.Compress(after)).With((short)StoredFormat.Written);
        await write.ExecuteNonQueryAsync(ct);
        return (version + 1, after);
    }

    /// <summary>The folders that the region goes by, and whether it ever had these.</summary>
    private static async Task<(CityFolders? Newest, bool IsKnown)> ReadFoldersAsync(NpgsqlConnection connection, string content, CancellationToken ct)
    {
        await using var read = new NpgsqlCommand("SELECT content, silo, brought_at, EXISTS (SELECT 1 FROM city_folder WHERE content = $1) FROM city_folder ORDER BY number DESC LIMIT 1", connection).With(content);
        await using var row = await read.ExecuteReaderAsync(ct);
        return await row.ReadAsync(ct) ? (new(row.GetString(0), row.GetString(1), row.GetDateTime(2)), row.GetBoolean(3)) : (null, false);
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

/// <summary>City folders that a silo brought: a hash of what they hold, who, and when (UTC).</summary>
internal sealed record CityFolders(string Content, string Silo, DateTime At);

/// <summary>What came of it: the model before and after, and which folders were kept instead, if these were not brought in.</summary>
internal sealed record BroughtFolders(int Version, Model Before, Model After, CityFolders? Kept);
