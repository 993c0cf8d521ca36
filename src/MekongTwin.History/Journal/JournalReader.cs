using System.Buffers;

namespace MekongTwin.History.Journal;

/// <summary>How a reader hands out what is sealed.</summary>
public enum SealedAs
{
    /// <summary>First the blocks with what is no reading, then all readings of the stretch, sorted by point and time.</summary>
    Everything,

    /// <summary>Only the blocks with what is no reading.</summary>
    FramesBesideReadings,
}

/// <summary>
/// Reads blocks from an offset on, each checked before it is handed out: what is sealed from its seals, the rest from the
/// segments. A raw reading that came too late for a step of retention is handed out as a refusal. Follows the writer up to a limit the
/// caller gives. Not thread-safe.
/// </summary>
public sealed class JournalReader : IDisposable
{
    private readonly IJournalFiles _files;
    private readonly SealedHistory _history;
    private readonly SealedAs _sealedAs;
    private readonly Func<int> _changes;
    private IReadOnlyList<Segment> _segments = [];
    private int _changesSeen = -1;
    private Segment? _segment;
    private IJournalFile? _file;
    private long _segmentEnd;
    private byte[] _buffer = new byte[256 << 10];
    private ArrayBufferWriter<byte>? _refused;

    // The sealed stretch that is being read.
    private Seal? _seal;
    private IEnumerator<KeptBlock>? _blocks;

    /// <summary>A reader of files that nobody writes.</summary>
    public JournalReader(IJournalFiles files, long offset, SealedAs sealedAs = SealedAs.Everything) : this(files, SealedHistory.Open(files), offset, sealedAs, static () => 0)
    {
    }

    /// <summary>A reader beside a writer, which counts its new segments and seals.</summary>
    internal JournalReader(IJournalFiles files, SealedHistory history, long offset, SealedAs sealedAs, Func<int> changes)
    {
        _files = files;
        _history = history;
        _sealedAs = sealedAs;
        _changes = changes;
        Offset = offset;
    }

    /// <summary>Journal offset up to which everything was handed out: of a sealed stretch all or nothing.</summary>
    public long Offset { get; private set; }

    /// <summary>Journal offset of the block that was handed out last; of a sealed stretch's readings the stretch's.</summary>
    public long Block { get; private set; }

    /// <summary>True when that was sealed.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>
    /// Reads the next block if it ends at or before <paramref name="limit"/>. The body stays valid until the next call.
    /// Throws <see cref="JournalException"/> for a damaged block; what is damaged in a sealed stretch is noted there and left out.
    /// </summary>
    public bool TryRead(long limit, out ReadOnlySpan<byte> body)
    {
        body = default;
        while (Offset < limit)
        {
            if (_history.Find(Offset) is { } seal)
            {
                if (seal.EndOffset > limit) return false;
                if (TryReadSealed(seal, out body)) return true;
            }
            else if (TryReadRaw(out body))
            {
                return true;
            }
        }
        return false;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _blocks?.Dispose();
    }

    /// <summary>The next part of a sealed stretch; false when there is none left, and the offset is behind it, or when another seal took its place before it began.</summary>
    private bool TryReadSealed(Seal seal, out ReadOnlySpan<byte> body)
    {
        if (_seal?.BaseOffset != seal.BaseOffset)
        {
            if (_sealedAs == SealedAs.Everything && Offset != seal.BaseOffset) throw new JournalException($"Journal offset {Offset} lies within a sealed stretch, {seal.Name}: it is read from its beginning.");
            _blocks?.Dispose();
            (_seal, _blocks) = (seal, seal.ReadBlocks(Offset, _history.Damage).GetEnumerator());
        }
        IsSealed = true;
        body = default;
        if (!TryMoveNext(out var isBlock)) return false;
        if (isBlock)
        {
            Block = _blocks!.Current.Offset;
            body = _blocks.Current.Body;
            return true;
        }
        if (_sealedAs == SealedAs.Everything && !TryReadFrames(seal, out body)) return false;
        (Block, Offset) = (seal.BaseOffset, seal.EndOffset);
        return _sealedAs == SealedAs.Everything;
    }

    /// <summary>False when another seal took the place of the one that is read, before its first block: behind it, its file is open.</summary>
    private bool TryMoveNext(out bool isBlock)
    {
        isBlock = false;
        try
        {
            isBlock = _blocks!.MoveNext();
            return true;
        }
        catch (ObjectDisposedException)
        {
            _seal = null;
            return false;
        }
    }

    /// <summary>False when another seal took its place meanwhile.</summary>
    private bool TryReadFrames(Seal seal, out ReadOnlySpan<byte> body)
    {
        body = default;
        try
        {
            var length = seal.ReadFrames(ref _buffer, _history.Damage);
            body = _buffer.AsSpan(0, length);
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>The next block of a segment; false when it was sealed meanwhile.</summary>
    private bool TryReadRaw(out ReadOnlySpan<byte> body)
    {
        body = default;
        try
        {
            if (!TryReadHere(out var length)) throw new JournalException($"{_segment?.Name ?? "journal"}: damaged block at journal offset {Offset}. Run 'verify' for the extent; restore the segment from a backup.");
            body = Admitted(_buffer.AsSpan(Journal.Block.HeaderSize, length));
            (Block, IsSealed) = (Offset, false);
            Offset += Journal.Block.HeaderSize + length;
            return true;
        }
        catch (Exception e) when (e is JournalException or FileNotFoundException && _history.Find(Offset) is not null)
        {
            return false;
        }
    }

    /// <summary>A raw block's frames as the step of retention that holds there has them.</summary>
    private ReadOnlySpan<byte> Admitted(ReadOnlySpan<byte> body)
    {
        if (_history.HorizonAt(Offset) is not { } horizon || !ExpiredReadings.Any(body, horizon)) return body;
        ExpiredReadings.Refuse(body, horizon, _refused ??= new());
        return _refused.WrittenSpan;
    }

    private bool TryReadHere(out int length)
    {
        length = -1;
        OpenSegment();
        if (_file is null) return false;
        var position = _segment!.Position(Offset);
        var got = _file.Read(position, _buffer.AsSpan(0, Journal.Block.HeaderSize));
        length = Journal.Block.BodyLength(_buffer.AsSpan(0, got), Offset);
        if (length < 0) return false;
        var size = Journal.Block.HeaderSize + length;
        if (_buffer.Length < size) Array.Resize(ref _buffer, size);
        return ReadFully(position, size) && Journal.Block.IsIntact(_buffer.AsSpan(0, size));
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
        var changes = _changes();
        if (changes == _changesSeen && _segment is not null && Offset >= _segment.BaseOffset && Offset < _segmentEnd) return;
        if (changes != _changesSeen) _segments = Segment.List(_files);
        _changesSeen = changes;
        var index = _segments.Count - 1;
        while (index >= 0 && _segments[index].BaseOffset > Offset) index--;
        if (index < 0) throw new JournalException($"The journal starts after offset {Offset}: its oldest segments are gone.");
        _segmentEnd = index + 1 < _segments.Count ? _segments[index + 1].BaseOffset : long.MaxValue;
        if (_segments[index] == _segment) return;
        _file?.Dispose();
        _file = null;
        _file = _files.Open(_segments[index].Name);
        _segment = _segments[index];
    }
}
