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
        var model = CityFolder.Read([Path.Combine(AppContext.BaseDirectory, "cities", "vn-dad")]);
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
