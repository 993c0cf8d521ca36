using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Tests.Twins;

namespace MekongTwin.Domain.Tests.Assets;

/// <summary>Numbers are durable: what the journal holds must mean the same after every change of the city's files.</summary>
public sealed class ModelsOverTime
{
    private static Model Of(params string[] transformers) => new(
        [new City("vn-dad", "Đà Nẵng", "VN", "Asia/Ho_Chi_Minh") { Languages = ["vi", "en"] }],
        [new Asset(0, new("vn-dad"), AssetKind.City, "Đà Nẵng"), .. transformers.Select((name, i) => new Asset(i + 1, new($"vn-dad/{name}"), AssetKind.Transformer, name) { AdministrativeParent = 0, RatingKva = 400, Latitude = 16.07 })],
        [.. transformers.Select((_, i) => new Point(i, i + 1, "P", Models.Unit("kW"), PointKind.Gauge, Instant.Hour) { MinMicro = -5 })],
        [.. transformers.Select((name, i) => new DeviceMapping("vn-dad", name, i + 1))],
        []);

    [Fact]
    public void TheJournalledModelComesBackWhole()
    {
        foreach (var model in (Model[])[Of("a", "b"), SmallCity.Make(), Model.Empty])
        {
            var read = ModelCodec.Decompress(ModelCodec.Compress(model));
            Assert.Equal(model.Assets, read.Assets);
            Assert.Equal(model.Points, read.Points);
            Assert.Equal(model.Devices, read.Devices);
            Assert.Equal(model.Names, read.Names);
            Assert.True(ModelCodec.AreEqual(model, read));
        }
    }

    [Fact]
    public void WhatKeepsItsNameKeepsItsNumberAndWhatIsNewGetsTheNext()
    {
        var merged = ModelMerge.Onto(Of("a", "b"), Of("c", "b", "a"));
        Assert.Equal(["vn-dad", "vn-dad/a", "vn-dad/b", "vn-dad/c"], merged.Assets.Select(asset => asset.Id.Path));
        Assert.Equal([0, 1, 2, 3], merged.Assets.Select(asset => asset.Number));
        Assert.Equal([(0, 1), (1, 2), (2, 3)], merged.Points.Select(point => (point.Number, point.Asset)));
        Assert.Equal("vn-dad/c", merged.Assets[merged.Devices.Single(device => device.Device == "c").Asset].Id.Path);
    }

    /// <summary>A city divided three times: a transformer's parent is that of the division of its day.</summary>
    [Fact]
    public void AnAssetHasTheParentOfTheDivisionThatHolds()
    {
        Asset District(int number, string name, long fromUs, long untilUs) => new(number, new($"vn-dad/{name}"), AssetKind.District, name) { AdministrativeParent = 0, Geography = new(name, fromUs, untilUs) };
        var read = new Model(
            Of().Cities,
            [
                Of().Assets[0], District(1, "c", 200, long.MaxValue), District(2, "a", long.MinValue, 100), District(3, "b", 100, 200),
                new(4, new("vn-dad/a/tx/1"), AssetKind.Transformer, "tx") { AdministrativeParent = 1, Former = new(3, 200, new(2, 100)) },
            ],
            [], [], []);
        var merged = ModelMerge.Onto(Of("x"), read);
        var transformer = merged.FindAsset("vn-dad/a/tx/1")!;
        string NameOf(int number) => merged.Assets[number].Name;
        Assert.Equal(["a", "a", "b", "b", "c", "c"], new[] { long.MinValue, 99, 100, 199, 200, long.MaxValue }.Select(timeUs => NameOf(transformer.AdministrativeParentAt(timeUs))));
        Assert.Equal(["b"], Model.ParentsAt(transformer, 150).Select(NameOf));
        Assert.Equal(["a", "b", "c"], Model.ParentsOf(transformer).Select(NameOf).Order());
        Assert.All(["a", "b", "c"], district => Assert.Contains(transformer, merged.ChildrenByParent()[merged.FindAsset($"vn-dad/{district}")!.Number]));
        Assert.Equal(("b", "b"), (merged.GeographyAt("vn-dad", 150).Version, Assert.Single(merged.GeographyAt("vn-dad", 150).Districts).Name));
        Assert.Equal(merged.Assets, ModelCodec.Decompress(ModelCodec.Compress(merged)).Assets);
    }

    [Fact]
    public void WhatIsGoneStaysKnown()
    {
        var merged = ModelMerge.Onto(Of("a", "b"), Of("b"));
        Assert.NotNull(merged.FindAsset("vn-dad/a"));
        Assert.Equal(0, merged.FindPoint(1, "P")!.Number);
    }

    [Fact]
    public void MergingTheSameFilesAgainChangesNothing()
    {
        var once = ModelMerge.Onto(Of("a"), Of("b", "a"));
        Assert.True(ModelCodec.AreEqual(once, ModelMerge.Onto(once, Of("b", "a"))));
    }

    [Fact]
    public void NewValuesOfTheFilesWinAndMappingsMadeByPeopleStay()
    {
        var before = Of("a", "b").WithNames([new NameMapping("topic", 1)]);
        var files = Of("b");
        var merged = ModelMerge.Onto(before, new Model(files.Cities, [files.Assets[0], files.Assets[1] with { RatingKva = 630 }], files.Points, files.Devices, [new NameMapping("other", 0)]));
        Assert.Equal(630, merged.FindAsset("vn-dad/b")!.RatingKva);
        Assert.Equal([("other", 1), ("topic", 1)], merged.Names.Select(name => (name.Name, name.Point)));
    }

    [Fact]
    public void AMappingOfTheFilesGoesWithThemAndOneMadeByPeopleIsTakenBackByPeople()
    {
        Model Folder(params NameMapping[] names) => new(Of("a").Cities, Of("a").Assets, Of("a").Points, [], [.. names.Select(name => name with { FromFolder = true })]);
        var before = ModelMerge.Onto(Folder(new("file", 0), new("both", 0)).WithNames([new NameMapping("person", 0), new NameMapping("both", 0)]), Folder(new NameMapping("both", 0)));
        Assert.Equal([("both", true), ("person", false)], before.Names.Select(name => (name.Name, name.FromFolder)));
        Assert.Equal(["both"], before.WithoutName("person").Names.Select(name => name.Name));
        Assert.True(ModelCodec.AreEqual(before, ModelCodec.Decompress(ModelCodec.Compress(before))));
        Assert.Equal(("t/1", "P"), new NameMapping(NameMapping.OfRecord("t/1", "P"), 0).Parts);
        Assert.Equal(("t/1", ""), new NameMapping(NameMapping.OfRecord("t/1", ""), 0).Parts);
    }

    [Fact]
    public void AFoldersMappingIsWhatTheFolderSaysNow()
    {
        static Model Files(params NameMapping[] names) => new(Of("a", "b").Cities, Of("a", "b").Assets, Of("a", "b").Points, [], [.. names]);
        var model = Model.Empty;
        foreach (var point in (int[])[0, 1, 0])
        {
            model = ModelCodec.Decompress(ModelCodec.Compress(ModelMerge.Onto(model, Files(new NameMapping("topic", point)))));
            Assert.Equal([("topic", point)], model.Names.Select(name => (name.Name, name.Point)));
        }
        Assert.Empty(ModelMerge.Onto(model, Files()).Names);
    }

    [Fact]
    public void AMappingMadeByAPersonWinsOverTheFoldersBeforeAndAfter()
    {
        static Model Files(params NameMapping[] names) => new(Of("a", "b").Cities, Of("a", "b").Assets, Of("a", "b").Points, [], [.. names]);
        var model = ModelMerge.Onto(Model.Empty, Files(new NameMapping("topic", 0))).WithNames([new NameMapping("topic", 1)]);
        foreach (var files in (Model[])[Files(new NameMapping("topic", 0)), Files(), Files(new NameMapping("topic", 0))])
        {
            model = ModelCodec.Decompress(ModelCodec.Compress(ModelMerge.Onto(model, files)));
            Assert.Equal([("topic", 1)], model.Names.Select(name => (name.Name, name.Point)));
        }
    }

    [Theory]
    [InlineData("vn-dad/hai-chau/tx/0412", true)]
    [InlineData("a", true)]
    [InlineData("", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a//b", false)]
    [InlineData("a b", false)]
    [InlineData("à", false)]
    [InlineData("a/#", false)]
    [InlineData("../../tx", false)]
    [InlineData("a/./b", false)]
    [InlineData("A", false)]
    [InlineData("a_b", false)]
    public void AnIdIsAPathOfPlainParts(string path, bool valid) => Assert.Equal(valid, AssetId.IsValid(path));

    [Fact]
    public void AnIdHasABound()
    {
        Assert.True(AssetId.IsValid(new string('a', AssetId.LengthMax)));
        Assert.False(AssetId.IsValid(new string('a', AssetId.LengthMax + 1)));
    }
}
