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

    /// <summary>Makes created and deleted names durable.</summary>
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
    public IReadOnlyList<string> List(string extension) =>
        [.. Directory.GetFiles(directory, "*" + extension).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public IJournalFile Create(string name) => new DiskFile(Path.Combine(directory, name), FileMode.CreateNew);

    public IJournalFile Open(string name) => new DiskFile(Path.Combine(directory, name), FileMode.Open);

    public void Delete(string name) => File.Delete(Path.Combine(directory, name));

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

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int PosixOpen(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int PosixSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int PosixClose(int descriptor);

    private sealed class DiskFile(string path, FileMode mode) : IJournalFile
    {
        private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _handle =
            File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

        public long Length => RandomAccess.GetLength(_handle);

        public int Read(long offset, Span<byte> into) => RandomAccess.Read(_handle, into, offset);

        public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(_handle, bytes, offset);

        public void Sync() => RandomAccess.FlushToDisk(_handle);

        public void Truncate(long length) => RandomAccess.SetLength(_handle, length);

        public void Dispose() => _handle.Dispose();
    }
}
