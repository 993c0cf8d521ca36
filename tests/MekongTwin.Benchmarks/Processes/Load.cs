using System.Globalization;
using System.Text.Json;

namespace MekongTwin.Benchmarks.Processes;

/// <summary>One run of the load generator.</summary>
internal sealed record Load(int Connections, int Qos, int InFlight, string Payload, int Topics, long Messages, double Rate = 0)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public int ReadingsPerMessage => Payload == "senml10" ? 10 : 1;

    /// <summary>The shortest stretch of time that holds a millisecond for each reading of a point.</summary>
    public TimeSpan Span => TimeSpan.FromMilliseconds(((double)Messages / Connections + 1) / (Topics / Connections) * ReadingsPerMessage + 2 * ReadingsPerMessage + 100);

    public async Task<LoadReport> RunAsync(int? core, IReadOnlyList<int> ports, DateTimeOffset from, CancellationToken ct)
    {
        using var child = new Child(core, [Repository.Simulators, "load", "--city", Repository.City, "--mqtt", $"localhost:{ports[0]}", "--json",
            "--connections", $"{Connections}", "--qos", $"{Qos}", "--inflight", $"{InFlight}", "--payload", Payload, "--topics", $"{Topics}",
            "--messages", $"{Messages}", "--rate", Rate.ToString(CultureInfo.InvariantCulture), "--from", from.ToString("O", CultureInfo.InvariantCulture),
            .. ports.Skip(1).SelectMany(port => (string[])["--also", $"localhost:{port}"])]);
        var exit = await child.WaitAsync(ct);
        if (exit != 0) throw new InvalidOperationException($"The load generator ended with {exit}:\n{child.Output}");
        return JsonSerializer.Deserialize<LoadReport>(await child.LineAsync("{", ct), Json)!;
    }
}

/// <summary>What the generator says of a run.</summary>
internal sealed record LoadReport(double Seconds, double MessagesPerSecond, double CpuSecondsPerMillion, string From, long StepMs);
