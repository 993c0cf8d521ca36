using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MekongTwin.Simulators.Load;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Commands;

/// <summary><c>load</c>: as many readings as the server takes, for benchmarks and kill tests.</summary>
internal static class LoadCommand
{
    public static Command Make()
    {
        var common = new CommonOptions();
        var city = new Option<string>("--city") { Description = "City folder whose points are used", DefaultValueFactory = _ => CommonOptions.DefaultCity };
        var connections = Counted("--connections", "Connections", 1, 10_000);
        var qos = new Option<int>("--qos") { Description = "0 or 1", DefaultValueFactory = _ => 0 };
        var inFlight = Counted("--inflight", "Unacknowledged messages per connection (QoS 1)", 1000, LoadPlan.InFlightMax);
        var messages = new Option<long>("--messages") { Description = "Messages in all", DefaultValueFactory = _ => 1_000_000 };
        var topics = Counted("--topics", "Topics in all", 300, 1_000_000);
        var payload = new Option<LoadPayload>("--payload") { Description = "plain (one reading, 60 bytes) or senml10 (ten readings)" };
        var from = new Option<DateTimeOffset?>("--from") { Description = "Time of the first readings; default one hour ago", CustomParser = CommonOptions.ParseInstant };
        var every = new Option<double?>("--every") { Description = "Seconds between two readings of a point; all points send once in that time, from now on, whatever --from and --rate say" };
        CommonOptions.Allow(every, seconds => seconds is null or >= 0.001 and <= 86_400, "--every must be 0.001 to 86400 seconds.");
        var rate = new Option<double>("--rate") { Description = "Messages per second in all; 0 is as fast as possible" };
        var ackLog = new Option<string?>("--ack-log") { Description = "Append every acknowledged reading to this file (QoS 1)" };
        var also = new Option<MqttEndpoint[]>("--also") { Description = "Further servers of the same cluster, host:port; connections are dealt round", CustomParser = CommonOptions.ParseEndpoints, DefaultValueFactory = _ => [] };
        var reconnectSeconds = new Option<double>("--reconnect-seconds") { Description = "How long to try after a lost connection", DefaultValueFactory = _ => 30 };
        var json = new Option<bool>("--json") { Description = "Report as JSON" };
        qos.AcceptOnlyFromAmong("0", "1");
        var command = new Command("load", "Sends as many readings as the server takes")
        {
            city, connections, qos, inFlight, messages, topics, payload, from, every, rate, ackLog, also, reconnectSeconds, json,
        };
        common.AddTo(command);
        command.SetAction((result, ct) => common.RunAsync(
            result,
            async stop =>
            {
                var endpoint = common.Endpoint(result) with { KeepAliveSeconds = 0 };
                var others = result.GetValue(also)!.Select(other => endpoint with { Host = other.Host, Port = other.Port });
                var available = LoadTopic.From(CommonOptions.ReadCity(result.GetValue(city)!), result.GetValue(payload));
                var plan = MakePlan(available, result.GetValue(topics), result.GetValue(connections), result.GetValue(messages), result.GetValue(payload), result.GetValue(from)) with
                {
                    Qos = result.GetValue(qos),
                    Version = endpoint.Version,
                    InFlight = result.GetValue(inFlight),
                    Rate = result.GetValue(rate),
                };
                if (result.GetValue(every) is { } seconds) plan = plan.Every(seconds, TimeProvider.System.GetUtcNow());
                using var log = result.GetValue(ackLog) is { } path ? new AckLog(path) : null;
                var report = await new LoadRun(plan, [endpoint, .. others], log, TimeSpan.FromSeconds(result.GetValue(reconnectSeconds))).RunAsync(stop);
                Console.WriteLine(result.GetValue(json) ? JsonSerializer.Serialize(report, LoadJson.Default.LoadReport) : Text(report));
                return report.Complete ? 0 : 1;
            },
            ct));
        return command;
    }

    private static LoadPlan MakePlan(IReadOnlyList<LoadTopic> available, int topics, int connections, long messages, LoadPayload payload, DateTimeOffset? from)
    {
        if (topics > available.Count) throw new InvalidDataException($"--topics {topics}: the city folder has {available.Count} for this payload.");
        if (connections > topics) throw new InvalidDataException($"--connections {connections}: each needs a topic of its own, there are {topics}.");
        if (messages < 1) throw new InvalidDataException("--messages must be at least 1.");
        var now = TimeProvider.System.GetUtcNow();
        var fromMs = (from ?? now.AddHours(-1)).ToUnixTimeMilliseconds();
        var stepMs = LoadPlan.FindStepMs(fromMs, now.ToUnixTimeMilliseconds(), messages, topics, connections, payload == LoadPayload.Plain ? 1 : 10);
        if (stepMs < 1) throw new InvalidDataException("Not a millisecond for each reading of a point: take more --topics, fewer --messages or an earlier --from.");
        return new(payload, 0, 4, 1, messages, [.. available.Take(topics)], connections) { FromMs = fromMs, StepMs = stepMs };
    }

    private static Option<int> Counted(string name, string description, int value, int max)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => value };
        CommonOptions.Allow(option, count => count >= 1 && count <= max, $"{name} must be 1 to {max}.");
        return option;
    }

    private static string Text(LoadReport report) => string.Create(CultureInfo.InvariantCulture,
        $"sent {report.Sent}, acknowledged {report.Acknowledged}, refused {report.Refused}, resent {report.Resent}, reconnects {report.Reconnects}, {report.Seconds:0.000} s, {report.MessagesPerSecond:0} messages/s, generator {report.CpuSecondsPerMillion:0.00} CPU s per million{(report.Complete ? "" : ", INCOMPLETE")}");
}
