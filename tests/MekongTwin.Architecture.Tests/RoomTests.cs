using System.Xml.Linq;
using Xunit;

namespace MekongTwin.Architecture.Tests;

/// <summary>The arrows between rooms point one way, and no room grows a dependency unseen.</summary>
public sealed class RoomTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["MekongTwin.Domain"] = [],
        ["MekongTwin.Engines"] = ["MekongTwin.Domain"],
        ["MekongTwin.Scenarios"] = ["MekongTwin.Domain", "MekongTwin.Engines"],
        ["MekongTwin.Ingest"] = ["MekongTwin.Domain"],
        ["MekongTwin.History"] = ["MekongTwin.Domain"],
        ["MekongTwin.Api"] = ["MekongTwin.Domain", "MekongTwin.Scenarios", "MekongTwin.Ingest", "MekongTwin.History"],
        ["MekongTwin.Host"] = ["MekongTwin.Domain", "MekongTwin.Engines", "MekongTwin.Scenarios", "MekongTwin.Ingest", "MekongTwin.History", "MekongTwin.Api"],
        ["MekongTwin.Silo"] = ["MekongTwin.Host"],
        ["MekongTwin.Simulators"] = ["MekongTwin.Domain"],
    };

    private static string Root { get; } = FindRoot();

    public static TheoryData<string> Projects => [.. Directory.GetFiles(Root, "*.csproj", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Root, path)).Where(path => !path.StartsWith("tests", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_room_references_only_the_rooms_it_may(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        Assert.True(Allowed.TryGetValue(name, out var allowed), $"{name} is a new room: say here which rooms it may reference.");
        var references = XDocument.Load(Path.Combine(Root, project)).Descendants("ProjectReference")
            .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
            .Select(reference => Path.GetFileNameWithoutExtension(((string)reference.Attribute("Include")!).Replace('\\', '/')));
        Assert.All(references, reference => Assert.Contains(reference, allowed));
    }

    [Fact]
    public void Orleans_and_MQTTnet_stay_in_the_cluster_edition()
    {
        var offenders = Directory.GetFiles(Root, "*.csproj", SearchOption.AllDirectories)
            .Where(path => !Path.GetFileName(path).StartsWith("MekongTwin.Silo", StringComparison.Ordinal))
            .Where(path => XDocument.Load(path).Descendants("PackageReference").Select(package => (string)package.Attribute("Include")!)
                .Any(package => package.StartsWith("Microsoft.Orleans", StringComparison.Ordinal) || package == "MQTTnet"));
        Assert.Empty(offenders);
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Root, "MekongTwin.sln")).Replace('\\', '/');
        var missing = Directory.GetFiles(Root, "*.csproj", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Contains("/MekongTwin.Silo", StringComparison.Ordinal) && !solution.Contains(path, StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_room_has_its_page()
    {
        var rooms = Directory.GetDirectories(Path.Combine(Root, "src")).Append(Path.Combine(Root, "simulators", "MekongTwin.Simulators"));
        Assert.All(rooms, room => Assert.True(File.Exists(Path.Combine(room, "README.md")), $"{Path.GetFileName(room)} has no README.md"));
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "MekongTwin.sln"))) directory = directory.Parent;
        return directory.FullName;
    }
}
