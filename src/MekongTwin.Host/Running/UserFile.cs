using System.Text.Json;
using System.Text.Json.Serialization;
using MekongTwin.History.Journal;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Running;

/// <summary>users.json, the users of a data directory. A change of the file is seen within a second of being asked.</summary>
internal sealed class UserFile : IUserList
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private readonly string _file;
    private readonly Lock _gate = new();
    private volatile UserSnapshot _snapshot;
    private DateTime _stamp;
    private long _nextLook;

    public UserFile(string file)
    {
        _file = file;
        _stamp = Stamp();
        _snapshot = new(Read(file));
    }

    public static IReadOnlyList<UserEntry> Read(string file)
    {
        if (!File.Exists(file)) return [];
        try
        {
            var entries = JsonSerializer.Deserialize<List<UserEntry?>>(File.ReadAllBytes(file), Json) ?? [];
            var broken = entries.FindIndex(static entry => !UserEntry.IsWhole(entry));
            return broken < 0 ? [.. entries.Select(static entry => entry!)] : throw new InputException($"{file}: $[{broken}]: not a whole user. Mend it or restore it from a backup.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be read: {e.Message} Let this user read it, or give another data directory.");
        }
        catch (JsonException e)
        {
            throw new InputException($"{file}:{(e.LineNumber ?? 0) + 1}: {e.Path}: not a users file. Mend it or restore it from a backup.");
        }
    }

    public UserSnapshot Look()
    {
        if (Environment.TickCount64 >= Volatile.Read(ref _nextLook)) Refresh();
        return _snapshot;
    }

    public Task AddAsync(UserEntry entry, CancellationToken ct)
    {
        Write(_file, [.. Read(_file).Where(user => user.Name != entry.Name), entry]);
        return Task.CompletedTask;
    }

    public Task<bool> RevokeAsync(string name, CancellationToken ct)
    {
        var entries = Read(_file);
        if (entries.All(user => user.Name != name)) return Task.FromResult(false);
        Write(_file, [.. entries.Where(user => user.Name != name)]);
        return Task.FromResult(true);
    }

    private DateTime Stamp() => File.Exists(_file) ? File.GetLastWriteTimeUtc(_file) : default;

    private void Refresh()
    {
        lock (_gate)
        {
            Volatile.Write(ref _nextLook, Environment.TickCount64 + 1000);
            try
            {
                var stamp = Stamp();
                if (stamp == _stamp) return;
                _snapshot = new(Read(_file));
                _stamp = stamp;
            }
            catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
            {
                if (!_snapshot.IsBroken) _snapshot = _snapshot with { IsBroken = true };
            }
        }
    }

    private static void Write(string file, IReadOnlyList<UserEntry> entries)
    {
        var temporary = file + ".new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(temporary, options))
            {
                JsonSerializer.Serialize(stream, entries, Json);
            }
            DiskFiles.MakeDurable(temporary);
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw new InputException($"{file}: cannot be written: {e.Message} Nothing was changed. Give a data directory that this user may write to.");
        }
        try
        {
            DiskFiles.MakeDurable(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: was changed, but a power cut may undo it: {e.Message} Mend the disk and do it again.");
        }
    }
}
