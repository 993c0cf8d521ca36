namespace MekongTwin.Host.Tests.Running;

/// <summary>The built program from outside: exit codes, messages, signals.</summary>
public sealed class CommandLine : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ABackupIsRestoredToTheSameFacts()
    {
        var data = _directory.In("data");
        await ServedForAWhileAsync();
        await RunAsync(0, "users", "add", "engineer-1", "--role", "viewer", "--data", data);
        var hash = await RunAsync(0, "verify", "--data", data, "--hash");
        await RunAsync(0, "backup", "--data", data, _directory.In("backup.tar.gz"));
        Assert.Contains("exists already", await RunAsync(2, "backup", "--data", data, _directory.In("backup.tar.gz")), StringComparison.Ordinal);
        Assert.Contains("not empty", await RunAsync(2, "restore", "--data", data, _directory.In("backup.tar.gz")), StringComparison.Ordinal);
        var restored = _directory.In("restored");
        await RunAsync(0, "restore", "--data", restored, _directory.In("backup.tar.gz"));
        Assert.Equal(hash, await RunAsync(0, "verify", "--data", restored, "--hash"));
        Assert.Contains("engineer-1", await RunAsync(0, "users", "list", "--data", restored), StringComparison.Ordinal);
        Assert.DoesNotContain("password", await RunAsync(0, "users", "list", "--data", restored), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task VerifyFindsAFlippedByteWhereverItIs()
    {
        await ServedForAWhileAsync();
        var file = Directory.GetFiles(_directory.In("data", "journal"), "*.journal").Single();
        var whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        foreach (var at in (int[])[0, 20, whole.Length / 2, whole.Length - 1])
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 4;
            await File.WriteAllBytesAsync(file, damaged, TestContext.Current.CancellationToken);
            var heard = await RunAsync(1, "verify", "--data", _directory.In("data"));
            Assert.Contains(Path.GetFileName(file), heard, StringComparison.Ordinal);
            Assert.DoesNotContain("torn at the end", heard, StringComparison.Ordinal);
        }
        Assert.Contains("Not backed up", await RunAsync(1, "backup", "--data", _directory.In("data"), _directory.In("b.tar.gz")), StringComparison.Ordinal);
        Assert.False(File.Exists(_directory.In("b.tar.gz")));
    }

    [Fact]
    public async Task UsersAreAddedListedAndRevoked()
    {
        var data = _directory.In("data");
        Assert.Contains("token     mt_", await RunAsync(0, "users", "add", "engineer-1", "--role", "operator", "--data", data), StringComparison.Ordinal);
        Assert.Contains("operator", await RunAsync(0, "users", "list", "--data", data), StringComparison.Ordinal);
        Assert.Contains("No user 'bert'", await RunAsync(2, "users", "revoke", "bert", "--data", data), StringComparison.Ordinal);
        await RunAsync(0, "users", "revoke", "engineer-1", "--data", data);
        Assert.Equal("", (await RunAsync(0, "users", "list", "--data", data)).Trim());
        await RunAsync(2, "users", "add", "x:y", "--role", "viewer", "--data", data);
        await RunAsync(2, "users", "add", "z", "--role", "emperor", "--data", data);
        await RunAsync(2, "users", "add", "z", "--role", "77", "--data", data);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(data, "users.json")));
    }

    /// <summary>A path that cannot be used is bad input, said in one line with what to do.</summary>
    [Fact]
    public async Task AFileThatCannotBeReadOrWrittenEndsWithTwoAndOneLine()
    {
        var file = _directory.In("file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_directory.In("users", "users.json"));
        Directory.CreateDirectory(_directory.In("city", "city.json"));
        Directory.CreateDirectory(_directory.In("data", "journal"));
        string[][] commands =
        [
            ["verify", "--data", _directory.In("nowhere")],
            ["verify", "--data", file],
            ["backup", "--data", _directory.In("nowhere"), _directory.In("b")],
            ["backup", "--data", _directory.In("data"), Path.Combine(file, "b")],
            ["restore", "--data", _directory.In("r"), _directory.In("nowhere")],
            ["restore", "--data", _directory.In("r"), file],
            ["restore", "--data", file, file],
            ["users", "add", "x", "--role", "viewer", "--data", file],
            ["users", "add", "x", "--role", "viewer", "--data", _directory.In("users")],
            ["check", _directory.In("city")],
            ["serve", "--data", file, "--http", "0", "--mqtt", "0"],
            ["serve", "--data", Path.Combine(file, "data"), "--http", "0", "--mqtt", "0"],
            ["status", "--url", "localhost"],
        ];
        foreach (var command in commands)
        {
            var heard = await RunAsync(2, command);
            Assert.DoesNotContain("   at ", heard, StringComparison.Ordinal);
            if (command[0] != "check") Assert.Single(heard.Trim().Split('\n'));
        }
        Assert.Equal(["city", "data", "file", "users"], Directory.GetFileSystemEntries(_directory.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("--speed", "fast")]
    [InlineData("--speed", "0")]
    [InlineData("--start", "2026-11-21T17:00:00")]
    [InlineData("--simulate", "maybe")]
    [InlineData("--retain", "long")]
    [InlineData("--retain", "0.1d")]
    [InlineData("--http", "eighty")]
    [InlineData("--workers", "0")]
    [InlineData("--workers", "-3")]
    [InlineData("--city", "/nowhere")]
    [InlineData("--data", "/dev/null")]
    [InlineData("--profile", "denser")]
    [InlineData("--unknown", "1")]
    public async Task AWrongValueEndsWithTwoAndNoStackTrace(string option, string value)
    {
        var heard = await RunAsync(2, [.. Without(option), option, value]);
        Assert.DoesNotContain("   at ", heard, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task ASignalEndsItSoonAndWholly(string signal)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are of Unix.");
        using var host = Running.Host("serve", "--simulate", "on", "--http", "0", "--mqtt", "0", "--data", _directory.In("data"));
        await Patience.UntilAsync(() => host.HasEnded || host.Heard.Contains("The city is simulated", StringComparison.Ordinal), () => host.Heard);
        var port = int.Parse(host.Heard.Split("mqtt://localhost:")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        var http = host.Heard.Split("http://localhost:")[1].Split('\n')[0].Trim();
        // An idle device, a page that listens for changes: neither may hold up the end.
        await using var idle = await TinyMqtt.OpenAsync(port, "idle");
        await idle.PublishAsync($"mt/v1/{Served.Transformer}/P", "1");
        using var page = new HttpClient();
        using var events = await page.GetStreamAsync($"http://127.0.0.1:{http}/api/v1/live", TestContext.Current.CancellationToken);
        var children = Children(host.Id);
        Assert.NotEmpty(children);
        var began = Environment.TickCount64;
        await host.SignalAsync(signal);
        Assert.Equal(0, await host.EndAsync());
        var took = Environment.TickCount64 - began;
        TestContext.Current.TestOutputHelper?.WriteLine($"{signal}: ended after {took} ms");
        Assert.True(took < 10_000, $"ended after {took} ms");
        await Patience.UntilAsync(() => children.All(child => !Directory.Exists($"/proc/{child}")), () => "the simulator ends");
        var verified = await RunAsync(0, "verify", "--data", _directory.In("data"), "--hash");
        Assert.DoesNotContain("torn", verified, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKillLeavesNoSimulatorBehindAndNoLock()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Children are found in /proc.");
        using (var host = Running.Host("serve", "--simulate", "on", "--http", "0", "--mqtt", "0", "--data", _directory.In("data")))
        {
            await Patience.UntilAsync(() => host.HasEnded || host.Heard.Contains("The city is simulated", StringComparison.Ordinal), () => host.Heard);
            var children = Children(host.Id);
            Assert.NotEmpty(children);
            await host.KillAsync();
            await Patience.UntilAsync(() => children.All(child => !Directory.Exists($"/proc/{child}")), () => "the simulator ends");
        }
        await RunAsync(0, "verify", "--data", _directory.In("data"), "--hash");
    }

    private string[] Without(string option)
    {
        var words = new List<string> { "serve" };
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("--http", "0"), ("--mqtt", "0"), ("--data", _directory.In("data"))])
        {
            if (name != option) words.AddRange([name, value]);
        }
        return [.. words];
    }

    private async Task ServedForAWhileAsync()
    {
        await using var served = await Served.StartAsync(_directory);
        for (var i = 0; i < 20; i++) await served.PublishAsync($"mt/v1/{Served.Transformer}/P", $$"""{"v":{{i}},"t":"{{Served.Time(100 - i)}}"}""");
        await served.LedgerAsync();
    }

    private static async Task<string> RunAsync(int expected, params string[] arguments)
    {
        var (code, heard) = await Running.ToEndAsync(Running.Host(arguments));
        Assert.True(code == expected, $"{string.Join(' ', arguments)}: exit code {code} instead of {expected}\n{heard}");
        return heard;
    }

    private static int[] Children(int parent) =>
        [.. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, System.Globalization.CultureInfo.InvariantCulture)).Where(id => ParentOf(id) == parent)];

    private static int ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 4)..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return -1;
        }
    }
}
