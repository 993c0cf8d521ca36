using System.Buffers;
using System.IO.Compression;
using MekongTwin.Domain.Journal;

namespace MekongTwin.History.Journal;

/// <summary>A block of the journal as far as it holds other things than readings: its offset and its frames, each in its place.</summary>
internal readonly record struct KeptBlock(long Offset, byte[] Body);

/// <summary>
/// A page of frames that are no readings, to the byte, each with its block's journal offset and its place among the block's
/// frames: what quarantine holds is found by these. The page is deflated.
/// <code>for each frame: blockStep place kind length (varints), body[length]</code>
/// </summary>
internal static class SealedFrames
{
    /// <summary>Stands in a block where readings stood.</summary>
    public const FrameKind Gap = 0;

    public static void Write(long blockStep, int place, in Frame frame, ArrayBufferWriter<byte> into)
    {
        Varint.Put(into, (ulong)blockStep);
        Varint.Put(into, (ulong)place);
        Varint.Put(into, (ulong)frame.Kind);
        Varint.Put(into, (ulong)frame.Body.Length);
        into.Write(frame.Body);
    }

    public static byte[] Deflate(ReadOnlySpan<byte> page)
    {
        using var stream = new MemoryStream();
        using (var deflate = new DeflateStream(stream, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(page);
        return stream.ToArray();
    }

    /// <summary>The blocks of a page. Throws <see cref="InvalidDataException"/> where the bytes are none.</summary>
    public static IReadOnlyList<KeptBlock> Read(byte[] deflated, int length, long firstBlock)
    {
        var page = new byte[length];
        using (var inflate = new DeflateStream(new MemoryStream(deflated), CompressionMode.Decompress)) inflate.ReadExactly(page);
        var blocks = new List<KeptBlock>();
        var frames = new ArrayBufferWriter<byte>();
        var (offset, next) = (firstBlock, 0);
        for (ReadOnlySpan<byte> rest = page; !rest.IsEmpty;)
        {
            var step = (long)Varint.Take(ref rest);
            if (step > 0 && frames.WrittenCount > 0)
            {
                blocks.Add(new(offset, frames.WrittenSpan.ToArray()));
                frames.ResetWrittenCount();
                next = 0;
            }
            offset += step;
            for (var place = Varint.TakeCount(ref rest, Block.BodyMax / Frame.HeaderSize); next < place; next++) Put(Gap, [], frames);
            var kind = (FrameKind)Varint.TakeCount(ref rest, byte.MaxValue);
            var size = Varint.TakeCount(ref rest, Block.BodyMax);
            if (size > rest.Length) throw new InvalidDataException("A frame ends behind its page.");
            Put(kind, rest[..size], frames);
            rest = rest[size..];
            next++;
        }
        if (frames.WrittenCount > 0) blocks.Add(new(offset, frames.WrittenSpan.ToArray()));
        return blocks;
    }

    private static void Put(FrameKind kind, ReadOnlySpan<byte> body, ArrayBufferWriter<byte> into)
    {
        var frame = into.GetSpan(Frame.HeaderSize + body.Length)[..(Frame.HeaderSize + body.Length)];
        body.CopyTo(frame[Frame.HeaderSize..]);
        Frame.WriteHeader(frame, kind);
        into.Advance(frame.Length);
    }
}
