using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Silo.Twins;

namespace MekongTwin.Silo.Doors;

/// <summary>
/// Splits what a silo's doors admitted by partition: readings by their asset, what else there is by its source. Gives sources
/// the numbers that they have everywhere. One loop owns it.
/// </summary>
internal sealed class FrameSplitter(Region region)
{
    private const int HeaderSize = Frame.HeaderSize + ReadingsFrame.BodyHeaderSize;

    private readonly Dictionary<int, int> _numbers = [];
    private readonly ArrayBufferWriter<byte>[] _shares = [.. Enumerable.Range(0, region.Partitions).Select(_ => new ArrayBufferWriter<byte>())];
    private readonly int[] _counts = new int[region.Partitions];
    private int[] _order = [];

    /// <summary>Asks for the numbers of sources that are new here; while the database is away it waits.</summary>
    public async Task NameSourcesAsync(ReadOnlyMemory<byte> frames, Action<string?> fault, CancellationToken ct)
    {
        foreach (var (number, name) in FindSources(frames.Span))
        {
            _numbers[number] = await region.Retry.RunAsync(stop => region.Sources.NumberOfAsync(name, stop), fault, ct);
        }
    }

    /// <summary>The frames of each partition that has any.</summary>
    public List<(int Partition, byte[] Frames)> Split(ReadOnlySpan<byte> frames)
    {
        while (Frame.TryRead(ref frames, out var frame))
        {
            if (frame.Kind == FrameKind.Readings) SplitReadings(frame);
            else if (frame.Kind == FrameKind.Quarantine) Copy(frame);
        }
        var shares = new List<(int, byte[])>();
        for (var partition = 0; partition < _shares.Length; partition++)
        {
            if (_shares[partition].WrittenCount == 0) continue;
            shares.Add((partition, _shares[partition].WrittenSpan.ToArray()));
            _shares[partition].ResetWrittenCount();
        }
        return shares;
    }

    private static List<(int Number, string Name)> FindSources(ReadOnlySpan<byte> frames)
    {
        var found = new List<(int, string)>();
        while (Frame.TryRead(ref frames, out var frame))
        {
            if (frame.Kind == FrameKind.Source) found.Add(SourceFrame.Read(frame.Body));
        }
        return found;
    }

    private void SplitReadings(in Frame frame)
    {
        var map = region.Map;
        var whole = new ReadingsFrame(frame.Body);
        var source = _numbers[whole.Source];
        var home = source % _shares.Length;
        var readings = whole.Readings;
        Order(map, readings);
        for (int partition = 0, from = 0; partition < _counts.Length; from += _counts[partition++])
        {
            var refusals = partition == home ? whole.RefusalCount : 0;
            if (_counts[partition] == 0 && refusals == 0) continue;
            var size = HeaderSize + _counts[partition] * Reading.Size + refusals * ReadingsFrame.RefusalSize;
            var span = _shares[partition].GetSpan(size)[..size];
            Frame.WriteHeader(span, FrameKind.Readings);
            ReadingsFrame.WriteBodyHeader(span[Frame.HeaderSize..], source, _counts[partition], whole.ReceivedUs, refusals);
            var at = HeaderSize;
            foreach (var place in _order.AsSpan(from, _counts[partition]))
            {
                MemoryMarshal.Write(span[at..], readings[place]);
                at += Reading.Size;
            }
            for (var i = 0; i < refusals; i++, at += ReadingsFrame.RefusalSize)
            {
                var (reason, count) = whole.RefusalAt(i);
                ReadingsFrame.WriteRefusal(span[at..], reason, count);
            }
            _shares[partition].Advance(size);
        }
    }

    /// <summary>Places of the readings by partition, each partition's in their order.</summary>
    private void Order(PartitionMap map, ReadOnlySpan<Reading> readings)
    {
        if (_order.Length < readings.Length) _order = new int[Math.Max(readings.Length, _order.Length * 2)];
        Array.Clear(_counts);
        foreach (ref readonly var reading in readings) _counts[PartitionOf(map, reading)]++;
        Span<int> next = stackalloc int[_counts.Length];
        for (var partition = 1; partition < next.Length; partition++) next[partition] = next[partition - 1] + _counts[partition - 1];
        for (var i = 0; i < readings.Length; i++) _order[next[PartitionOf(map, readings[i])]++] = i;
    }

    private static int PartitionOf(PartitionMap map, in Reading reading) => map.PartitionOf(map.AssetOf(reading.Point));

    /// <summary>Its source is the first thing in its body.</summary>
    private void Copy(in Frame frame)
    {
        var source = _numbers[BinaryPrimitives.ReadInt32LittleEndian(frame.Body)];
        var share = _shares[source % _shares.Length];
        var size = Frame.HeaderSize + frame.Body.Length;
        var span = share.GetSpan(size)[..size];
        Frame.WriteHeader(span, frame.Kind);
        frame.Body.CopyTo(span[Frame.HeaderSize..]);
        BinaryPrimitives.WriteInt32LittleEndian(span[Frame.HeaderSize..], source);
        share.Advance(size);
    }
}
