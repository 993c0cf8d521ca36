using System.Buffers;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>What to do after a packet.</summary>
internal enum PacketStep
{
    /// <summary>Handled; go on.</summary>
    Next,

    /// <summary>Handled; leave the rest for another pass.</summary>
    Stop,

    /// <summary>Not handled: there is no room for it now. It stays unread.</summary>
    Later,
}

/// <summary>Takes the packets a <see cref="PacketSplitter"/> finds.</summary>
internal interface IPacketSink
{
    /// <summary>One complete packet within the size limit. The body is valid during the call only.</summary>
    PacketStep OnPacket(FixedHeader header, ReadOnlySpan<byte> body);

    /// <summary>The header of a packet whose body is still under way: refuse here what can be refused early.</summary>
    void OnIncomplete(FixedHeader header);
}

/// <summary>
/// Finds every complete packet in what a pipe has received. Packets inside one segment are handed over where they lie;
/// one that straddles segments is copied, once it is complete, to a pooled buffer. Nothing is sized by a declared length.
/// </summary>
internal sealed class PacketSplitter : IDisposable
{
    private byte[]? _scratch;

    /// <summary>The largest packet taken, header included.</summary>
    public int MaximumPacketSize { get; set; }

    /// <summary>True for 5.0: the remaining length must be minimal [MQTT-1.5.5-1].</summary>
    public bool RequireMinimalLength { get; set; }

    /// <summary>Packets handed over since the last <see cref="TakeCount"/>.</summary>
    public int Count { get; private set; }

    public int TakeCount()
    {
        int count = Count;
        Count = 0;
        return count;
    }

    /// <summary>Hands over packets and moves <paramref name="buffer"/> past them until one is incomplete or the sink stops.</summary>
    public PacketStep Split(ref ReadOnlySequence<byte> buffer, IPacketSink sink)
    {
        while (true)
        {
            PacketStep step = SplitSegment(buffer.FirstSpan, sink, out int taken);
            if (taken > 0)
            {
                buffer = buffer.Slice(taken);
            }

            if (step != PacketStep.Next)
            {
                return step;
            }

            // The rest of the segment is an incomplete packet, or nothing: what follows may lie in later segments.
            if (!TrySplitStraddling(ref buffer, sink, out step) || step != PacketStep.Next)
            {
                return step;
            }
        }
    }

    public void Dispose()
    {
        if (_scratch is not null)
        {
            ArrayPool<byte>.Shared.Return(_scratch);
            _scratch = null;
        }
    }

    private PacketStep SplitSegment(ReadOnlySpan<byte> span, IPacketSink sink, out int taken)
    {
        taken = 0;
        ReadOnlySpan<byte> rest = span;
        while (FixedHeader.TryRead(rest, out FixedHeader header))
        {
            RequireLegal(header);
            if (header.Size > rest.Length)
            {
                break;
            }

            PacketStep step = sink.OnPacket(header, rest[header.Length..header.Size]);
            if (step == PacketStep.Later)
            {
                return step;
            }

            Count++;
            taken += header.Size;
            if (step == PacketStep.Stop)
            {
                return step;
            }

            rest = span[taken..];
        }

        return PacketStep.Next;
    }

    /// <summary>Handles the packet at the front whichever segments it lies in. False: it is not complete.</summary>
    private bool TrySplitStraddling(ref ReadOnlySequence<byte> buffer, IPacketSink sink, out PacketStep step)
    {
        step = PacketStep.Next;
        Span<byte> front = stackalloc byte[FixedHeader.MaxLength];
        ReadOnlySequence<byte> start = buffer.Slice(0, Math.Min(buffer.Length, FixedHeader.MaxLength));
        start.CopyTo(front);
        if (!FixedHeader.TryRead(front[..(int)start.Length], out FixedHeader header))
        {
            return false;
        }

        RequireLegal(header);
        if (header.Size > buffer.Length)
        {
            sink.OnIncomplete(header);
            return false;
        }

        step = sink.OnPacket(header, Gather(buffer.Slice(header.Length, header.RemainingLength)));
        if (step != PacketStep.Later)
        {
            Count++;
            buffer = buffer.Slice(header.Size);
        }

        return true;
    }

    private ReadOnlySpan<byte> Gather(ReadOnlySequence<byte> body)
    {
        int length = (int)body.Length;
        if (_scratch is null || _scratch.Length < length)
        {
            Dispose();
            _scratch = ArrayPool<byte>.Shared.Rent(length);
        }

        body.CopyTo(_scratch);
        return _scratch.AsSpan(0, length);
    }

    private void RequireLegal(FixedHeader header)
    {
        if (header.Size > MaximumPacketSize)
        {
            MalformedPacketException.Throw(ReasonCode.PacketTooLarge, $"A packet of {header.Size} bytes exceeds {MaximumPacketSize} [MQTT-3.1.2-24].");
        }

        if (RequireMinimalLength && !header.IsMinimal)
        {
            MalformedPacketException.Malformed("The remaining length is longer than needed [MQTT-1.5.5-1].");
        }

        header.RequireLegalFlags();
    }
}
