using System.Runtime.InteropServices;

namespace MekongTwin.History.Journal;

/// <summary>The few file operations the journal needs; the tests' version loses, tears and fails.</summary>
public interface IJournalFiles
{
    /// <summary>Names of the files with this ending, sorted.</summary>
    IReadOnlyList<string> List(string extension);

    /// <summary>Creates an empty file; it must not exist.</summary>
    IJournalFile Create(string name);

    IJournalFile Open(string name);

    void Delete(string name);

    /// <summary>Gives a file another name, which must be free. There is always a file of one of the two.</summary>
    void Rename(string name, string newName);

    /// <summary>Makes created, changed and deleted names durable.</summary>
    void SyncDirectory();
}

/// <summary>One open file. Reads may run beside one writer.</summary>
public interface IJournalFile : IDisposable
{
    long Length { get; }

    int Read(long offset, Span<byte> into);

    void Write(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>Returns once everything written is on the device; throws if that is not certain.</summary>
    void Sync();

    void Truncate(long length);
}

/// <summary>Files in a directory of the operating system.</summary>
public sealed partial class DiskFiles(string directory) : IJournalFiles
{
    // EINTR.
    private const int Interrupted = 4;

    public IReadOnlyList<string> List(string extension) =>
        [.. Directory.GetFiles(directory, "*" + extension).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public IJournalFile Create(string name) => new DiskFile(Path.Combine(directory, name), FileMode.CreateNew);

    public IJournalFile Open(string name) => new DiskFile(Path.Combine(directory, name), FileMode.Open);

    public void Delete(string name) => File.Delete(Path.Combine(directory, name));

    public void Rename(string name, string newName) => File.Move(Path.Combine(directory, name), Path.Combine(directory, newName));

    /// <summary>Makes a file that was written by other means durable, and its name.</summary>
    public static void MakeDurable(string path)
    {
        using (var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite)) SyncFile(handle, path);
        new DiskFiles(Path.GetDirectoryName(Path.GetFullPath(path))!).SyncDirectory();
    }

    public void SyncDirectory()
    {
        // Windows makes names durable with the file itself.
        if (OperatingSystem.IsWindows()) return;
        var descriptor = PosixOpen(directory, 0);
        if (descriptor < 0) throw new IOException($"Cannot open {directory} to make its names durable (errno {Marshal.GetLastPInvokeError()}).");
        try
        {
            if (PosixSync(descriptor) != 0) throw new IOException($"Cannot make the names in {directory} durable (errno {Marshal.GetLastPInvokeError()}).");
        }
        finally
        {
            _ = PosixClose(descriptor);
        }
    }

    /// <summary>
    /// The runtime's own flush cannot be trusted with this on Unix: in .NET 10 it returns normally whatever fsync says (its
    /// native part turns -1 into 1, and the managed part asks for less than 0). So fsync is called and asked directly.
    /// </summary>
    private static void SyncFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path)
    {
        // On macOS it also empties the drive's own cache, which fsync does not.
        if (!OperatingSystem.IsLinux()) RandomAccess.FlushToDisk(handle);
        if (OperatingSystem.IsWindows()) return;
        while (PosixSync(handle) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw new IOException($"{path}: not made durable: {Marshal.GetPInvokeErrorMessage(error)}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int PosixOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int PosixSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int PosixSync(Microsoft.Win32.SafeHandles.SafeFileHandle descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int PosixClose(int descriptor);

    private sealed class DiskFile(string path, FileMode mode) : IJournalFile
    {
        private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _handle =
            File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

        public long Length => RandomAccess.GetLength(_handle);

        public int Read(long offset, Span<byte> into) => RandomAccess.Read(_handle, into, offset);

        public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_handle, bytes, offset);

        public void Sync() => SyncFile(_handle, path);

        public void Truncate(long length) => RandomAccess.SetLength(_handle, length);

        public void Dispose() => _handle.Dispose();
    }
}
