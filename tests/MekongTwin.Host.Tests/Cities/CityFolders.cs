using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Tests.Cities;

/// <summary>Each folder here is a city with one mistake, and expected.txt what the reader says: file, line, field, suggestion.</summary>
public sealed class CityFolders
{
    private static string Folder(string name) => Path.Combine(AppContext.BaseDirectory, "Cities", name);

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Folder("")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private static string[] MistakesOf(string folder)
    {
        try
        {
            CityFolder.Read([folder]);
            return [];
        }
        catch (InputException mistakes)
        {
            return [.. mistakes.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Split('\n')];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AMistakeIsNamedWithItsFileLineFieldAndWhatToDo(string name) =>
        Assert.Equal(File.ReadAllLines(Path.Combine(Folder(name), "expected.txt")), MistakesOf(Folder(name)));

    [Fact]
    public void ThePilotReadsCleanAndItsDistrictsAddUp()
    {
        var warnings = new List<string>();
        var model = CityFolder.Read([Path.Combine(AppContext.BaseDirectory, "cities", "vn-dad")], warnings);
        Assert.Empty(warnings);
        var city = model.FindAsset("vn-dad")!;
        Assert.Equal(1_134_310, city.Population);
        Assert.Equal("Asia/Ho_Chi_Minh", model.FindCity("vn-dad")!.Zone);
        var districts = model.Assets.Where(asset => asset.Kind == AssetKind.District).ToList();
        Assert.NotEmpty(districts);
        Assert.All(districts, district => Assert.Equal(city.Number, district.AdministrativeParent));
        Assert.All(model.Assets.Where(asset => asset.Kind == AssetKind.Transformer), transformer =>
        {
            Assert.Equal(AssetKind.Feeder, model.Assets[transformer.ElectricalParent].Kind);
            Assert.Equal(AssetKind.District, model.Assets[transformer.AdministrativeParent].Kind);
        });
    }

    [Fact]
    public void ACleanFolderGivesItsDefaults()
    {
        var model = CityFolder.Read([Folder("clean")]);
        var asset = model.FindAsset("vn-xyz/north/tx/1")!;
        Assert.Equal("vn-xyz/fd/1", model.Assets[asset.ElectricalParent].Id.Path);
        Assert.Equal(30 * Instant.Minute, model.FindPoint(asset.Number, "P")!.HoldUs);
        Assert.Equal(Instant.Hour / 2, model.FindPoint(model.FindAsset("vn-xyz/ss/1")!.Number, "V")!.HoldUs);
        Assert.Equal(30.5, model.FindAsset("vn-xyz")!.AreaKm2);
        Assert.Equal(asset.Number, model.Devices.Single().Asset);
    }

    [Fact]
    public void FewerPeopleInTheDistrictsThanInTheCityAreAWarning()
    {
        var warnings = new List<string>();
        CityFolder.Read([Folder("clean")], warnings);
        Assert.Empty(warnings);
        CityFolder.Read([Folder("fewer-people-in-districts")], warnings);
        Assert.Contains("city.json:6: population: 1000000 people, but the districts in districts.geojson have only 100000;", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void ATransformerBelongsToTheFeederThatFeedsItsNodeAndStandsThere()
    {
        var networks = new List<Network>();
        var model = CityFolder.Read([Folder("clean-network")], networks: networks);
        var transformer = model.FindAsset("vn-xyz/north/tx/1")!;
        Assert.Equal("vn-xyz/fd/1", model.Assets[transformer.ElectricalParent].Id.Path);
        Assert.Equal((108.1, 16.1, 85), (transformer.Longitude, transformer.Latitude, transformer.Customers));
        var network = Assert.Single(networks);
        Assert.Equal(("vn-xyz", 5, 4), (network.City, network.Nodes.Length, network.Lines.Length));
        Assert.Equal("1/1", network.Nodes[network.NodeOfTransformer[transformer.Number]].Id);
        Assert.Equal([80, 5, 0, 0, 0, 0], network.CustomersOfTransformer[transformer.Number]);
        Assert.Equal([22, 22, null], network.Nodes.Take(3).Select(node => node.NominalKv));
        Assert.NotNull(model.FindPoint(model.FindAsset("vn-xyz/st/1")!.Number, "level"));
    }

    /// <summary>The files of the folder grid are read as one with grid.json: lines lead from one into the other.</summary>
    [Fact]
    public void AGridMayLieInSeveralFiles()
    {
        using var folder = new Running.TemporaryDirectory();
        foreach (var file in Directory.GetFiles(Folder("clean-network"))) File.Copy(file, folder.In(Path.GetFileName(file)));
        var lines = File.ReadAllLines(folder.In("grid.json"));
        var nodes = Array.FindIndex(lines, line => line.Contains("\"nodes\"", StringComparison.Ordinal));
        var ends = Array.FindIndex(lines, nodes, line => line.StartsWith("  ],", StringComparison.Ordinal));
        Directory.CreateDirectory(folder.In("grid"));
        File.WriteAllLines(Path.Combine(folder.In("grid"), "nodes.json"), ["{", .. lines[nodes..ends], "  ]", "}"]);
        File.WriteAllLines(folder.In("grid.json"), [.. lines[..nodes], .. lines[(ends + 1)..]]);
        var (one, several) = (CityFolder.Read([Folder("clean-network")]), CityFolder.Read([folder.Path]));
        Assert.True(ModelCodec.AreEqual(one, several));
    }

    [Theory]
    [InlineData("\"kv\": 22, \"ratingKva\": 8000},", "\"kv\": 24, \"ratingKva\": 8000},", "feeders[0].kv: 24 kV is not usual in VN: 22 kV, and 35 kV in older networks")]
    [InlineData("\"kv\": 22, \"ratingKva\": 8000},", "\"kv\": 22, \"ratingKva\": 80000},", "feeders[0].ratingKva: 80000 kVA at 22 kV are 2099 A; feeders are usually rated 50 to 1000 A")]
    [InlineData("\"ratingKva\": 250, \"customers\": 80", "\"ratingKva\": 25, \"customers\": 840", "transformers[1].customers: 840 customers on 25 kVA are less than 0.3 kVA each")]
    [InlineData("\"ratingKva\": 250,", "\"ratingKva\": 25000,", "transformers[1].ratingKva: 25000 kVA is much for a distribution transformer")]
    [InlineData("\"conductor\": \"ac-95\", \"switch\": \"closed\"},", "\"conductor\": \"ac-95\", \"switch\": \"open\"}, {\"id\": \"ln/9\", \"from\": \"1/2\", \"to\": \"1/2b\", \"lengthKm\": 1, \"conductor\": \"ac-95\"},", "lines[2]: no feeder feeds '1/2b'")]
    public void WhatMayBeMeantIsToldAndRead(string from, string to, string warning)
    {
        using var folder = new Running.TemporaryDirectory();
        foreach (var file in Directory.GetFiles(Folder("clean-network"))) File.Copy(file, folder.In(Path.GetFileName(file)));
        var grid = File.ReadAllText(folder.In("grid.json"));
        Assert.Contains(from, grid, StringComparison.Ordinal);
        File.WriteAllText(folder.In("grid.json"), grid.Replace(from, to, StringComparison.Ordinal).Replace("{\"id\": \"1/2\"},", "{\"id\": \"1/2\"}, {\"id\": \"1/2b\"},", StringComparison.Ordinal));
        var warnings = new List<string>();
        CityFolder.Read([folder.Path], warnings);
        Assert.EndsWith(warning, Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void TwoFoldersOfOneCityAreAMistake() =>
        Assert.Contains("'vn-xyz' is another folder's city already", Assert.Throws<InputException>(() => CityFolder.Read([Folder("clean"), Folder("clean")])).Message, StringComparison.Ordinal);

    [Fact]
    public void ANameThatTwoFoldersMapIsAMistake()
    {
        using var other = new Running.TemporaryDirectory();
        foreach (var file in Directory.GetFiles(Folder("clean"))) File.WriteAllText(other.In(Path.GetFileName(file)), File.ReadAllText(file).Replace("vn-xyz", "vn-abc", StringComparison.Ordinal));
        var mistake = Assert.Throws<InputException>(() => CityFolder.Read([Folder("clean"), other.Path])).Message;
        Assert.Equal($"{other.In("mappings.json")}:6: names[0].name: name 'legacy/1/power' is mapped already", mistake);
    }

    [Fact]
    public void AFolderThatIsNotThereIsNamed() =>
        Assert.Contains("no such city folder", Assert.Throws<InputException>(() => CityFolder.Read([Folder("nowhere")])).Message, StringComparison.Ordinal);
}
