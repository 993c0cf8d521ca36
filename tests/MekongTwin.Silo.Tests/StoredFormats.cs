using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Tests;

/// <summary>What format 1 wrote, byte by byte: it is read for ever. None of these bytes may ever be changed; a new form is added below.</summary>
public sealed class StoredFormats
{
    private const long Start = 1_793_000_700_000_000;

    private static readonly Reading One = new(Start + 1, -412_600_000, 70_000, 3, Quality.Good, ReadingFlags.ReceiveTime);
    private static readonly Reading Two = new(Start + 2, long.MaxValue, 1, 0, Quality.Bad, ReadingFlags.Historical);

    private static readonly PointWindow[] Windows =
    [
        new(70_000, Start, 3, 1, 1, (Int128)long.MaxValue * 5, -1, long.MaxValue, 0, Start + 899_999_999, -123_456_789, 900_000_000),
        new(70_001, Start, 1, 1, 0, 0, 0, 0, 0, long.MinValue, 0, 0),
    ];

    private static readonly Contribution Sum = new(1, 2, 3, -4, 5, 6, 7_000_000_000, 8, 9, 10, 11, 12, 13, 14);

    [Fact]
    public void AQuarterOfAnHour()
    {
        const string windows = "0204e0c50806020204f6ffffffffffffffff0101feffffffffffffffff0100fea3a7da06a9b4de7580a4a7da06e2c5080202000000000000010000";
        var (read, sum) = FactsCodec.ReadWindows(Bytes(windows), Start);
        Assert.Equal(Windows, read);
        Assert.Equal(default, sum);
        (read, sum) = FactsCodec.ReadWindows(Bytes(windows + "020406070a0c8098dc933410121416181a1c"), Start);
        Assert.Equal(Windows, read);
        Assert.Equal(Sum, sum);
    }

    [Fact]
    public void AnAssetsState()
    {
        var state = FactsCodec.ReadState(Bytes("02600137ce81b95e0600403968e7ffffffff70110100030005020237ce81b95e0600ffffffffffffff7f01000000000000010e048080800180dcf19cb0aeaf068adcf19cb0aeaf06"));
        Assert.Equal([One, Two], state.Latest);
        Assert.Equal([new(7, 2, 1 << 20, Start, Start + 5)], state.SetAside);
        Assert.Equal([One, Two], FactsCodec.ReadReadings(Bytes("0137ce81b95e0600403968e7ffffffff70110100030005020237ce81b95e0600ffffffffffffff7f0100000000000001")));
    }

    [Fact]
    public void AnAccountAndTheDoors()
    {
        var line = new LedgerLine();
        FactsCodec.AddTo(line, Bytes("02d00f880e7880dcf19cb0aeaf0600c8019003d804a006e807b009f80ac00c880ed00f9811"));
        Assert.Equal((1000, 900, 60, Start), (line.Journalled, line.Stored, line.Duplicate, line.LastReceivedUs));
        for (var reason = Refusal.None; reason <= Refusal.Discarded; reason++) Assert.Equal((int)reason * 100, line[reason]);
        Assert.Equal([(7, 1_000_000), (8, 3)], FactsCodec.ReadDoors(Bytes("020e80897a1006")));
    }

    [Fact]
    public void FramesOfTheJournal()
    {
        var readings = new ReadingsFrame(Body(FrameKind.Readings, "400000000100000003000000010000000037ce81b95e060001000000000000000137ce81b95e0600403968e7ffffffff70110100030005020200000005000000"));
        Assert.Equal((3, Start), (readings.Source, readings.ReceivedUs));
        Assert.Equal([One], readings.Readings.ToArray());
        Assert.Equal((1, (Refusal.UnknownPoint, 5)), (readings.RefusalCount, readings.RefusalAt(0)));
        var kept = QuarantineEntry.Read(Body(FrameKind.Quarantine, "3f0000000200000003000000020502000037ce81b95e06000137ce81b95e0600e2efffffffffffffffffffff076d742f76312f780150026b57020000003431"));
        Assert.Equivalent(new QuarantineEntry(3, Start, Refusal.UnknownPoint, "mt/v1/x", "P", "kW", Start + 1, -4126, -1, Quality.Good, ReadingFlags.ReceiveTime, "41"u8.ToArray()), kept, strict: true);
        var taken = ReleaseEntry.Read(Body(FrameKind.Release, "27000000050000000300000002076d742f76312f78015001000000000010000000000004000000"));
        Assert.Equivalent(new ReleaseEntry(3, Refusal.UnknownPoint, "mt/v1/x", "P", [new(1 << 20, 4)]), taken, strict: true);
        Assert.Equal(new DiscardEntry(3, Refusal.UnknownPoint, "mt/v1/x", "P"), DiscardEntry.Read(Body(FrameKind.Discard, "17000000060000000300000002076d742f76312f780150")));
        Assert.Equal((7, 300), DoorFrame.Read(Body(FrameKind.Door, "180000000700000007000000000000002c01000000000000")));
    }

    [Fact]
    public void TheModel()
    {
        // Stored compressed; which bytes that makes is Brotli's own business.
        const string json = """
            {"Cities":[{"Id":"vn-dad","Name":"Da Nang","Country":"VN","Zone":"Asia/Ho_Chi_Minh","Geography":"g","Source":"s","Languages":["vi","en"]}],
            "Assets":[{"Number":0,"Id":"vn-dad","Kind":"City","Name":"Da Nang","ElectricalParent":-1,"AdministrativeParent":-1},
            {"Number":1,"Id":"vn-dad/tx/1","Kind":"Transformer","Name":"T","ElectricalParent":-1,"AdministrativeParent":0,"RatingKva":400,"Customers":7}],
            "Points":[{"Number":0,"Asset":1,"Metric":"P","Unit":"kW","Kind":"Gauge","HoldUs":1800000000,"MinMicro":-5,"MaxMicro":5}],
            "Devices":[{"City":"vn-dad","Device":"d","Asset":1}],
            "Names":[{"Name":"n","Point":0,"FromFolder":true}]}
            """;
        using var stream = new MemoryStream();
        using (var brotli = new BrotliStream(stream, CompressionLevel.Fastest, leaveOpen: true)) brotli.Write(Encoding.UTF8.GetBytes(json));
        var model = ModelCodec.Decompress(stream.ToArray());
        Assert.Equal(("Asia/Ho_Chi_Minh", "s", "vi"), (model.Cities[0].Zone, model.Cities[0].Source, model.Cities[0].Languages[0]));
        Assert.Equal(("vn-dad/tx/1", AssetKind.Transformer, 0, 400.0, 7), (model.Assets[1].Id.Path, model.Assets[1].Kind, model.Assets[1].AdministrativeParent, model.Assets[1].RatingKva, model.Assets[1].Customers));
        Assert.Equal(("P", "kW", PointKind.Gauge, 1_800_000_000, -5, 5), (model.Points[0].Metric, model.Points[0].Unit.Code, model.Points[0].Kind, model.Points[0].HoldUs, model.Points[0].MinMicro, model.Points[0].MaxMicro));
        Assert.Equal((new DeviceMapping("vn-dad", "d", 1), new NameMapping("n", 0) { FromFolder = true }), (model.Devices[0], model.Names[0]));
    }

    /// <summary>A script that ran somewhere stays as it was: what is to change comes as another one.</summary>
    [Fact]
    public void ScriptsOfTheSchema()
    {
        string[] scripts =
        [
            "1-journal.sql 06b8bb2b42d587a5f2e2ca67820630789760fe9a1996994b73769070094b32b7",
            "2-membership.sql b775cffff460ed8ab00b679cf7e1f286f09fa10433c036ee973c32def0785395",
            "3-facts.sql 7aad62971cccb825202ca97abb39abfc05b5258ee061e811f3f939476f251688",
            "4-users.sql fdf01880880e5a2659880f834831333804754f90393d95d460b7d58598e802ef",
            "5-formats.sql 744281a9c0c75cfe753ce102f997bebc859be369e4746aedba81f38aff8afe79",
            "6-folders.sql 8ac3773f50671d50c8c8561bcf26aafabe850f79330c9e9a555f96451aef61e9",
            "7-silo-names.sql 42bbc49aeac883037acce77d2cc7f24fdfa03140791cd3deb9c93febaa3ec4f7",
            "8-studies.sql 8b8b60db22cf91876b9d5b01c0ae2ebfdd5aa162531cb1a9425577f1e311d740",
        ];
        var assembly = typeof(Schema).Assembly;
        Assert.Equal(scripts, assembly.GetManifestResourceNames().Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(name =>
        {
            using var script = assembly.GetManifestResourceStream(name)!;
            return $"{name} {Convert.ToHexStringLower(SHA256.HashData(script))}";
        }));
    }

    [Theory]
    [InlineData("0400", "format 2; this program knows up to 1")]
    [InlineData("0000", "format 0")]
    [InlineData("0200020406070a0c8098dc933410121416181a1c02", "more figures")]
    public void ANewerQuarterIsRefused(string body, string why) => Refuses(() => FactsCodec.ReadWindows(Bytes(body), Start), why);

    [Fact]
    public void WhatElseIsNewerIsRefused()
    {
        Refuses(() => FactsCodec.ReadState(Bytes("04")), "format 2");
        Refuses(() => FactsCodec.ReadDoors(Bytes("04")), "format 2");
        Refuses(() => FactsCodec.AddTo(new(), Bytes("0400")), "format 2");
        Refuses(() => FactsCodec.AddTo(new(), Bytes("02d00f880e7880dcf19cb0aeaf0600c8019003d804a006e807b009f80ac00c880ed00f981102")), "more reasons");
        Refuses(() => StoredFormat.Check((FrameKind)8), "frame of kind 8; this program knows up to 7");
    }

    private static void Refuses(Action read, string why)
    {
        var refused = Assert.Throws<InvalidDataException>(read).Message;
        Assert.Contains(why, refused, StringComparison.Ordinal);
        Assert.EndsWith("start that one, or a newer one.", refused, StringComparison.Ordinal);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);

    private static byte[] Body(FrameKind kind, string hex)
    {
        ReadOnlySpan<byte> bytes = Bytes(hex);
        Assert.True(Frame.TryRead(ref bytes, out var frame));
        Assert.Equal((kind, 0), (frame.Kind, bytes.Length));
        return frame.Body.ToArray();
    }
}
