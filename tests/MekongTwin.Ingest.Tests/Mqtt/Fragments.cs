using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>The same stream, cut in every way, means the same.</summary>
public sealed class Fragments
{
    private static readonly byte[][] Packets =
    [
        Bytes.Connect(ProtocolVersion.V5),
        Bytes.Publish(ProtocolVersion.V5, "t/1", "first"),
        Bytes.Publish(ProtocolVersion.V5, "t/2", "second", qos: 1, id: 1, properties: Bytes.Alias(3)),
        Bytes.Ping,
        Bytes.Publish(ProtocolVersion.V5, "", new string('x', 150), qos: 2, id: 2, properties: Bytes.Alias(3)),
        Bytes.Subscribe(ProtocolVersion.V5, 4, "other/#"),
        Bytes.Publish(ProtocolVersion.V5, "t/3", ""),
        Bytes.Disconnect,
    ];

    private static readonly byte[] Stream = [.. Packets.SelectMany(packet => packet)];

    private static readonly string[] Expected = ["t/1=first", "t/2=second", "t/2=" + new string('x', 150), "t/3="];

    public static TheoryData<int> Cuts() => [.. Enumerable.Range(1, Stream.Length - 1)];

    public static TheoryData<int> SegmentSizes() => [.. Enumerable.Range(1, 80).Append(Stream.Length - 1).Append(Stream.Length)];

    [Theory]
    [MemberData(nameof(Cuts))]
    public async Task AStreamCutAtAnyByteMeansTheSame(int cut)
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient client = door.Open();
        await client.SendAsync(Stream[..cut]);
        await Task.Yield();
        await client.SendAsync(Stream[cut..]);
        await AssertWholeAsync(door, client);
    }

    [Theory]
    [MemberData(nameof(SegmentSizes))]
    public async Task AStreamInSegmentsOfAnySizeMeansTheSame(int size)
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient client = door.Open(size);
        await client.SendAsync(Stream);
        await AssertWholeAsync(door, client);
    }

    /// <summary>Each packet in one segment of its own: the end of a packet is the end of a segment.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task PacketsThatEndOnSegmentBoundariesAreAllFoundInOnePass(int perSegment)
    {
        byte[] publish = Bytes.Publish(ProtocolVersion.V311, "t", "1");
        await using Door door = new();
        RawClient client = await door.ConnectAsync(segmentSize: publish.Length * perSegment);
        byte[] connectRest = Bytes.Ping;
        await client.SendAsync(connectRest);
        await client.ReadAsync();
        await client.SendAsync([.. Enumerable.Repeat(publish, 50)]);
        await Wait.UntilAsync(() => door.Journal.Submitted.Length == 50, "all fifty");
    }

    [Fact]
    public async Task OneByteAtATimeMeansTheSame()
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient client = door.Open();
        foreach (byte each in Stream)
        {
            await client.SendAsync([each]);
            await Task.Yield();
        }

        await AssertWholeAsync(door, client);
    }

    private static async Task AssertWholeAsync(Door door, RawClient client)
    {
        Assert.Equal(CloseReason.ClientDisconnected, await client.ClosedAsync());
        Assert.Equal(Expected, door.Journal.Submitted);
        Assert.Equal(0, door.Server.Status.BufferedBytes);
        Assert.Equal(PacketType.ConnAck, RawClient.TypeOf(await client.ReadAsync()));
    }
}
