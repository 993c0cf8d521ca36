using System.Diagnostics;

namespace MekongTwin.Benchmarks.Processes;

/// <summary>A child process on one core where the system can pin it, with its lines of output.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Lock _gate = new();

    public Child(int? core, params ReadOnlySpan<string> command)
    {
        var pinned = core is not null && Environment.ProcessorCount > 1 && File.Exists("/usr/bin/taskset");
        string[] words = pinned ? ["/usr/bin/taskset", "-c", $"{core}", "dotnet", .. command] : ["dotnet", .. command];
        var start = new ProcessStartInfo(words[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in words.AsSpan(1)) start.ArgumentList.Add(word);
        Began = Stopwatch.GetTimestamp();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Stopwatch time of the start.</summary>
    public long Began { get; }

    /// <summary>User and system time since the start; taskset becomes the program, so that the id stays.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public string Output
    {
        get
        {
            lock (_gate) return string.Join('\n', _lines);
        }
    }

    /// <summary>Waits for the first line that holds this text.</summary>
    public async Task<string> LineAsync(string text, CancellationToken ct)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found) return found;
            }
            if (_process.HasExited) throw new InvalidOperationException($"The process ended with {_process.ExitCode}:\n{Output}");
            await Task.Delay(10, ct);
        }
    }

    public async Task<int> WaitAsync(CancellationToken ct)
    {
        await _process.WaitForExitAsync(ct);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_gate) _lines.Add(line);
    }
}
