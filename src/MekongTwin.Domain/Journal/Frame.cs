using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Journal;

/// <summary>
/// What the journal holds, little-endian. A frame is
/// <code>length:u32 kind:u8 pad:3 body[length-8]</code>
/// The length counts the whole frame. Frames travel in blocks, one a group commit; the block carries the checksum.
/// </summary>
public enum FrameKind : byte
{
    /// <summary>One door's admitted readings and the counts of those it refused.</summary>
    Readings = 1,

    /// <summary>Something kept aside with its reason.</summary>
    Quarantine = 2,

    /// <summary>A source's number and name.</summary>
    Source = 3,

    /// <summary>The whole model from here on, compressed JSON.</summary>
    Model = 4,

    /// <summary>Readings that left quarantine: they follow as readings of the same source.</summary>
    Release = 5,

    /// <summary>Somebody threw away all that quarantine held of one kind until here.</summary>
    Discard = 6,

    /// <summary>Whose append the frames behind it are, and its number: one that is sent again is recognised. Cluster edition only.</summary>
    Door = 7,
}

/// <summary>Why a reading was not admitted. The order is part of the journal's format: only append.</summary>
public enum Refusal : byte
{
    None = 0,

    // Quarantined: kept, can be mapped and taken in later.
    Undecodable,
    UnknownPoint,
    UnknownUnit,
    FutureTime,
    AncientTime,

    // Rejected: counted by reason only.
    TopicNotServed,
    ValueOutOfRange,
    Expired,
    NotPermitted,

    /// <summary>The twin failed on it; the reading stays in the journal, and is folded when the twin succeeds again.</summary>
    TwinFaulted,

    /// <summary>Was in quarantine until somebody threw it away.</summary>
    Discarded,
}

/// <summary>A frame as read back: its kind and body.</summary>
public readonly ref struct Frame(FrameKind kind, ReadOnlySpan<byte> body)
{
    public const int HeaderSize = 8;

    public FrameKind Kind { get; } = kind;

    public ReadOnlySpan<byte> Body { get; } = body;

    /// <summary>Takes the next frame off the bytes; false at their end or when they are not a frame.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out Frame frame)
    {
        frame = default;
        if (bytes.Length < HeaderSize) return false;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length < HeaderSize || length > bytes.Length) return false;
        frame = new((FrameKind)bytes[4], bytes[HeaderSize..(int)length]);
        bytes = bytes[(int)length..];
        return true;
    }

    /// <summary>Writes a frame's header in front of a body already in place.</summary>
    public static void WriteHeader(Span<byte> frame, FrameKind kind)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)frame.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], (byte)kind);
    }

    /// <summary>A whole frame around a body.</summary>
    public static byte[] Make(FrameKind kind, ReadOnlySpan<byte> body)
    {
        var frame = new byte[HeaderSize + body.Length];
        body.CopyTo(frame.AsSpan(HeaderSize));
        WriteHeader(frame, kind);
        return frame;
    }
}

/// <summary>Body of <see cref="FrameKind.Readings"/>: source:i32 readings:i32 received:i64 refusals:i32 pad:4, readings, refusals.</summary>
public readonly ref struct ReadingsFrame
{
    public const int BodyHeaderSize = 24;
    public const int RefusalSize = 8;

    private readonly ReadOnlySpan<byte> _body;

    public ReadingsFrame(ReadOnlySpan<byte> body) => _body = body;

    public int Source => BinaryPrimitives.ReadInt32LittleEndian(_body);

    public long ReceivedUs => BinaryPrimitives.ReadInt64LittleEndian(_body[8..]);

    public ReadOnlySpan<Reading> Readings => MemoryMarshal.Cast<byte, Reading>(_body.Slice(BodyHeaderSize, ReadingCount * Reading.Size));

    public int RefusalCount => BinaryPrimitives.ReadInt32LittleEndian(_body[16..]);

    private int ReadingCount => BinaryPrimitives.ReadInt32LittleEndian(_body[4..]);

    /// <summary>The i-th refusal: a reason and how many readings it counts.</summary>
    public (Refusal Reason, int Count) RefusalAt(int index)
    {
        var at = _body[(BodyHeaderSize + ReadingCount * Reading.Size + index * RefusalSize)..];
        return ((Refusal)at[0], BinaryPrimitives.ReadInt32LittleEndian(at[4..]));
    }

    /// <summary>Writes the body's header; readings and refusals follow it.</summary>
    public static void WriteBodyHeader(Span<byte> body, int source, int readings, long receivedUs, int refusals)
    {
        BinaryPrimitives.WriteInt32LittleEndian(body, source);
        BinaryPrimitives.WriteInt32LittleEndian(body[4..], readings);
        BinaryPrimitives.WriteInt64LittleEndian(body[8..], receivedUs);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], refusals);
    }

    public static void WriteRefusal(Span<byte> at, Refusal reason, int count)
    {
        BinaryPrimitives.WriteInt32LittleEndian(at, (byte)reason);
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], count);
    }
}

/// <summary>
/// Something kept in quarantine. A decoded reading has its topic or <see cref="Name"/>, its value (Mantissa · 10^Exponent), unit
/// and time, and the beginning of its payload; what could not be decoded has the payload.
/// </summary>
public sealed record QuarantineEntry(int Source, long ReceivedUs, Refusal Reason, string Topic, string Name, string Unit, long TimeUs, long Mantissa, int Exponent, Quality Quality, ReadingFlags Flags, byte[] Payload)
{
    /// <summary>Most bytes of a payload that are kept of what could not be decoded.</summary>
    public const int PayloadMax = 4096;

    /// <summary>Most bytes of a payload that are kept beside a value, to be shown.</summary>
    public const int SampleMax = 256;

    public byte[] ToFrame()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Source);
            writer.Write((byte)Reason);
            writer.Write((byte)Quality);
            writer.Write((byte)Flags);
            writer.Write((byte)0);
            writer.Write(ReceivedUs);
            writer.Write(TimeUs);
            writer.Write(Mantissa);
            writer.Write(Exponent);
            writer.Write(Topic);
            writer.Write(Name);
            writer.Write(Unit);
            writer.Write(Payload.Length);
            writer.Write(Payload);
        }
        return Frame.Make(FrameKind.Quarantine, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    public static QuarantineEntry Read(ReadOnlySpan<byte> body)
    {
        using var reader = new BinaryReader(new MemoryStream(body.ToArray()), Encoding.UTF8);
        var source = reader.ReadInt32();
        var reason = (Refusal)reader.ReadByte();
        var quality = (Quality)reader.ReadByte();
        var flags = (ReadingFlags)reader.ReadByte();
        reader.ReadByte();
        var received = reader.ReadInt64();
        var time = reader.ReadInt64();
        var mantissa = reader.ReadInt64();
        var exponent = reader.ReadInt32();
        return new(source, received, reason, reader.ReadString(), reader.ReadString(), reader.ReadString(), time, mantissa, exponent, quality, flags, reader.ReadBytes(reader.ReadInt32()));
    }
}

/// <summary>Body of <see cref="FrameKind.Source"/>: number:i32, name UTF-8.</summary>
public static class SourceFrame
{
    public static byte[] Make(int number, string name)
    {
        var body = new byte[4 + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteInt32LittleEndian(body, number);
        Encoding.UTF8.GetBytes(name, body.AsSpan(4));
        return Frame.Make(FrameKind.Source, body);
    }

    public static (int Number, string Name) Read(ReadOnlySpan<byte> body) =>
        (BinaryPrimitives.ReadInt32LittleEndian(body), Encoding.UTF8.GetString(body[4..]));
}

/// <summary>Body of <see cref="FrameKind.Door"/>: door:i64 sequence:i64.</summary>
public static class DoorFrame
{
    public static byte[] Make(long door, long sequence)
    {
        var body = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(body, door);
        BinaryPrimitives.WriteInt64LittleEndian(body.AsSpan(8), sequence);
        return Frame.Make(FrameKind.Door, body);
    }

    public static (long Door, long Sequence) Read(ReadOnlySpan<byte> body) =>
        (BinaryPrimitives.ReadInt64LittleEndian(body), BinaryPrimitives.ReadInt64LittleEndian(body[8..]));
}

/// <summary>Where an entry stands: its block's journal offset, and its place among the block's frames.</summary>
public readonly record struct FramePlace(long Block, int Index);

/// <summary>Entries of one quarantine group that were taken in, each by its place: what is not named here is still kept.</summary>
public sealed record ReleaseEntry(int Source, Refusal Reason, string Topic, string Name, IReadOnlyList<FramePlace> Places)
{
    public int Count => Places.Count;

    public byte[] ToFrame()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Source);
            writer.Write((byte)Reason);
            writer.Write(Topic);
            writer.Write(Name);
            writer.Write(Places.Count);
            foreach (var place in Places)
            {
                writer.Write(place.Block);
                writer.Write(place.Index);
            }
        }
        return Frame.Make(FrameKind.Release, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    public static ReleaseEntry Read(ReadOnlySpan<byte> body)
    {
        using var reader = new BinaryReader(new MemoryStream(body.ToArray()), Encoding.UTF8);
        var source = reader.ReadInt32();
        var reason = (Refusal)reader.ReadByte();
        var (topic, name) = (reader.ReadString(), reader.ReadString());
        var places = new FramePlace[reader.ReadInt32()];
        for (var i = 0; i < places.Length; i++) places[i] = new(reader.ReadInt64(), reader.ReadInt32());
        return new(source, reason, topic, name, places);
    }
}

/// <summary>A quarantine group that was thrown away: every entry of it that stands before this frame and was not taken in.</summary>
public sealed record DiscardEntry(int Source, Refusal Reason, string Topic, string Name)
{
    public byte[] ToFrame()
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Source);
            writer.Write((byte)Reason);
            writer.Write(Topic);
            writer.Write(Name);
        }
        return Frame.Make(FrameKind.Discard, stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    public static DiscardEntry Read(ReadOnlySpan<byte> body)
    {
        using var reader = new BinaryReader(new MemoryStream(body.ToArray()), Encoding.UTF8);
        return new(reader.ReadInt32(), (Refusal)reader.ReadByte(), reader.ReadString(), reader.ReadString());
    }
}
