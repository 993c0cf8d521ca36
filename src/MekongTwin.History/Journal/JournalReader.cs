namespace MekongTwin.History.Journal;

/// <summary>
/// Reads blocks from an offset on, each checked before it is handed out. Follows the writer up to a limit the caller gives.
/// Not thread-safe.
/// </summary>
public sealed class JournalReader : IDisposable
{
    private readonly IJournalFiles _files;
    private readonly Func<int> _rolls;
    private IReadOnlyList<Segment> _segments = [];
    private int _rollsSeen = -1;
    private Segment? _segment;
    private IJournalFile? _file;
    private long _segmentEnd;
    private byte[] _buffer = new byte[256 << 10];

    /// <summary>A reader of files that nobody writes.</summary>
    public JournalReader(IJournalFiles files, long offset) : this(files, offset, static () => 0)
    {
    }

    /// <summary>A reader beside a writer, which counts its new segments.</summary>
    internal JournalReader(IJournalFiles files, long offset, Func<int> rolls)
    {
        _files = files;
        _rolls = rolls;
        Offset = offset;
    }

    /// <summary>Journal offset of the next block.</summary>
    public long Offset { get; private set; }

    /// <summary>
    /// Reads the next block if it ends at or before <paramref name="limit"/>. The body stays valid until the next call.
    /// Throws <see cref="JournalException"/> for a damaged block.
    /// </summary>
    public bool TryRead(long limit, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (Offset >= limit) return false;
        if (!TryReadHere(out var length)) throw new JournalException($"{_segment?.Name ?? "journal"}: damaged block at journal offset {Offset}. Run 'verify' for the extent; restore the segment from a backup.");
        body = _buffer.AsSpan(Block.HeaderSize, length);
        Offset += Block.HeaderSize + length;
        return true;
    }

    public void Dispose() => _file?.Dispose();

    private bool TryReadHere(out int length)
    {
        length = -1;
        OpenSegment();
        if (_file is null) return false;
        var position = _segment!.Position(Offset);
        var got = _file.Read(position, _buffer.AsSpan(0, Block.HeaderSize));
        length = Block.BodyLength(_buffer.AsSpan(0, got), Offset);
        if (length < 0) return false;
        var size = Block.HeaderSize + length;
        if (_buffer.Length < size) Array.Resize(ref _buffer, size);
        return ReadFully(position, size) && Block.IsIntact(_buffer.AsSpan(0, size));
    }

    private bool ReadFully(long position, int size)
    {
        for (var filled = 0; filled < size;)
        {
            var got = _file!.Read(position + filled, _buffer.AsSpan(filled, size - filled));
            if (got == 0) return false;
            filled += got;
        }
        return true;
    }

    /// <summary>A segment counts up to the next one's first offset, so a new segment is looked for before every block.</summary>
    private void OpenSegment()
    {
        var rolls = _rolls();
        if (rolls == _rollsSeen && _segment is not null && Offset >= _segment.BaseOffset && Offset < _segmentEnd) return;
        if (rolls != _rollsSeen) _segments = Segment.List(_files);
        _rollsSeen = rolls;
        var index = _segments.Count - 1;
        while (index >= 0 && _segments[index].BaseOffset > Offset) index--;
        if (index < 0) throw new JournalException($"The journal starts after offset {Offset}: its oldest segments are gone.");
        _segmentEnd = index + 1 < _segments.Count ? _segments[index + 1].BaseOffset : long.MaxValue;
        if (_segments[index] == _segment) return;
        _file?.Dispose();
        _segment = _segments[index];
        _file = _files.Open(_segment.Name);
    }
}
