using System.Diagnostics;
using System.Globalization;

namespace MekongTwin.Host.Running;

/// <summary>The simulator as a child process: it connects over MQTT like any device, on loopback, and ends with its parent.</summary>
internal sealed partial class SimulatorProcess(ILogger<SimulatorProcess> log) : IDisposable
{
    /// <summary>Where the simulator finds its password: a command line is everybody's to read.</summary>
    private const string PasswordVariable = "MEKONGTWIN_SIMULATOR_PASSWORD";

    private Process? _process;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Path of the simulator's program beside the host's, or null where it was not built.</summary>
    public static string? FindProgram()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "simulators", "MekongTwin.Simulators.dll");
        return File.Exists(path) ? path : null;
    }

    public void Start(IReadOnlyList<string> cities, int mqttPort, DateTimeOffset start, DateTimeOffset epoch, double speed, string profile, (string Name, string Password) user)
    {
        if (FindProgram() is not { } program)
        {
            LogMissing(log);
            return;
        }
        var info = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments = [program, "city", .. cities.SelectMany(city => (string[])["--city", city]), "--mqtt", $"127.0.0.1:{mqttPort.ToString(CultureInfo.InvariantCulture)}",
            "--start", start.ToString("O", CultureInfo.InvariantCulture), "--epoch", epoch.ToString("O", CultureInfo.InvariantCulture),
            "--speed", speed.ToString(CultureInfo.InvariantCulture), "--profile", profile, "--user", user.Name, "--parent-stdin"];
        info.Environment[PasswordVariable] = user.Password;
        foreach (var argument in arguments) info.ArgumentList.Add(argument);
        _process = Process.Start(info)!;
        _process.OutputDataReceived += (_, line) => LogLine(log, line.Data);
        _process.ErrorDataReceived += (_, line) => LogLine(log, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public void Dispose()
    {
        if (_process is null) return;
        try
        {
            // Its standard input closes: it ends by itself.
            _process.StandardInput.Close();
            if (!_process.WaitForExit(2000)) _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
        _process.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The simulator was not built beside the host; the city waits for real devices. Build the whole solution, or say --simulate off.")]
    private static partial void LogMissing(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "simulator: {Line}")]
    private static partial void LogLine(ILogger logger, string? line);
}
