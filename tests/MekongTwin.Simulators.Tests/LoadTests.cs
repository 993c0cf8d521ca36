using System.Text;
using System.Text.Json;
using MekongTwin.Simulators.Load;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Tests;

public sealed class LoadTests
{
    private const long FromMs = 1_795_255_200_000;

    [Theory]
    [InlineData(LoadPayload.Plain, 60)]
    [InlineData(LoadPayload.Senml10, 341)]
    internal async Task PayloadsAreJsonOfTheirSize(LoadPayload payload, int bytes)
    {
        var heard = await HearAsync(Plan(payload, qos: 0, messages: 50, topics: 7));
        Assert.Equal(50, heard.Count);
        Assert.All(heard, message =>
        {
            Assert.Equal(bytes, Encoding.UTF8.GetByteCount(message.Payload));
            using var _ = JsonDocument.Parse(message.Payload);
        });
        if (payload == LoadPayload.Plain) Assert.Equal("{\"v\":100.00000,\"t\":\"2026-11-21T10:00:00.000000Z\",\"q\":\"good\"}", heard[0].Payload);
        else Assert.StartsWith("[{\"bt\":1795255200.000,\"bu\":\"kW\",\"n\":\"P\",\"v\":100.000},{\"n\":\"P\",\"t\":0.250,\"v\":100.613},", heard[0].Payload, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1, 5000)]
    [InlineData(7, 1, 5000)]
    [InlineData(100, 3, 70_000)]
    public async Task TimesOfAPointRiseWithoutRepeats(int topics, int connections, int messages)
    {
        var heard = await HearAsync(Plan(LoadPayload.Plain, qos: 1, messages, topics, connections));
        Assert.Equal(messages, heard.Count);
        foreach (var point in heard.GroupBy(message => message.Topic))
        {
            var times = point.Select(message => message.Payload.Substring(20, 27)).ToList();
            Assert.Equal(times.Distinct().Order(StringComparer.Ordinal), times);
        }
        Assert.Equal(topics, heard.Select(message => message.Topic).Distinct().Count());
    }

    [Theory]
    [InlineData(LoadPayload.Plain)]
    [InlineData(LoadPayload.Senml10)]
    internal async Task TheLogHoldsEveryReadingOnceThoughTheConnectionBroke(LoadPayload payload)
    {
        await using var server = new FakeServer { CutAfter = 333 };
        var path = Path.GetTempFileName();
        try
        {
            LoadReport report;
            var plan = Plan(payload, qos: 1, messages: 2000, topics: 10);
            using (var log = new AckLog(path)) report = await new LoadRun(plan, [Endpoint(server)], log, TimeSpan.FromSeconds(10)).RunAsync(CancellationToken.None);
            Assert.True(report.Complete, report.ToString());
            Assert.Equal((2000, 1), (report.Acknowledged, report.Reconnects));
            Assert.InRange(report.Resent, 10, 100);
            var lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(2000 * plan.ReadingsPerMessage, lines.Length);
            Assert.Equal(lines.Length, lines.Select(line => line[..line.LastIndexOf(' ')]).Distinct().Count());
            if (payload == LoadPayload.Plain) Assert.Equal(lines.Order(), server.Publishes.Select(AsLine).Distinct().Order());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task AServerThatStaysAwayEndsTheRunInTime()
    {
        var server = new FakeServer { CutAfter = 50 };
        var run = new LoadRun(Plan(LoadPayload.Plain, qos: 1, messages: 2000, topics: 10), [Endpoint(server)], null, TimeSpan.FromMilliseconds(300)).RunAsync(CancellationToken.None);
        while (server.Publishes.Count < 40) await Task.Delay(5, TestContext.Current.CancellationToken);
        await server.DisposeAsync();
        Assert.False((await run).Complete);
    }

    /// <summary>The last answer is that to a ping: two bytes, fewer than any acknowledgement.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task APacedRunEndsWithItsLastMessage(int qos)
    {
        await using var server = new FakeServer();
        var plan = Plan(LoadPayload.Plain, qos, messages: 20, topics: 5) with { Rate = 2000 };
        var report = await new LoadRun(plan, [Endpoint(server)], null, TimeSpan.Zero).RunAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(report.Complete, report.ToString());
        Assert.Equal(0, report.Reconnects);
    }

    [Fact]
    public async Task TheServersReceiveMaximumIsKept()
    {
        await using var server = new FakeServer();
        var plan = Plan(LoadPayload.Plain, qos: 1, messages: 500, topics: 10) with { Version = 5 };
        var report = await new LoadRun(plan, [Endpoint(server) with { Version = 5 }], null, TimeSpan.Zero).RunAsync(CancellationToken.None);
        Assert.True(report.Complete);
    }

    [Theory]
    [InlineData(1000, 10, 1, 1, 1000)]
    [InlineData(1_000_000, 100, 1, 1, 359)]
    [InlineData(1_000_000, 100, 10, 10, 35)]
    [InlineData(1_000_000_000, 10, 1, 1, 0)]
    public void StepsNeverReachPastNow(long messages, int topics, int connections, int readings, long stepMs)
    {
        Assert.Equal(stepMs, LoadPlan.FindStepMs(0, 3_600_000, messages, topics, connections, readings));
        Assert.True(messages / topics * readings * stepMs <= 3_600_000);
    }

    [Theory]
    [InlineData(false, 60, 60_000)]
    [InlineData(true, 60, 6_000)]
    [InlineData(false, 0.5, 500)]
    public void APointThatSendsEverySoManySecondsIsMeasuredAsOften(bool isPacked, double seconds, long stepMs)
    {
        var plan = Plan(isPacked ? LoadPayload.Senml10 : LoadPayload.Plain, qos: 1, messages: 100, topics: 30).Every(seconds, DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_123));
        Assert.Equal((1_790_000_000_123, stepMs, 30 / seconds), (plan.FromMs, plan.StepMs, plan.Rate));
    }

    [Fact]
    public void TopicsAreTheFoldersPoints()
    {
        var plain = LoadTopic.From(Pilot.Folder, LoadPayload.Plain);
        Assert.Equal((3 * 4001) + (3 * 112) + (2 * 16) + 150, plain.Count);
        Assert.Equal(plain.Count, plain.Select(topic => topic.Topic).Distinct().Count());
        Assert.Equal(360, LoadTopic.From(Pilot.Folder, LoadPayload.Senml10).Count);
    }

    private static async Task<List<Heard>> HearAsync(LoadPlan plan)
    {
        await using var server = new FakeServer();
        var report = await new LoadRun(plan, [Endpoint(server)], null, TimeSpan.Zero).RunAsync(CancellationToken.None);
        Assert.True(report.Complete, report.ToString());
        return [.. server.Publishes];
    }

    private static MqttEndpoint Endpoint(FakeServer server) => new("127.0.0.1", server.Port) { KeepAliveSeconds = 0 };

    private static LoadPlan Plan(LoadPayload payload, int qos, int messages, int topics, int connections = 1) =>
        new(payload, qos, 4, 64, messages, [.. LoadTopic.From(Pilot.Folder, payload).Take(topics)], connections) { FromMs = FromMs, StepMs = 250 };

    private static string AsLine(Heard heard)
    {
        using var json = JsonDocument.Parse(heard.Payload);
        var time = json.RootElement.GetProperty("t").GetString()!;
        return $"{heard.Topic} {time[..23]}Z {json.RootElement.GetProperty("v").GetRawText()[..7]}";
    }
}
