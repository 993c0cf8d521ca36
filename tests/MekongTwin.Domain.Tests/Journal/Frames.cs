using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Tests.Journal;

public sealed class Frames
{
    private static readonly Reading[] Readings =
    [
        new(long.MaxValue, long.MinValue, int.MaxValue, ushort.MaxValue, Quality.Good, ReadingFlags.Historical | ReadingFlags.ReceiveTime),
        new(0, 0, 0, 0, Quality.Bad, ReadingFlags.None),
        new(-1, -1, 1, 1, Quality.Stale, ReadingFlags.Historical),
    ];

    private static readonly QuarantineEntry Aside = new(
        3, 17, Refusal.UnknownUnit, "mt/v1/vn-dad/trạm/P", "ñ\0n", "kΩ", -5, long.MinValue, -400, Quality.Uncertain, ReadingFlags.Historical, [0, 255, 1]);

    private static byte[] ReadingsFrameOf(ReadOnlySpan<Reading> readings, params (Refusal Reason, int Count)[] refusals)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size + refusals.Length * ReadingsFrame.RefusalSize];
        ReadingsFrame.WriteBodyHeader(body, 42, readings.Length, 123_456, refusals.Length);
        MemoryMarshal.AsBytes(readings).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        var at = ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size;
        foreach (var (reason, count) in refusals)
        {
            ReadingsFrame.WriteRefusal(body.AsSpan(at), reason, count);
            at += ReadingsFrame.RefusalSize;
        }
        return Frame.Make(FrameKind.Readings, body);
    }

    [Fact]
    public void ReadingsComeBackAsTheyWere()
    {
        ReadOnlySpan<byte> bytes = ReadingsFrameOf(Readings, (Refusal.Expired, 7), (Refusal.ValueOutOfRange, int.MaxValue));
        Assert.True(Frame.TryRead(ref bytes, out var frame));
        Assert.True(bytes.IsEmpty);
        Assert.Equal(FrameKind.Readings, frame.Kind);
        var readings = new ReadingsFrame(frame.Body);
        Assert.Equal(42, readings.Source);
        Assert.Equal(123_456, readings.ReceivedUs);
        Assert.Equal(Readings, readings.Readings.ToArray());
        Assert.Equal(2, readings.RefusalCount);
        Assert.Equal((Refusal.Expired, 7), readings.RefusalAt(0));
        Assert.Equal((Refusal.ValueOutOfRange, int.MaxValue), readings.RefusalAt(1));
    }

    [Fact]
    public void ADiscardComesBackAsItWas()
    {
        var discard = new DiscardEntry(7, Refusal.AncientTime, "mt/v1/vn-dad/trạm/P", "ñ");
        ReadOnlySpan<byte> bytes = discard.ToFrame();
        Assert.True(Frame.TryRead(ref bytes, out var frame));
        Assert.Equal((FrameKind.Discard, discard), (frame.Kind, DiscardEntry.Read(frame.Body)));
    }

    [Fact]
    public void AQuarantineEntryComesBackAsItWas()
    {
        ReadOnlySpan<byte> bytes = Aside.ToFrame();
        Assert.True(Frame.TryRead(ref bytes, out var frame));
        var read = QuarantineEntry.Read(frame.Body);
        Assert.Equal(Aside with { Payload = [] }, read with { Payload = Aside.Payload.Length == read.Payload.Length ? [] : read.Payload });
        Assert.Equal(Aside.Payload, read.Payload);
    }

    [Fact]
    public void ASourceAndAReleaseComeBackAsTheyWere()
    {
        ReadOnlySpan<byte> bytes = (byte[])[.. SourceFrame.Make(7, "mqtt:cảm biến"), .. new ReleaseEntry(7, Refusal.UnknownPoint, "t", "n", [new(4096, 2), new(9999, 0)]).ToFrame()];
        Assert.True(Frame.TryRead(ref bytes, out var source));
        Assert.Equal((7, "mqtt:cảm biến"), SourceFrame.Read(source.Body));
        Assert.True(Frame.TryRead(ref bytes, out var release));
        var read = ReleaseEntry.Read(release.Body);
        Assert.Equal((7, Refusal.UnknownPoint, "t", "n", 2), (read.Source, read.Reason, read.Topic, read.Name, read.Count));
        Assert.Equal([new(4096, 2), new(9999, 0)], read.Places);
        Assert.False(Frame.TryRead(ref bytes, out _));
    }

    [Fact]
    public void AFrameCutAtAnyByteIsNotAFrame()
    {
        foreach (var whole in (byte[][])[ReadingsFrameOf(Readings, (Refusal.Expired, 1)), Aside.ToFrame(), SourceFrame.Make(1, "a")])
        {
            for (var length = 0; length < whole.Length; length++)
            {
                ReadOnlySpan<byte> cut = whole.AsSpan(0, length);
                Assert.False(Frame.TryRead(ref cut, out _));
                Assert.Equal(length, cut.Length);
            }
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(7u)]
    [InlineData(uint.MaxValue)]
    [InlineData(0x80000000u)]
    public void AnImpossibleLengthIsNotAFrame(uint length)
    {
        var bytes = new byte[64];
        BitConverter.TryWriteBytes(bytes, length);
        ReadOnlySpan<byte> rest = bytes;
        Assert.False(Frame.TryRead(ref rest, out _));
    }

    [Fact]
    public void FramesInARowAreReadOneByOneUntilWhatIsNoFrame() => Law.Holds(Gen.Choose(0, 200).ArrayOf(10), sizes =>
    {
        ReadOnlySpan<byte> bytes = (byte[])[.. sizes.SelectMany(size => Frame.Make(FrameKind.Model, new byte[size])), 1, 2, 3];
        foreach (var size in sizes)
        {
            Assert.True(Frame.TryRead(ref bytes, out var frame));
            Assert.Equal(size, frame.Body.Length);
        }
        Assert.False(Frame.TryRead(ref bytes, out _));
        Assert.Equal(3, bytes.Length);
    });

    [Fact]
    public void TheOrderOfRefusalsIsPartOfTheFormat() => Assert.Equal(
        ["None", "Undecodable", "UnknownPoint", "UnknownUnit", "FutureTime", "AncientTime", "TopicNotServed", "ValueOutOfRange", "Expired", "NotPermitted", "TwinFaulted", "Discarded"],
        Enum.GetNames<Refusal>());
}
