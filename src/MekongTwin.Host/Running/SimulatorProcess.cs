using System.Diagnostics;
using System.Globalization;

namespace MekongTwin.Host.Running;

/// <summary>What the simulator is told.</summary>
internal sealed record SimulatorOptions(IReadOnlyList<string> Cities, string Mqtt, DateTimeOffset Start, DateTimeOffset Epoch, double Speed, string Profile, IReadOnlyList<string> Faults, string User, string Password);

/// <summary>How a child process ended.</summary>
internal sealed record ChildEnd(int ExitCode, string? LastError);

/// <summary>A child process; disposing of it ends it.</summary>
internal interface IChild : IAsyncDisposable
{
    Task<ChildEnd> EndAsync(CancellationToken ct);
}

/// <summary>The simulator as a child process: it connects over MQTT like any device, and ends with its parent.</summary>
internal sealed partial class SimulatorProcess : IChild
{
    /// <summary>Where the simulator finds its password: a command line is everybody's to read.</summary>
    private const string PasswordVariable = "MEKONGTWIN_SIMULATOR_PASSWORD";

    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private string? _lastError;

    private SimulatorProcess(Process process, ILogger log)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => _lastError = Hear(line.Data) ?? _lastError;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        // A stream's end comes as a line that is null.
        string? Hear(string? line)
        {
            if (string.IsNullOrWhiteSpace(line)) return null;
            LogLine(log, line);
            return line.Trim();
        }
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "simulators", "MekongTwin.Simulators.dll");

    /// <summary>Throws <see cref="FileNotFoundException"/> where the simulator was not built.</summary>
    public static SimulatorProcess Start(SimulatorOptions options, ILogger log)
    {
        if (!File.Exists(Program)) throw new FileNotFoundException("The simulator was not built beside the host; the city waits for real devices. Build the whole solution, or say --simulate off.");
        var info = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments = [Program, "city", .. options.Cities.SelectMany(city => (string[])["--city", city]), "--mqtt", options.Mqtt,
            "--start", options.Start.ToString("O", CultureInfo.InvariantCulture), "--epoch", options.Epoch.ToString("O", CultureInfo.InvariantCulture),
            "--speed", options.Speed.ToString(CultureInfo.InvariantCulture), "--profile", options.Profile, .. options.Faults.Count > 0 ? (string[])["--faults", string.Join(',', options.Faults)] : [], "--user", options.User, "--parent-stdin"];
        info.Environment[PasswordVariable] = options.Password;
        foreach (var argument in arguments) info.ArgumentList.Add(argument);
        return new(Process.Start(info)!, log);
    }

    /// <summary>Its last words are heard before its end is told.</summary>
    public async Task<ChildEnd> EndAsync(CancellationToken ct)
    {
        await _process.WaitForExitAsync(ct);
        return new(_process.ExitCode, _lastError);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // Its standard input closes: it ends by itself.
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(EndsWithin);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (IOException)
        {
            // It has ended already.
        }
        _process.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "simulator: {Line}")]
    private static partial void LogLine(ILogger logger, string line);
}
