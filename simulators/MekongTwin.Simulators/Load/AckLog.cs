namespace MekongTwin.Simulators.Load;

/// <summary>What the server has acknowledged, one line a reading: "topic time value". Handed to the system before it is counted.</summary>
internal sealed class AckLog(string path) : IDisposable
{
    private readonly FileStream _file = new(path, FileMode.Append, FileAccess.Write, FileShare.Read, 0);
    private readonly Lock _lock = new();

    public void Append(ReadOnlySpan<byte> lines)
    {
        lock (_lock) _file.Write(lines);
    }

    public void Dispose() => _file.Dispose();
}
