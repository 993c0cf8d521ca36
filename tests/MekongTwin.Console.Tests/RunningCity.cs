using System.Diagnostics;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using Microsoft.Playwright;
using Xunit;

namespace MekongTwin.Console.Tests;

/// <summary>The program as the README starts it, on free ports with a fresh data directory, and a browser.</summary>
public sealed class RunningCity : IAsyncLifetime
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly string _data = Directory.CreateTempSubdirectory("mekongtwin-console-").FullName;
    private Process? _host;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Why nothing can be tested here, or null.</summary>
    public string? Missing { get; private set; }

    public string Url { get; private set; } = "";

    public int MqttPort { get; private set; }

    public async ValueTask InitializeAsync()
    {
        var directory = typeof(RunningCity).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "HostDirectory").Value!;
        var browser = Browsers.FirstOrDefault(File.Exists);
        if (!File.Exists(Path.Combine(directory, "console", "index.html"))) Missing = "The web console was not built: it needs Node and the npm registry.";
        else if (browser is null) Missing = "Chromium is not installed.";
        if (Missing is not null) return;
        await StartHostAsync(Path.Combine(directory, "MekongTwin.Host.dll"));
        _playwright = await Playwright.CreateAsync();
        _browser = await LaunchAsync("--disable-gpu");
    }

    private Task<IBrowser> LaunchAsync(params string[] args) =>
        _playwright!.Chromium.LaunchAsync(new() { ExecutablePath = Browsers.First(File.Exists), Args = ["--no-sandbox", "--disable-quic", "--disable-background-networking", .. args] });

    /// <summary>A page in a browser that draws with WebGL, in software; the others have none.</summary>
    public async Task<(IBrowser Browser, IPage Page)> OpenDrawingAsync()
    {
        var browser = await LaunchAsync("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist");
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1280, Height = 900 } });
        page.SetDefaultTimeout(60_000);
        await page.GotoAsync(Url);
        return (browser, page);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.CloseAsync();
        _playwright?.Dispose();
        if (_host is not null)
        {
            _host.Kill(entireProcessTree: true);
            await _host.WaitForExitAsync();
            _host.Dispose();
        }
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>A page in a browser whose own zone is far away: times must still be the city's.</summary>
    public async Task<IPage> OpenAsync(Func<IPage, Task>? prepare = null)
    {
        var context = await _browser!.NewContextAsync(new() { TimezoneId = "America/New_York", Locale = "en-GB", ViewportSize = new() { Width = 1280, Height = 900 } });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        if (prepare is not null) await prepare(page);
        await page.GotoAsync(Url);
        return page;
    }

    /// <summary>Publishes with QoS 1 as a device would, byte by byte after MQTT 3.1.1, and waits for the acknowledgement.</summary>
    public async Task PublishAsync(string topic, string payload)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", MqttPort);
        var stream = client.GetStream();
        byte[] connect = [0x10, 16, 0, 4, .. "MQTT"u8, 4, 2, 0, 30, 0, 4, .. "page"u8];
        var topicBytes = Encoding.UTF8.GetBytes(topic);
        var payloadBytes = Encoding.UTF8.GetBytes(payload);
        byte[] publish = [0x32, (byte)(4 + topicBytes.Length + payloadBytes.Length), 0, (byte)topicBytes.Length, .. topicBytes, 0, 1, .. payloadBytes];
        await stream.WriteAsync(connect);
        await stream.WriteAsync(publish);
        var answers = new byte[8];
        await stream.ReadExactlyAsync(answers);
        Assert.Equal(0x40, answers[4]);
    }

    private async Task StartHostAsync(string program)
    {
        _host = Process.Start(new ProcessStartInfo("dotnet", [program, "--http", "0", "--mqtt", "0", "--data", _data]) { RedirectStandardOutput = true })!;
        while (Url.Length == 0 || MqttPort == 0)
        {
            var line = await _host.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The program ended before it was ready.");
            if (line.Contains("http://localhost:", StringComparison.Ordinal)) Url = line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim();
            if (line.Contains("mqtt://localhost:", StringComparison.Ordinal)) MqttPort = int.Parse(line.Split("localhost:")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        }
        _ = _host.StandardOutput.ReadToEndAsync();
    }
}
