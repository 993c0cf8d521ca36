using System.CommandLine;
using System.Formats.Tar;
using System.IO.Compression;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Commands;

/// <summary>
/// <c>backup | restore --data DIR FILE</c>: the journal and the users as one compressed tar. The projection is left out: it
/// is folded again from the journal.
/// </summary>
internal static class BackupCommand
{
    public static Command MakeBackup()
    {
        var (file, data) = (new Argument<string>("file"), Data());
        var command = new Command("backup", "Writes the journal and the users into one file (.tar.gz); the server must be stopped") { file, data };
        command.SetAction(async (result, ct) =>
        {
            var target = result.GetValue(file)!;
            if (File.Exists(target)) throw new InputException($"{target}: exists already. Give another name.");
            using var directory = DataDirectory.Open(result.GetValue(data)!, mustExist: true);
            var check = JournalRecovery.Check(new DiskFiles(directory.Journal), TwinQueries.ReadMark(directory.Database));
            if (check.Damage.Count > 0) throw new JournalException(string.Join('\n', check.Damage) + "\nNot backed up: the journal is damaged.");
            var part = target + ".part";
            await using (var stream = File.Create(part))
            {
                await using (var compressed = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
                await using (var tar = new TarWriter(compressed))
                {
                    foreach (var path in Directory.GetFiles(directory.Journal, "*.journal").Order(StringComparer.Ordinal)) await tar.WriteEntryAsync(path, "journal/" + Path.GetFileName(path), ct);
                    if (File.Exists(directory.Users)) await tar.WriteEntryAsync(directory.Users, "users.json", ct);
                }
            }
            DiskFiles.MakeDurable(part);
            File.Move(part, target);
            DiskFiles.MakeDurable(target);
            Console.WriteLine($"{target}: {check.Segments} segments, {check.Blocks} blocks, {check.Bytes} bytes");
            return 0;
        });
        return command;
    }

    public static Command MakeRestore()
    {
        var (file, data) = (new Argument<string>("file"), Data());
        var command = new Command("restore", "Brings a backup into an empty data directory") { file, data };
        command.SetAction(async (result, ct) =>
        {
            var target = result.GetValue(data)!;
            if (!File.Exists(result.GetValue(file))) throw new InputException($"{result.GetValue(file)}: no such file.");
            if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()) throw new InputException($"{target}: not empty. Restore into a new directory; nothing is overwritten.");
            using var directory = DataDirectory.Open(target);
            await using var stream = File.OpenRead(result.GetValue(file)!);
            await using var compressed = new GZipStream(stream, CompressionMode.Decompress);
            await using var tar = new TarReader(compressed);
            try
            {
                await ExtractAsync(tar, directory, ct);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or FormatException or InputException)
            {
                // Half a backup looks like a whole one: nothing of it stays.
                foreach (var path in Directory.GetFiles(directory.Journal)) File.Delete(path);
                File.Delete(directory.Users);
                throw new InputException($"{result.GetValue(file)}: cannot be restored: {e.Message} Nothing of it was kept.");
            }
            var check = JournalRecovery.Check(new DiskFiles(directory.Journal));
            Console.WriteLine($"{target}: {check.Segments} segments, {check.Blocks} blocks, {check.Bytes} bytes");
            foreach (var damage in check.Damage) Console.Error.WriteLine(damage);
            return check.Damage.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static async Task ExtractAsync(TarReader tar, DataDirectory directory, CancellationToken ct)
    {
        while (await tar.GetNextEntryAsync(cancellationToken: ct) is { } entry)
        {
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)) throw new InputException($"{entry.Name}: not a plain file.");
            // Only the names that a backup writes: nothing outside the directory can be touched.
            var name = Path.GetFileName(entry.Name);
            var path = entry.Name == "users.json" ? directory.Users : entry.Name == "journal/" + name ? Path.Combine(directory.Journal, name) : throw new InputException($"{entry.Name}: not a backup of MekongTwin.");
            await entry.ExtractToFileAsync(path, overwrite: false, ct);
        }
    }

    private static Option<string> Data() => new("--data") { Description = "Data directory", DefaultValueFactory = _ => "data" };
}
