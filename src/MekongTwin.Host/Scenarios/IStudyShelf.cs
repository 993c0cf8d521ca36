namespace MekongTwin.Host.Scenarios;

/// <summary>Where studies are kept: some named files of each. A file is there whole or not at all. Thread-safe.</summary>
internal interface IStudyShelf
{
    /// <summary>Studies that have files, ascending.</summary>
    Task<IReadOnlyList<string>> ListAsync(CancellationToken ct);

    /// <summary>Null where there is none.</summary>
    Task<byte[]?> ReadAsync(string id, string name, CancellationToken ct);

    /// <summary>Writes a file in place of the one before.</summary>
    Task WriteAsync(string id, string name, byte[] bytes, CancellationToken ct);

    /// <summary>Deletes all files of a study.</summary>
    Task DeleteAsync(string id, CancellationToken ct);
}

/// <summary>Studies in a directory, <c>ID/NAME</c>; it is made with the first one. A file is written beside and renamed.</summary>
internal sealed class StudyDirectory(string directory) : IStudyShelf
{
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<string>>(Directory.Exists(directory) ? [.. Directory.GetDirectories(directory).Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)] : []);

    public async Task<byte[]?> ReadAsync(string id, string name, CancellationToken ct) => File.Exists(PathOf(id, name)) ? await File.ReadAllBytesAsync(PathOf(id, name), ct) : null;

    public async Task WriteAsync(string id, string name, byte[] bytes, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.Combine(directory, id));
        var beside = PathOf(id, name + ".new");
        await File.WriteAllBytesAsync(beside, bytes, ct);
        File.Move(beside, PathOf(id, name), overwrite: true);
    }

    public Task DeleteAsync(string id, CancellationToken ct)
    {
        if (Directory.Exists(Path.Combine(directory, id))) Directory.Delete(Path.Combine(directory, id), recursive: true);
        return Task.CompletedTask;
    }

    private string PathOf(string id, string name) => Path.Combine(directory, id, name);
}
