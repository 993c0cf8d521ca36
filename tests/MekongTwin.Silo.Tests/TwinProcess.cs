using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MekongTwin.Contracts.Mqtt;

namespace MekongTwin.Silo.Tests;

/// <summary>A program of the repository as a process of its own, one that serves. It can be killed, and started again as it was.</summary>
internal sealed class TwinProcess : IAsyncDisposable
{
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(2);

    private readonly string _name;
    private readonly string[] _words;
    private readonly Dictionary<string, string> _settings;
    private readonly NetworkRoom? _room;
    private readonly List<string> _output = [];
    private Process? _process;
    private int _ends;
    private volatile bool _isWanted;

    private TwinProcess(string name, NetworkRoom? room, int http, string[] words, Dictionary<string, string> settings)
    {
        (_name, _room, _words, _settings) = (name, room, words, settings);
        var handler = new SocketsHttpHandler();
        if (room is not null) handler.ConnectCallback = async (context, ct) => new NetworkStream(await room.ConnectAsync(context.DnsEndPoint.Port, ct), ownsSocket: true);
        Http = new(handler) { BaseAddress = new($"http://127.0.0.1:{http}"), Timeout = TimeSpan.FromSeconds(20) };
    }

    public HttpClient Http { get; }

    public string Name => _name;

    /// <summary>How often it ended by itself, and was started again as whoever supervises it does.</summary>
    public int Ends => Volatile.Read(ref _ends);

    public string Output
    {
        get
        {
            lock (_output) return string.Join('\n', _output.TakeLast(60));
        }
    }

    /// <summary>A silo; in a network room of its own its doors are on that room's loopback.</summary>
    public static TwinProcess Silo(string database, string name, string broker, NetworkRoom? room = null)
    {
        var http = Programs.FreePort();
        return new(name, room, http,
        [
            .. room?.Prefix ?? [], "dotnet", In("MekongTwin.Silo", "MekongTwin.Silo.dll"), "serve", "--http", Text(http), "--mqtt", Text(Programs.FreePort()), "--silo-port", Text(Programs.FreePort()),
            "--name", name, "--broker", $"mqtt://{broker}/mt/v1/#", .. room is null ? [] : (string[])["--advertise", room.Address.ToString()],
        ], new() { ["MEKONGTWIN_DATABASE"] = database });
    }

    /// <summary>The embedded edition.</summary>
    public static TwinProcess Embedded(string data, string broker)
    {
        var http = Programs.FreePort();
        return new("embedded", null, http, ["dotnet", In("MekongTwin.Host", "MekongTwin.Host.dll"), "serve", "--simulate", "off", "--http", Text(http), "--mqtt", Text(Programs.FreePort()), "--data", data, "--broker", $"mqtt://{broker}/mt/v1/#"], []);
    }

    /// <summary>Runs a program of the repository to its end; gives its exit code and everything it said.</summary>
    public static async Task<(int Code, string Said)> RunAsync(string program, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. words]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, string.Concat(said));
    }

    /// <summary>A file of a program's build output, with everything beside it that it is shipped with.</summary>
    public static string In(string project, string file) =>
        Path.Combine(AppContext.BaseDirectory.Replace(Path.Combine("tests", "MekongTwin.Silo.Tests"), Path.Combine("src", project), StringComparison.Ordinal), file);

    public void Start()
    {
        _isWanted = true;
        var start = new ProcessStartInfo(_words[0], _words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in _settings) start.Environment[key] = value;
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.Exited += (_, _) => StartAgain(process);
        process.Start();
        _process = process;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _isWanted = false;
        _process!.Kill();
        await EndAsync();
    }

    /// <summary>As an operator stops it: it hands over what it has.</summary>
    public async Task StopAsync()
    {
        _isWanted = false;
        using (var term = Process.Start("kill", ["-TERM", Text(_process!.Id)])) await term.WaitForExitAsync();
        await EndAsync();
    }

    public Task IsReadyAsync() => UntilAsync(async () => (await Http.GetAsync("/health/ready")).IsSuccessStatusCode, $"{_name} to be ready");

    /// <summary>The account of everything, as this process says it.</summary>
    public async Task<JsonElement> ReadLedgerAsync() => (await ReadAsync("/api/v1/ledger")).GetProperty("total");

    public async Task<JsonElement> ReadAsync(string path)
    {
        using var page = JsonDocument.Parse(await Http.GetStringAsync(path));
        return page.RootElement.Clone();
    }

    /// <summary>How long a test waits for one thing.</summary>
    public TimeSpan Patience { get; set; } = Usual;

    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await condition()) return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // It is not there yet, or not any more.
            }
            if (deadline.Elapsed > Patience) Assert.Fail($"Waited too long for {what}.\n{await AnswerAsync("/health/ready")}\n{await AnswerAsync("/api/v1/ledger")}\n{Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    public async Task<string> AnswerAsync(string path)
    {
        try
        {
            using var answer = await Http.GetAsync(path);
            return await answer.Content.ReadAsStringAsync();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return $"{path}: {e.Message}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        _isWanted = false;
        if (_process is { HasExited: false }) await KillAsync();
        Http.Dispose();
    }

    private async Task EndAsync()
    {
        using var late = new CancellationTokenSource(Usual);
        try
        {
            await _process!.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{_name} does not end.\n{Output}");
        }
        _process.Dispose();
        _process = null;
    }

    private void StartAgain(Process ended)
    {
        if (!_isWanted || ended != _process) return;
        Note($"It ended with {ended.ExitCode} and is started again.");
        Interlocked.Increment(ref _ends);
        Start();
    }

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_output) _output.Add(line);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
