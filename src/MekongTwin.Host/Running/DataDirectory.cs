using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Running;

/// <summary>
/// The data directory: <c>journal/</c> (the record), <c>twin.db</c> (its projection), <c>studies/</c>, <c>users.json</c>, <c>lock</c>, and
/// <c>simulated</c> when its readings are. One process
/// at a time holds it.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    // What the system says of a lock that another process holds: Windows, Linux, macOS.
    private static readonly int[] Held = [unchecked((int)0x80070020), 11, 35];

    private const string Simulated = "simulated";

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    public string Journal => System.IO.Path.Combine(Path, "journal");

    public string Database => System.IO.Path.Combine(Path, "twin.db");

    public string Users => UsersFile(Path);

    public string Studies => System.IO.Path.Combine(Path, "studies");

    /// <summary>What cannot be made again, by its path in here: what a backup takes.</summary>
    public IReadOnlyList<string> Records =>
    [
        .. ((string[])["*.horizon", "*.seal", "*.journal"]).SelectMany(pattern => Directory.GetFiles(Journal, pattern).Select(path => "journal/" + System.IO.Path.GetFileName(path)).Order(StringComparer.Ordinal)),
        .. ((string[])["users.json", Simulated]).Where(name => File.Exists(System.IO.Path.Combine(Path, name))),
    ];

    /// <summary>True for a path that <see cref="Records"/> can have.</summary>
    public static bool IsRecord(string name) =>
        name is "users.json" or Simulated || (System.IO.Path.GetExtension(name) is ".journal" or ".seal" or ".horizon" && name == "journal/" + System.IO.Path.GetFileName(name));

    public static string UsersFile(string path) => System.IO.Path.Combine(path, "users.json");

    /// <summary>Where a restore works; it is there until the last of the backup is in place.</summary>
    public static string Staging(string path) => System.IO.Path.Combine(path, "restoring");

    /// <summary>Creates it where it is missing, and locks it.</summary>
    public static DataDirectory Open(string path, bool mustExist = false)
    {
        if (mustExist && !Directory.Exists(System.IO.Path.Combine(path, "journal"))) throw new InputException($"{path}: no data directory. Give the one that 'serve --data' used.");
        try
        {
            Directory.CreateDirectory(System.IO.Path.Combine(path, "journal"));
            var held = new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (!Directory.Exists(Staging(path))) return new(path, held);
            // Who restores holds the lock: there is nobody any more.
            held.Dispose();
        }
        catch (IOException e) when (Held.Contains(e.HResult))
        {
            throw new InputException($"{path}: another MekongTwin uses this data directory. Stop it, or give another one with --data.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--data {path}: cannot be written: {e.Message} Give a directory that this user may write to.");
        }
        throw new InputException($"{path}: a restore into it was interrupted. Empty it and restore again, or give another one with --data.");
    }

    /// <summary>
    /// Simulated and real readings never share a directory: figures of both would look real. The first reading decides.
    /// </summary>
    public void Dedicate(bool simulated, Func<bool> holdsReadings)
    {
        var mark = System.IO.Path.Combine(Path, Simulated);
        if (File.Exists(mark) == simulated) return;
        var isHeld = holdsReadings();
        if (isHeld && !simulated) throw new InputException($"{Path}: holds simulated readings, and without the simulator they would look real. Give another directory with --data, or say --simulate on.");
        if (isHeld) throw new InputException($"{Path}: holds readings of real devices; the simulator would mix its own with them. Give another directory with --data, or say --simulate off.");
        if (simulated) File.WriteAllText(mark, "This directory holds simulated readings.\n");
        else File.Delete(mark);
    }

    public void Dispose() => _lock.Dispose();
}
