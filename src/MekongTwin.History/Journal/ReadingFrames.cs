using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;

namespace MekongTwin.History.Journal;

/// <summary>Builds frames of readings that stand in pages: one for each run of one source's.</summary>
internal ref struct ReadingFrames
{
    /// <summary>Bytes of a reading in a frame of its own.</summary>
    private const int ReadingMost = Reading.Size + Frame.HeaderSize + ReadingsFrame.BodyHeaderSize;

    private readonly Dictionary<int, long> _receivedUs;
    private readonly List<(int Source, int Count)> _runs = [];
    private byte[] _bytes;
    private int _length;

    // Of the frame that grows.
    private int _frameAt = -1;
    private int _source;
    private int _count;

    public ReadingFrames(byte[] bytes, long readings, ImmutableArray<SourceTally> tallies)
    {
        _bytes = bytes;
        _receivedUs = tallies.ToDictionary(static tally => tally.Source, static tally => tally.LastReceivedUs);
        foreach (var tally in tallies) AddTally(tally);
        Reserve((int)Math.Min(readings * Reading.Size, Array.MaxLength / 2) + SealedReadings.EntryReadingsMax * ReadingMost);
    }

    public void Add(ReadOnlySpan<byte> page)
    {
        var point = 0;
        while (!page.IsEmpty)
        {
            var body = SealedReadings.Take(ref page, ref point, out var count);
            _runs.Clear();
            // Room for the readings, and a head where every other reading is another source's.
            Reserve(count * ReadingMost);
            var at = _length + Frame.HeaderSize + ReadingsFrame.BodyHeaderSize;
            if (_frameAt >= 0) at = _length;
            var readings = MemoryMarshal.Cast<byte, Reading>(_bytes.AsSpan(at, count * Reading.Size));
            SealedReadings.Read(body, point, readings, _runs);
            if (_runs.Count == 1) Append(_runs[0].Source, readings);
            else AppendRuns(readings.ToArray());
        }
    }

    public int Finish(out byte[] bytes)
    {
        Close();
        bytes = _bytes;
        return _length;
    }

    private void AppendRuns(ReadOnlySpan<Reading> readings)
    {
        foreach (var (source, count) in _runs)
        {
            Append(source, readings[..count]);
            readings = readings[count..];
        }
    }

    /// <summary>Appends readings, which may stand where they go.</summary>
    private void Append(int source, ReadOnlySpan<Reading> readings)
    {
        var bytes = MemoryMarshal.AsBytes(readings);
        if (_frameAt < 0 || source != _source)
        {
            // Before a head is put there, for it may go over what is appended.
            if (_frameAt >= 0) bytes = bytes.ToArray();
            Open(source);
        }
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
        _count += readings.Length;
    }

    private void AddTally(SourceTally tally)
    {
        var refusals = tally.Refusals.SelectMany(static refusal => Parts(refusal.Count), static (refusal, count) => (refusal.Reason, Count: count)).ToList();
        var size = Frame.HeaderSize + ReadingsFrame.BodyHeaderSize + refusals.Count * ReadingsFrame.RefusalSize;
        Reserve(size);
        var frame = _bytes.AsSpan(_length, size);
        frame.Clear();
        Frame.WriteHeader(frame, FrameKind.Readings);
        ReadingsFrame.WriteBodyHeader(frame[Frame.HeaderSize..], tally.Source, 0, tally.LastReceivedUs, refusals.Count);
        for (var i = 0; i < refusals.Count; i++)
            ReadingsFrame.WriteRefusal(frame[(Frame.HeaderSize + ReadingsFrame.BodyHeaderSize + i * ReadingsFrame.RefusalSize)..], refusals[i].Reason, refusals[i].Count);
        _length += size;
    }

    /// <summary>A frame counts no more than an int holds.</summary>
    private static IEnumerable<int> Parts(long count)
    {
        for (; count > int.MaxValue; count -= int.MaxValue) yield return int.MaxValue;
        if (count > 0) yield return (int)count;
    }

    private void Open(int source)
    {
        Close();
        (_frameAt, _source, _count) = (_length, source, 0);
        _length += Frame.HeaderSize + ReadingsFrame.BodyHeaderSize;
    }

    private void Close()
    {
        if (_frameAt < 0) return;
        var frame = _bytes.AsSpan(_frameAt, _length - _frameAt);
        Frame.WriteHeader(frame, FrameKind.Readings);
        ReadingsFrame.WriteBodyHeader(frame[Frame.HeaderSize..], _source, _count, _receivedUs.GetValueOrDefault(_source), 0);
    }

    private void Reserve(int bytes)
    {
        if (_length + bytes > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_length + bytes, _bytes.Length * 2));
    }
}
