using MekongTwin.History.Journal;

namespace MekongTwin.Benchmarks.Pipe;

/// <summary>Journal files in memory, written over and over in one place: the journal's own cost without the disk's.</summary>
internal sealed class MemoryFiles : IJournalFiles
{
    private readonly Dictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public IReadOnlyList<string> List(string extension)
    {
        lock (_gate) return [.. _files.Keys.Where(name => name.EndsWith(extension, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    public IJournalFile Create(string name)
    {
        lock (_gate) return _files[name] = new();
    }

    public IJournalFile Open(string name)
    {
        lock (_gate) return _files[name];
    }

    public void Delete(string name)
    {
        lock (_gate) _files.Remove(name);
    }

    public void Rename(string name, string newName)
    {
        lock (_gate)
        {
            _files[newName] = _files[name];
            _files.Remove(name);
        }
    }

    public void SyncDirectory()
    {
        // Nothing outlives the process.
    }

    private sealed class MemoryFile : IJournalFile
    {
        private byte[] _place = new byte[8 << 20];

        public long Length { get; private set; }

        public int Read(long offset, Span<byte> into) => throw new NotSupportedException("What was written is gone: these files are for writing only.");

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_place);
            Length = Math.Max(Length, offset + bytes.Length);
        }

        public void Sync()
        {
            // Memory is as durable as this gets.
        }

        public void Truncate(long length) => Length = length;

        public void Dispose() => _place = [];
    }
}
