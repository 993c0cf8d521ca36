using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using MekongTwin.Domain.Journal;
using MekongTwin.History.Journal;
using MekongTwin.Host.Backups;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>A backup is whole or refused, with the name of what is not as it was, and leaves nothing half-written.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly JournalOptions Small = new() { SegmentBytes = 100, Linger = TimeSpan.FromMilliseconds(1) };

    private readonly TemporaryDirectory _directory = new();

    private string Target => _directory.In("restored");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ABackupSaysWhatItHoldsAndIsRestoredAsItWas()
    {
        var (file, check) = await BackedUpAsync();
        using (var manifest = JsonDocument.Parse(Entries(file)[0].Content))
        {
            Assert.Equal(check.Mark.End, manifest.RootElement.GetProperty("journalEnd").GetInt64());
            Assert.Equal(JournalFormat.Version, manifest.RootElement.GetProperty("journalFormat").GetInt32());
            Assert.Equal(check.Segments + 2, manifest.RootElement.GetProperty("files").GetArrayLength());
        }
        var restored = await BackupReader.RestoreAsync(file, Target, TestContext.Current.CancellationToken);
        Assert.Equal(check.Mark, restored.Mark);
        using var before = DataDirectory.Open(_directory.In("data"));
        using var after = DataDirectory.Open(Target);
        Assert.Equal(before.Records, after.Records);
        Assert.All(before.Records, name => Assert.Equal(File.ReadAllBytes(Path.Combine(before.Path, name)), File.ReadAllBytes(Path.Combine(after.Path, name))));
        Assert.Equal(["journal", "lock", "simulated", "users.json"], Directory.GetFileSystemEntries(Target).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file) | File.GetUnixFileMode(after.Users));
    }

    [Fact]
    public async Task AnyFileThatIsMissingOrChangedIsNamed()
    {
        var (file, _) = await BackedUpAsync();
        var entries = Entries(file);
        Assert.True(entries.Count > 4);
        foreach (var (name, content) in entries.Skip(1))
        {
            Assert.Contains($"{name}: missing", await RefusedAsync(entries.Where(entry => entry.Name != name)), StringComparison.Ordinal);
            byte[] other = [.. content[..^1], (byte)(content[^1] ^ 1)];
            Assert.Contains($"{name}: changed", await RefusedAsync(entries.Select(entry => entry.Name == name ? (name, other) : entry)), StringComparison.Ordinal);
            Assert.Contains($"{name}: changed", await RefusedAsync(entries.Select(entry => entry.Name == name ? (name, content[..^1]) : entry)), StringComparison.Ordinal);
        }
        Assert.Contains("../x: not a file of the backup", await RefusedAsync([.. entries, ("../x", [1])]), StringComparison.Ordinal);
        Assert.Contains("manifest", await RefusedAsync(entries.Skip(1)), StringComparison.Ordinal);
        Assert.Contains("cannot be restored", await RefusedAsync([]), StringComparison.Ordinal);
        // As a whole it can be cut anywhere, and be no archive at all.
        var whole = File.ReadAllBytes(file);
        foreach (var length in (int[])[0, 1, 20, whole.Length / 2])
        {
            File.WriteAllBytes(_directory.In("cut"), whole[..length]);
            Assert.Contains("cannot be restored", await RefusedAsync(_directory.In("cut")), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AManifestThatWasChangedWithItsFilesIsStillHeldAgainstTheJournal()
    {
        var (file, check) = await BackedUpAsync();
        var entries = Entries(file);
        var last = entries.Last(entry => entry.Name.EndsWith(".journal", StringComparison.Ordinal)).Name;
        var manifest = System.Text.Json.Nodes.JsonNode.Parse(entries[0].Content)!;
        var files = manifest["files"]!.AsArray();
        files.Remove(files.Single(each => (string)each!["name"]! == last));
        entries[0] = (entries[0].Name, JsonSerializer.SerializeToUtf8Bytes(manifest));
        Assert.Contains($"instead of {check.Mark.End}", await RefusedAsync(entries.Where(entry => entry.Name != last)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhereItCannotBeWrittenIsSaidAndNothingIsLeft()
    {
        using var data = DataDirectory.Open(_directory.In("data"));
        Directory.CreateDirectory(_directory.In("there"));
        File.WriteAllText(_directory.In("taken.part"), "somebody's");
        foreach (var target in (string[])[_directory.In("no", "such", "b.tar.gz"), _directory.In("there"), _directory.In("taken"), .. OperatingSystem.IsLinux() ? ["/proc/b.tar.gz"] : (string[])[]])
        {
            var refusal = await Assert.ThrowsAsync<InputException>(() => BackupWriter.WriteAsync(data, target, TestContext.Current.CancellationToken));
            Assert.StartsWith(target + ": ", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("Give ", refusal.Message, StringComparison.Ordinal);
        }
        Assert.Equal("somebody's", File.ReadAllText(_directory.In("taken.part")));
        Assert.Equal(["data", "taken.part", "there"], Directory.GetFileSystemEntries(_directory.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ADirectoryWhoseRestoreWasInterruptedIsRefused()
    {
        var (file, _) = await BackedUpAsync();
        await BackupReader.RestoreAsync(file, Target, TestContext.Current.CancellationToken);
        // All is in place but for the last step.
        var staging = Directory.CreateDirectory(DataDirectory.Staging(Target));
        var refusal = Assert.Throws<InputException>(() => DataDirectory.Open(Target, mustExist: true));
        Assert.Contains("restore again", refusal.Message, StringComparison.Ordinal);
        staging.Delete();
        DataDirectory.Open(Target, mustExist: true).Dispose();
    }

    private async Task<(string File, JournalCheck Check)> BackedUpAsync()
    {
        using var data = DataDirectory.Open(_directory.In("data"));
        using (var journal = JournalLog.Open(new DiskFiles(data.Journal), Small))
        {
            for (byte i = 0; i < 6; i++)
            {
                Assert.True(journal.TryAppend(Frame.Make(FrameKind.Model, new byte[50 + i]), urgent: true, out var ticket));
                await journal.WaitDurableAsync(ticket, TestContext.Current.CancellationToken);
            }
        }
        Users.Add(data.Users, "office", Domain.Access.Role.Admin, "secret");
        File.WriteAllText(_directory.In("data", "simulated"), "simulated");
        var file = _directory.In("backup.tar.gz");
        return (file, await BackupWriter.WriteAsync(data, file, TestContext.Current.CancellationToken));
    }

    private static List<(string Name, byte[] Content)> Entries(string file)
    {
        using var compressed = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        using var tar = new TarReader(compressed);
        var entries = new List<(string, byte[])>();
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            entries.Add((entry.Name, content.ToArray()));
        }
        return entries;
    }

    private Task<string> RefusedAsync(IEnumerable<(string Name, byte[] Content)> entries)
    {
        var file = _directory.In("changed.tar.gz");
        using (var compressed = new GZipStream(File.Create(file), CompressionLevel.Fastest))
        using (var tar = new TarWriter(compressed))
        {
            foreach (var (name, content) in entries) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        }
        return RefusedAsync(file);
    }

    private async Task<string> RefusedAsync(string file)
    {
        var refusal = await Assert.ThrowsAsync<InputException>(() => BackupReader.RestoreAsync(file, Target, TestContext.Current.CancellationToken));
        Assert.False(Path.Exists(Target), "something is left");
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal.Message;
    }
}
