using System.Text.Json;
using System.Text.RegularExpressions;
using MekongTwin.Domain.Units;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Tests.Running;

namespace MekongTwin.Host.Tests.Cities;

/// <summary>docs/city-folder.md is held against the reader: its example passes, and it names what there is.</summary>
public sealed class CityFolderPage : IDisposable
{
    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "city-folder.md"));

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>The smallest useful city, as it stands on the page.</summary>
    internal static void WriteExample(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (Match file in Regex.Matches(Page, "^`([a-z.]+)`:\\n\\n```json\\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline))
        {
            File.WriteAllText(Path.Combine(folder, file.Groups[1].Value), file.Groups[2].Value);
        }
    }

    [Fact]
    public void TheExampleIsACity()
    {
        WriteExample(_directory.Path);
        Assert.Equal(6, Directory.GetFiles(_directory.Path).Length);
        var warnings = new List<string>();
        var maps = new List<CityMap>();
        var model = CityFolder.Read([_directory.Path], warnings, maps: maps);
        Assert.Empty(warnings);
        Assert.NotNull(model.FindPoint(model.FindAsset("la-vte/east/tx/1")!.Number, "P"));
        Assert.Single(model.Devices);
        Assert.Single(model.Names);
        // Without a network a feeder is drawn from its substation to its transformers.
        using var map = JsonDocument.Parse(Assert.Single(maps).Drawn.GeoJson);
        var feeder = map.RootElement.GetProperty("features").EnumerateArray().Single(feature => feature.TryGetProperty("id", out var id) && id.GetString() == "la-vte/fdr/1");
        Assert.Equal("[[[102.625,17.975],[102.65,17.98]]]", feeder.GetProperty("geometry").GetProperty("coordinates").GetRawText());
    }

    [Fact]
    public void EveryFieldOfThePilotAndEveryUnitIsOnThePage()
    {
        // The outlines are GeoJSON, the plan is the drawing's own.
        foreach (var path in Directory.GetFiles(Served.City, "*.json", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "plan.json"))
        {
            using var file = JsonDocument.Parse(File.ReadAllBytes(path));
            Assert.All(FieldsOf(file.RootElement).Distinct(), field => Assert.Contains($"`{field}`", Page, StringComparison.Ordinal));
        }
        Assert.All(UnitTable.Codes, code => Assert.Contains($"`{code}`", Page, StringComparison.Ordinal));
    }

    private static IEnumerable<string> FieldsOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => FieldsOf(member.Value).Prepend(member.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(FieldsOf),
        _ => [],
    };
}
