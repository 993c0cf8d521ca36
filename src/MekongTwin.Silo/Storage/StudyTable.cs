using MekongTwin.Host.Scenarios;
using MekongTwin.Silo.Twins;
using Npgsql;

namespace MekongTwin.Silo.Storage;

/// <summary>Studies in the database. While it is away it is tried again.</summary>
internal sealed class StudyTable(NpgsqlDataSource database, Retry retry) : IStudyShelf
{
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken ct) => RunAsync<IReadOnlyList<string>>(async stop =>
    {
        await using var command = database.CreateCommand("SELECT DISTINCT study FROM study_file ORDER BY study");
        await using var rows = await command.ExecuteReaderAsync(stop);
        var studies = new List<string>();
        while (await rows.ReadAsync(stop)) studies.Add(rows.GetString(0));
        return studies;
    }, ct);

    public Task<byte[]?> ReadAsync(string id, string name, CancellationToken ct) => RunAsync(async stop =>
    {
        await using var command = database.CreateCommand("SELECT body FROM study_file WHERE study = $1 AND name = $2").With(id).With(name);
        return (byte[]?)await command.ExecuteScalarAsync(stop);
    }, ct);

    public Task WriteAsync(string id, string name, byte[] bytes, CancellationToken ct) => RunAsync(async stop =>
    {
        await using var command = database.CreateCommand("INSERT INTO study_file VALUES ($1, $2, $3) ON CONFLICT (study, name) DO UPDATE SET body = excluded.body").With(id).With(name).With(bytes);
        return await command.ExecuteNonQueryAsync(stop);
    }, ct);

    public Task DeleteAsync(string id, CancellationToken ct) => RunAsync(async stop =>
    {
        await using var command = database.CreateCommand("DELETE FROM study_file WHERE study = $1").With(id);
        return await command.ExecuteNonQueryAsync(stop);
    }, ct);

    /// <summary>That the database is away is told by the health page.</summary>
    private Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken ct) => retry.RunAsync(work, static _ => { }, ct);
}
