using System.Diagnostics;
using System.Globalization;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Load;

/// <summary>Opens every connection, dealt round the servers, then starts the watch and lets them all send.</summary>
internal sealed class LoadRun(LoadPlan plan, IReadOnlyList<MqttEndpoint> endpoints, AckLog? log, TimeSpan reconnectMax)
{
    /// <summary>Throws <see cref="MqttException"/> when a connection cannot be opened at all.</summary>
    public async Task<LoadReport> RunAsync(CancellationToken ct)
    {
        var connections = Enumerable.Range(0, plan.Connections)
            .Select(i => new LoadConnection(plan, endpoints[i % endpoints.Count], $"load-{Environment.ProcessId}-{i}", new(plan, i), log, reconnectMax))
            .ToArray();
        try
        {
            await Task.WhenAll(connections.Select(connection => connection.OpenAsync(ct)));
            var cpu = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            await Task.WhenAll(connections.Select(connection => Task.Run(() => TryRunAsync(connection, ct), CancellationToken.None)));
            return Report(connections, Stopwatch.GetElapsedTime(start), Environment.CpuUsage.TotalTime - cpu);
        }
        finally
        {
            foreach (var connection in connections) connection.Dispose();
        }
    }

    private static async Task TryRunAsync(LoadConnection connection, CancellationToken ct)
    {
        try
        {
            await connection.RunAsync(ct);
        }
        catch (MqttException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
        }
        catch (OperationCanceledException)
        {
            // Stopped on request: the report says how far it came.
        }
    }

    private LoadReport Report(LoadConnection[] connections, TimeSpan elapsed, TimeSpan cpu)
    {
        var sent = connections.Sum(connection => connection.Sent);
        var acknowledged = connections.Sum(connection => connection.Acknowledged);
        var done = plan.Qos == 0 ? sent : acknowledged;
        return new(
            plan.Payload.ToString().ToLowerInvariant(),
            plan.Qos,
            plan.Connections,
            plan.InFlight,
            plan.Topics.Count,
            LoadMessages.Template(plan).Length,
            sent,
            acknowledged,
            connections.Sum(connection => connection.Refused),
            connections.Sum(connection => connection.Resent),
            connections.Sum(connection => connection.Reconnects),
            done * plan.ReadingsPerMessage,
            Math.Round(elapsed.TotalSeconds, 3),
            Math.Round(done / elapsed.TotalSeconds),
            Math.Round(cpu.TotalSeconds, 3),
            Math.Round(cpu.TotalSeconds * 1e6 / Math.Max(1, done), 3),
            DateTimeOffset.FromUnixTimeMilliseconds(plan.FromMs).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            plan.StepMs,
            done == plan.Messages);
    }
}
