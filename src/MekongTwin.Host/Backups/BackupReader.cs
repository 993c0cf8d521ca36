using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using MekongTwin.History.Journal;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Backups;

/// <summary>
/// Brings a backup into an empty data directory: unpacked and checked against its manifest in a directory of its own, and
/// only then put in place.
/// </summary>
internal sealed class BackupReader
{
    /// <summary>More mistakes than these are counted only.</summary>
    private const int ListedMax = 10;

    private readonly string _staging;
    private readonly Dictionary<string, BackedUpFile> _missing = new(StringComparer.Ordinal);
    private readonly List<string> _mistakes = [];
    private BackupManifest? _manifest;

    private BackupReader(string staging) => _staging = staging;

    public static async Task<JournalCheck> RestoreAsync(string file, string target, CancellationToken ct)
    {
        if (!File.Exists(file)) throw new InputException($"{file}: no such file.");
        var wasThere = Directory.Exists(target);
        if (wasThere && Directory.EnumerateFileSystemEntries(target).Any()) throw new InputException($"{target}: not empty. Restore into a new directory; nothing is overwritten.");
        await using var stream = Open(file);
        var staging = DataDirectory.Staging(target);
        bool isMine = false, isDone = false;
        try
        {
            using var directory = DataDirectory.Open(target);
            isMine = true;
            Directory.CreateDirectory(Path.Combine(staging, "journal"));
            var reader = new BackupReader(staging);
            await reader.UnpackAsync(stream, ct);
            var check = reader.Check(file);
            reader.PutInPlace(target);
            isDone = true;
            return check;
        }
        finally
        {
            // Half a backup looks like a whole one: nothing of it stays.
            if (isMine && !isDone) Clear(target, wasThere);
        }
    }

    private static FileStream Open(string file)
    {
        try
        {
            return File.OpenRead(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be read: {e.Message} Give a backup that this user may read.");
        }
    }

    private static void Clear(string target, bool wasThere)
    {
        if (!Directory.Exists(target)) return;
        foreach (var path in Directory.GetDirectories(target)) Directory.Delete(path, recursive: true);
        foreach (var path in Directory.GetFiles(target)) File.Delete(path);
        if (!wasThere) Directory.Delete(target);
    }

    private async Task UnpackAsync(Stream stream, CancellationToken ct)
    {
        await using var compressed = new GZipStream(stream, CompressionMode.Decompress);
        await using var tar = new TarReader(compressed);
        try
        {
            while (await ReadAsync(tar.GetNextEntryAsync(cancellationToken: ct)) is { } entry) await TakeAsync(entry, ct);
        }
        catch (InvalidDataException e)
        {
            _mistakes.Add(e.Message.TrimEnd('.'));
        }
    }

    private async Task TakeAsync(TarEntry entry, CancellationToken ct)
    {
        if (_manifest is null)
        {
            if (entry.Name != BackupManifest.EntryName || entry.DataStream is not { } json) throw new InvalidDataException("it does not begin with a manifest, so it is no backup of this program");
            _manifest = BackupManifest.Read(json);
            foreach (var file in _manifest.Files) _missing[file.Name] = file;
            return;
        }
        // Only the names that a backup writes: nothing outside the directory can be touched.
        if (!_missing.Remove(entry.Name, out var expected) || !DataDirectory.IsRecord(entry.Name)) throw new InvalidDataException($"{entry.Name}: not a file of the backup");
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) throw new InvalidDataException($"{entry.Name}: not a plain file");
        var path = Path.Combine(_staging, entry.Name);
        var (bytes, hash) = await CopyAsync(entry.DataStream ?? Stream.Null, path, ct);
        DiskFiles.MakeDurable(path);
        if (bytes != expected.Bytes) _mistakes.Add($"{entry.Name}: changed, {bytes} bytes instead of {expected.Bytes}");
        else if (hash != expected.Sha256) _mistakes.Add($"{entry.Name}: changed, its checksum is another");
    }

    private static async Task<(long Bytes, string Hash)> CopyAsync(Stream from, string path, CancellationToken ct)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows() && path.EndsWith("users.json", StringComparison.Ordinal)) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(path, options);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        long bytes = 0;
        for (int got; (got = await ReadAsync(from.ReadAsync(buffer, ct))) > 0; bytes += got)
        {
            hash.AppendData(buffer, 0, got);
            await file.WriteAsync(buffer.AsMemory(0, got), ct);
        }
        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>What fails here is the backup's fault; any other failure of a file is that of the disk.</summary>
    private static async Task<T> ReadAsync<T>(ValueTask<T> reading)
    {
        try
        {
            return await reading;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>All that a manifest promises, and a journal that holds together up to its end.</summary>
    private JournalCheck Check(string file)
    {
        if (_manifest is null && _mistakes.Count == 0) _mistakes.Add("it is empty");
        _mistakes.AddRange(_missing.Keys.Select(static name => $"{name}: missing"));
        var check = new JournalCheck(0, 0, 0, 0, []);
        if (_mistakes.Count == 0)
        {
            check = JournalRecovery.Check(new DiskFiles(Path.Combine(_staging, "journal")));
            _mistakes.AddRange(check.Damage);
            if (check.Damage.Count == 0 && check.Mark != _manifest!.Mark) _mistakes.Add($"its journal ends at {check.Mark.End} instead of {_manifest.JournalEnd}, or is another one");
        }
        if (_mistakes.Count == 0) return check;
        var more = _mistakes.Count > ListedMax ? $"; and {_mistakes.Count - ListedMax} more" : "";
        throw new InputException($"{file}: cannot be restored: {string.Join("; ", _mistakes.Take(ListedMax))}{more}. Nothing of it was kept; take another backup.");
    }

    /// <summary>As long as the staging directory is there nothing starts: it goes when all else is durable.</summary>
    private void PutInPlace(string target)
    {
        var names = new DiskFiles(target);
        names.SyncDirectory();
        foreach (var path in Directory.GetFiles(_staging)) File.Move(path, Path.Combine(target, Path.GetFileName(path)));
        Directory.Delete(Path.Combine(target, "journal"));
        Directory.Move(Path.Combine(_staging, "journal"), Path.Combine(target, "journal"));
        names.SyncDirectory();
        Directory.Delete(_staging);
        names.SyncDirectory();
    }
}
