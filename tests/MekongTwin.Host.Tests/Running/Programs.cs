using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MekongTwin.Host.Tests.Running;

/// <summary>The built programs as processes of their own: started, heard, killed.</summary>
internal sealed class Running : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _heard = new();

    private Running(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where the program was built, with everything beside it that it is shipped with.</summary>
    private static string HostDirectory => AppContext.BaseDirectory.Replace(Path.Combine("tests", "MekongTwin.Host.Tests"), Path.Combine("src", "MekongTwin.Host"), StringComparison.Ordinal);

    private static string HostProgram => Path.Combine(HostDirectory, "MekongTwin.Host.dll");

    private static string SimulatorProgram => Path.Combine(HostDirectory, "simulators", "MekongTwin.Simulators.dll");

    /// <summary>What it has said so far, both streams.</summary>
    public string Heard
    {
        get
        {
            lock (_heard) return _heard.ToString();
        }
    }

    public bool HasEnded => _process.HasExited;

    public int Id => _process.Id;

    public StreamWriter Input => _process.StandardInput;

    public static Running Host(params string[] arguments) => Start("dotnet", [HostProgram, .. arguments]);

    /// <summary>With a variable of its environment set, or taken out where it is null.</summary>
    public static Running Host(string[] arguments, (string Name, string? Value) variable) => Start("dotnet", [HostProgram, .. arguments], variable: variable);

    public static Running Simulators(params string[] arguments) => Start("dotnet", [SimulatorProgram, .. arguments]);

    public static Running Start(string program, IEnumerable<string> arguments, string? directory = null, (string Name, string? Value)? variable = null)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = directory ?? Path.GetTempPath() };
        info.Environment["DOTNET_TieredPGO"] = "0";
        if (variable is { } set) info.Environment[set.Name] = set.Value;
        return new(Process.Start(info)!);
    }

    /// <summary>Runs it to its end.</summary>
    public static async Task<(int Code, string Heard)> ToEndAsync(Running running)
    {
        using (running) return (await running.EndAsync(), running.Heard);
    }

    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Long);
        // The streams may still hold the last lines.
        _process.WaitForExit();
        return _process.ExitCode;
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await EndAsync();
    }

    /// <summary>Sends a signal by name, such as TERM.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (_heard) _heard.AppendLine(line);
    }
}

/// <summary>Where a program is, or a skip with the reason.</summary>
internal static class Installed
{
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin").Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    public static string OrSkip(string program)
    {
        var path = Find(program);
        Assert.SkipUnless(path is not null, $"{program} is not installed.");
        return path!;
    }
}

/// <summary>A free port of the loopback address; it may be taken again before it is used, so tests that can choose 0.</summary>
internal static class FreePort
{
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>How long a test waits for what must happen: long enough for any machine, never slept away.</summary>
internal static class Patience
{
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    public static async Task UntilAsync(Func<Task<bool>> reached, Func<string> what)
    {
        var deadline = Environment.TickCount64 + (long)Long.TotalMilliseconds;
        while (!await reached())
        {
            if (Environment.TickCount64 > deadline) Assert.Fail($"Not within {Long.TotalSeconds:0} s: {what()}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public static Task UntilAsync(Func<bool> reached, Func<string> what) => UntilAsync(() => Task.FromResult(reached()), what);
}

/// <summary>A directory that goes away with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mekongtwin-").FullName;

    public string In(params string[] names) => System.IO.Path.Combine([Path, .. names]);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // Something still writes there; the system's temporary directory is cleaned anyway.
        }
    }
}
