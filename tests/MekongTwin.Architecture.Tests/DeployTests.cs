using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace MekongTwin.Architecture.Tests;

/// <summary>What is deployed fits what the program reads and measures.</summary>
public sealed partial class DeployTests
{
    /// <summary>Measured by others: Orleans, the .NET runtime, Prometheus' own "up".</summary>
    private static readonly string[] OthersPrefixes = ["orleans_", "dotnet_", "process_", "up"];

    private static string Root { get; } = FindRoot();

    private static string Deploy { get; } = Path.Combine(Root, "deploy");

    /// <summary>Compose file, image, and everything below deploy, but for what a person filled in.</summary>
    public static TheoryData<string> Files => [.. Directory.GetFiles(Deploy, "*", SearchOption.AllDirectories).Append(Path.Combine(Root, "docker-compose.yml"))
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/')).Where(path => !path.StartsWith("deploy/secrets/", StringComparison.Ordinal) && !path.EndsWith("/secret.yaml", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Dashboards => [.. Directory.GetFiles(Path.Combine(Deploy, "grafana", "dashboards"), "*.json").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_variable_is_one_that_the_program_reads(string file)
    {
        var read = ReadVariables();
        Assert.All(Variable().Matches(Read(file)).Select(match => match.Groups[1].Value), name => Assert.True(read.Contains(name), $"{file}: no program reads MEKONGTWIN_{name}."));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void An_image_has_an_exact_version(string file)
    {
        var images = Image().Matches(Read(file)).Select(match => match.Groups[1].Value).Where(image => !image.StartsWith("${", StringComparison.Ordinal) && Path.GetFileName(file) != "README.md");
        Assert.All(images, image => Assert.Matches(@"^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w.-]+)?$", image));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_yaml_file_is_indented_by_spaces_and_ends_with_a_line(string file)
    {
        var text = Read(file);
        if (!file.EndsWith(".yml", StringComparison.Ordinal) && !file.EndsWith(".yaml", StringComparison.Ordinal)) return;
        Assert.DoesNotContain('\t', text);
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.True((line.Length - line.TrimStart(' ').Length) % 2 == 0, $"{file}: odd indentation: {line}"));
    }

    [Theory]
    [MemberData(nameof(Dashboards))]
    public void A_dashboard_asks_for_what_is_measured(string file)
    {
        using var dashboard = JsonDocument.Parse(Read($"deploy/grafana/dashboards/{file}"));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels.SelectMany(panel => panel.GetProperty("targets").EnumerateArray()), target => AssertMeasured(target.GetProperty("expr").GetString()!));
    }

    [Fact]
    public void An_alert_asks_for_what_is_measured()
    {
        var expressions = Expression().Matches(Read("deploy/prometheus/rules.yml")).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(expressions);
        Assert.All(expressions, AssertMeasured);
    }

    [Fact]
    public void What_is_the_whole_regions_is_never_summed()
    {
        var texts = Dashboards.Select(row => Read($"deploy/grafana/dashboards/{row.Data}")).Append(Read("deploy/prometheus/rules.yml"));
        Assert.All(texts, text => Assert.DoesNotMatch(@"sum[^""\n]{0,40}mekongtwin_(ledger|lag|twins|journal_backlog)", text));
    }

    [Fact]
    public void Kustomize_names_every_manifest()
    {
        var listed = Read("deploy/kubernetes/kustomization.yaml");
        var manifests = Directory.GetFiles(Path.Combine(Deploy, "kubernetes"), "*.yaml").Select(path => Path.GetFileName(path)).Where(name => name is not ("kustomization.yaml" or "secret.yaml" or "secret.example.yaml"));
        Assert.All(manifests, name => Assert.Contains($"- {name}", listed, StringComparison.Ordinal));
    }

    /// <summary>Every file that the compose file mounts is there, but for the passwords, which a person makes.</summary>
    [Fact]
    public void Compose_mounts_what_is_there()
    {
        var mounted = Mount().Matches(Read("docker-compose.yml")).Select(match => match.Groups[1].Value).Where(path => !path.StartsWith("./deploy/secrets/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(mounted);
        Assert.All(mounted, path => Assert.True(Path.Exists(Path.Combine(Root, path)), $"docker-compose.yml: {path} is not there."));
    }

    private static void AssertMeasured(string expression)
    {
        var measured = ReadInstruments();
        // Neither labels nor what quotes hold are names of measurements.
        var bare = Grouping().Replace(Braces().Replace(expression, ""), "");
        Assert.All(Metric().Matches(bare).Select(match => match.Value), name => Assert.True(measured.Contains(name) || OthersPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)), $"Nothing measures {name}: {expression}"));
    }

    /// <summary>Names after MEKONGTWIN_: read whole, or through a Setting or Number of a command.</summary>
    private static HashSet<string> ReadVariables()
    {
        var sources = Directory.GetFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories).Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).Select(File.ReadAllText);
        return [.. sources.SelectMany(source => Variable().Matches(source).Concat(Setting().Matches(source))).Select(match => match.Groups[1].Value)];
    }

    /// <summary>As the collector names them for Prometheus: dots become underscores, then the unit, then _total for what only rises.</summary>
    private static HashSet<string> ReadInstruments()
    {
        var made = Instrument().Matches(Read("src/MekongTwin.Host/Running/Telemetry.cs"));
        Assert.NotEmpty(made);
        return [.. made.Select(match => match.Groups["name"].Value.Replace('.', '_') + Unit(match.Groups["unit"].Value) + (match.Groups["kind"].Value == "Counter" ? "_total" : ""))];
    }

    private static string Unit(string ucum) => ucum switch
    {
        "ms" => "_milliseconds",
        "By" => "_bytes",
        _ when ucum.StartsWith('{') => "",
        _ => throw new InvalidOperationException($"Say here how the collector spells the unit '{ucum}'."),
    };

    private static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "MekongTwin.sln"))) directory = directory.Parent;
        return directory.FullName;
    }

    [GeneratedRegex(@"MEKONGTWIN_([A-Z][A-Z_]*)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?:Setting|Number)\(""([A-Z_]+)""")]
    private static partial Regex Setting();

    [GeneratedRegex(@"^\s*(?:image:|FROM)\s+(\S+)", RegexOptions.Multiline)]
    private static partial Regex Image();

    [GeneratedRegex(@"^\s+expr: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Expression();

    [GeneratedRegex(@"(\./deploy/[^:""\s]+):/")]
    private static partial Regex Mount();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\bby \([^)]*\)")]
    private static partial Regex Grouping();

    /// <summary>Functions and keywords have no underscore here.</summary>
    [GeneratedRegex(@"\b[a-z]+(?:_[a-z0-9]+)+\b")]
    private static partial Regex Metric();

    [GeneratedRegex(@"CreateObservable(?<kind>Counter|Gauge)\(""(?<name>[a-z0-9.]+)"", .*?, ""(?<unit>[^""]+)"", ""[^""]+""\)")]
    private static partial Regex Instrument();
}
