using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MekongTwin.Contracts.Mqtt;

namespace MekongTwin.Silo.Tests;

/// <summary>A silo as a process of its own. It can be killed, and started again under the same name.</summary>
internal sealed class SiloProcess(string database, string name, int brokerPort) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly int _http = Programs.FreePort();
    private readonly int _mqtt = Programs.FreePort();
    private readonly int _silo = Programs.FreePort();
    private readonly int _gateway = Programs.FreePort();
    private readonly List<string> _output = [];
    private Process? _process;

    public HttpClient Http => field ??= new() { BaseAddress = new($"http://localhost:{_http}"), Timeout = TimeSpan.FromSeconds(20) };

    public string Output
    {
        get
        {
            lock (_output) return string.Join('\n', _output.TakeLast(40));
        }
    }

    public void Start()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "MekongTwin.Silo.dll");
        var start = new ProcessStartInfo("dotnet",
        [
            program, "serve", "--http", Text(_http), "--mqtt", Text(_mqtt), "--silo-port", Text(_silo), "--gateway-port", Text(_gateway), "--name", name,
            "--broker", $"mqtt://127.0.0.1:{brokerPort}/mt/v1/#",
        ]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MEKONGTWIN_DATABASE"] = database;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await EndAsync();
    }

    /// <summary>As an operator stops it: it hands over what it has.</summary>
    public async Task StopAsync()
    {
        using (var term = Process.Start("kill", ["-TERM", Text(_process!.Id)])) await term.WaitForExitAsync();
        await EndAsync();
    }

    public Task IsReadyAsync() => UntilAsync(async () => (await Http.GetAsync("/health/ready")).IsSuccessStatusCode, $"{name} to be ready");

    /// <summary>The region's account, as this silo says it.</summary>
    public async Task<JsonElement> ReadLedgerAsync()
    {
        using var page = JsonDocument.Parse(await Http.GetStringAsync("/api/v1/ledger"));
        return page.RootElement.GetProperty("total").Clone();
    }

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

    private async Task<string> AnswerAsync(string path)
    {
        try
        {
            return await Http.GetStringAsync(path);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return $"{path}: {e.Message}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        Http.Dispose();
    }

    private async Task EndAsync()
    {
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    private void Note(string? line)
    {
        if (line is null) return;
        lock (_output) _output.Add(line);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
