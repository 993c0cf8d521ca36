using System.Buffers;
using System.Collections.Immutable;
using MekongTwin.Domain.Journal;

namespace MekongTwin.History.Journal;

/// <summary>Writes a seal under a name of its own: frames, then readings, then what they add up to. Memory: a page of each.</summary>
internal sealed class SealWriter : IDisposable
{
    /// <summary>A page is closed when it has this size.</summary>
    public const int PageBytes = 16 << 10;

    private const int FramePageBytes = 64 << 10;

    private readonly IJournalFile _file;
    private readonly ArrayBufferWriter<byte> _page = new(2 * PageBytes);
    private readonly SealedReadings.Scratch _scratch = new();
    private readonly List<ReadingPage> _pages = [];
    private readonly List<FramePage> _frames = [];
    private long _at = Seal.HeaderSize;
    private long _readings;

    // Of the page of frames that fills.
    private long _firstBlock;
    private long _lastBlock;

    public SealWriter(IJournalFiles files, string name) => _file = files.Create(name);

    /// <summary>Adds a frame that is none of readings. They come in the journal's order.</summary>
    public void Add(long block, int place, in Frame frame)
    {
        // A block is in one page.
        if (_page.WrittenCount >= FramePageBytes && block != _lastBlock) CloseFrames();
        if (_page.WrittenCount == 0) _firstBlock = _lastBlock = block;
        SealedFrames.Write(block - _lastBlock, place, frame, _page);
        _lastBlock = block;
    }

    /// <summary>Adds all readings, sorted by <see cref="SourcedReading.Compare"/>, behind all frames.</summary>
    public void Add(ReadOnlySpan<SourcedReading> sorted, CancellationToken ct)
    {
        CloseFrames();
        _readings += sorted.Length;
        for (int from = 0, pageFrom = 0; from < sorted.Length;)
        {
            var to = from + 1;
            while (to < sorted.Length && to - from < SealedReadings.EntryReadingsMax && sorted[to].Reading.Point == sorted[from].Reading.Point) to++;
            SealedReadings.Write(sorted[from..to], from == pageFrom ? 0 : sorted[from - 1].Reading.Point, _scratch, _page);
            from = to;
            if (_page.WrittenCount < PageBytes && from < sorted.Length) continue;
            ct.ThrowIfCancellationRequested();
            Close(sorted[pageFrom..from]);
            pageFrom = from;
        }
    }

    /// <summary>Writes what says where everything is; then the file is whole, and durable.</summary>
    public void Finish(long baseOffset, long endOffset, long journal, ImmutableArray<SourceTally> tallies)
    {
        CloseFrames();
        var directory = new SealDirectory([.. _pages], [.. _frames], tallies).ToBytes();
        _file.Write(_at, directory);
        _file.Write(0, Seal.MakeHeader(baseOffset, endOffset, journal, _readings, _at, directory));
        _file.Sync();
    }

    public void Dispose() => _file.Dispose();

    private void Close(ReadOnlySpan<SourcedReading> readings)
    {
        long min = long.MaxValue, max = long.MinValue;
        int most = 0, run = 0;
        for (var i = 0; i < readings.Length; i++)
        {
            min = Math.Min(min, readings[i].Reading.TimeUs);
            max = Math.Max(max, readings[i].Reading.TimeUs);
            run = i > 0 && readings[i].Reading.Point == readings[i - 1].Reading.Point ? run + 1 : 1;
            most = Math.Max(most, run);
        }
        var page = _page.WrittenSpan;
        _pages.Add(new(_at, page.Length, Seal.Checksum(page), readings[0].Reading.Point, readings[^1].Reading.Point, most, min, max));
        Write(page);
    }

    private void CloseFrames()
    {
        if (_page.WrittenCount == 0) return;
        var page = SealedFrames.Deflate(_page.WrittenSpan);
        _frames.Add(new(_at, page.Length, _page.WrittenCount, Seal.Checksum(page), _firstBlock, _lastBlock));
        Write(page);
    }

    private void Write(ReadOnlySpan<byte> page)
    {
        _file.Write(_at, page);
        _at += page.Length;
        _page.ResetWrittenCount();
    }
}
