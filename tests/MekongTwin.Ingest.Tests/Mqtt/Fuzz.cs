using FsCheck;
using FsCheck.Fluent;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>Whatever arrives, the connection ends with a reason of the protocol; it neither fails nor hangs.</summary>
public sealed class Fuzz
{
    private static readonly byte[][] Samples =
    [
        Bytes.Publish(ProtocolVersion.V5, "t/1", "first", qos: 1, id: 1, properties: Bytes.Alias(1)),
        Bytes.Publish(ProtocolVersion.V311, "t/1", "second", qos: 2, id: 2),
        Bytes.Release(2), Bytes.Ping,
        Bytes.Subscribe(ProtocolVersion.V5, 3, "mt/v1/live/#", "a/+"),
        Bytes.Subscribe(ProtocolVersion.V311, 3, "mt/v1/live/#", "a/+"),
        Bytes.Unsubscribe(ProtocolVersion.V5, 4, "mt/v1/live/#"),
        Bytes.Connect(), [0x40, 2, 0, 1], [0xF0, 0], [0xE0, 2, 4, 0],
    ];

    [Fact]
    public void RandomBytesEndWithAReason() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(200),
            Prop.ForAll<byte[]>(bytes => ServeAsync([bytes]).GetAwaiter().GetResult()));

    [Fact]
    public void RandomBytesAfterConnectEndWithAReason() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(200),
            Prop.ForAll<byte[], bool>((bytes, five) => ServeAsync([ConnectOf(five), bytes]).GetAwaiter().GetResult()));

    [Fact]
    public void SpoiledPacketsEndWithAReason() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000),
            Prop.ForAll<int, bool>((seed, five) => ServeAsync([ConnectOf(five), Spoil(seed)]).GetAwaiter().GetResult()));

    private static byte[] ConnectOf(bool five) => Bytes.Connect(five ? ProtocolVersion.V5 : ProtocolVersion.V311, "fuzz");

    /// <summary>A few sound packets with a few bytes changed, removed or doubled.</summary>
    private static byte[] Spoil(int seed)
    {
        Random random = new(seed);
        List<byte> bytes = [.. Enumerable.Range(0, 4).SelectMany(_ => Samples[random.Next(Samples.Length)])];
        for (int change = random.Next(1, 4); change > 0 && bytes.Count > 0; change--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(3))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.Insert(at, bytes[at]);
                    break;
            }
        }

        return [.. bytes];
    }

    private static async Task ServeAsync(byte[][] pieces)
    {
        await using Door door = new(journal: new FakeJournal { CommitsAtOnce = true });
        RawClient client = door.Open(segmentSize: 5);
        foreach (byte[] piece in pieces)
        {
            await client.SendAsync(piece);
        }

        await client.HangUpAsync();
        Assert.NotEqual(CloseReason.Fault, await client.ClosedAsync());
    }
}
