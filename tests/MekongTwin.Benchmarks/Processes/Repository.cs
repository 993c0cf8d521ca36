namespace MekongTwin.Benchmarks.Processes;

/// <summary>Where the programs under measurement are.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Simulators => Path.Combine(Path.GetDirectoryName(Program("MekongTwin.Host"))!, "simulators", "MekongTwin.Simulators.dll");

    public static string City => Path.Combine(Root, "simulators", "cities", "vn-dad");

    /// <summary>The Release build of a program.</summary>
    public static string Program(string name)
    {
        var path = Path.Combine(Root, "src", name, "bin", "Release", "net10.0", name + ".dll");
        return File.Exists(path) ? path : throw new InvalidOperationException($"No Release build of {name}: run dotnet build -c Release first (the cluster edition has a solution of its own).");
    }

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "MekongTwin.sln"))) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("MekongTwin.sln is not above this program: run it from the repository's build output.");
    }
}
