namespace MekongTwin.Benchmarks.Processes;

/// <summary>Where the programs under measurement are.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Host => Path.Combine(Root, "src", "MekongTwin.Host", "bin", "Release", "net10.0");

    public static string Simulators => Path.Combine(Host, "simulators", "MekongTwin.Simulators.dll");

    public static string City => Path.Combine(Root, "simulators", "cities", "vn-dad");

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "MekongTwin.sln"))) at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("MekongTwin.sln is not above this program: run it from the repository's build output.");
    }
}
