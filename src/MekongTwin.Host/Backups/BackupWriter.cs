using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Backups;

/// <summary>Writes a backup: beside its name first, so that a file of that name is a whole backup.</summary>
internal static class BackupWriter
{
    public static async Task<JournalCheck> WriteAsync(DataDirectory data, string target, CancellationToken ct)
    {
        if (Path.Exists(target)) throw new InputException($"{target}: exists already. Give another name.");
        var part = target + ".part";
        await using var stream = Create(target, part);
        try
        {
            var check = JournalRecovery.Check(new DiskFiles(data.Journal), TwinQueries.ReadMark(data.Database));
            if (check.Damage.Count > 0) throw new JournalException(string.Join('\n', check.Damage) + "\nNot backed up: the journal is damaged.");
            await PackAsync(data, check.Mark, stream, ct);
            await stream.DisposeAsync();
            DiskFiles.MakeDurable(part);
            File.Move(part, target);
            DiskFiles.MakeDurable(target);
            return check;
        }
        catch (Exception e)
        {
            await stream.DisposeAsync();
            File.Delete(part);
            if (e is IOException) throw new IOException($"{target}: not written: {e.Message} Nothing of it was kept.", e);
            throw;
        }
    }

    private static FileStream Create(string target, string part)
    {
        if (Path.Exists(part)) throw new InputException($"{target}: cannot be written: {part} is there already. Give another name, or delete it if a backup was interrupted.");
        // It holds the hashes of passwords: nobody else's to read.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            return new(part, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{target}: cannot be written: {e.Message} Give a file in a directory that is there and that this user may write to.");
        }
    }

    private static async Task PackAsync(DataDirectory data, JournalMark mark, Stream stream, CancellationToken ct)
    {
        await using var compressed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        await using var tar = new TarWriter(compressed);
        var names = data.Records;
        var files = new List<BackedUpFile>();
        foreach (var name in names) files.Add(await DescribeAsync(name, Path.Combine(data.Path, name), ct));
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, BackupManifest.EntryName) { DataStream = new MemoryStream(BackupManifest.Of(mark, files, DateTimeOffset.UtcNow).ToJson()) }, ct);
        foreach (var name in names) await tar.WriteEntryAsync(Path.Combine(data.Path, name), name, ct);
    }

    private static async Task<BackedUpFile> DescribeAsync(string name, string path, CancellationToken ct)
    {
        await using var file = File.OpenRead(path);
        return new(name, file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct)));
    }
}
