using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using MekongTwin.Contracts.Mqtt;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Commands;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Running;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MQTTnet;
using MQTTnet.Protocol;
using Orleans.Runtime;

namespace MekongTwin.Silo.Tests;

/// <summary>One trace follows a reading from the MQTT door of one silo, over another one, to the totals of its district.</summary>
public sealed class Traces(Postgres postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<ActivitySpanId, Activity> _spans = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AReadingIsFollowedFromTheDoorToTheDistrict()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        using var listener = Listen();
        var ports = (One: Programs.FreePort(), Two: Programs.FreePort());
        await using var one = await StartAsync(database.ConnectionString, "one", ports.One);
        await using var two = await StartAsync(database.ConnectionString, "two", ports.Two);
        var model = one.Core.Model;
        // An asset whose partition belongs on the other silo.
        var map = new PartitionMap(model, 64);
        List<SiloAddress> silos = [SiloAddress.New(IPAddress.Loopback, ports.One, 0), SiloAddress.New(IPAddress.Loopback, ports.Two, 0)];
        var point = model.Points.First(point => point.Metric == "P" && model.Assets[point.Asset] is { Kind: AssetKind.Transformer, AdministrativeParent: >= 0 }
            && HomeDirector.HomeOf($"region|{map.PartitionOf(point.Asset)}", silos)!.Equals(silos[1]));
        var partition = map.PartitionOf(point.Asset);
        var district = model.Assets[point.Asset].AdministrativeParent;
        await UntilAsync(async () => (await ReadAsync(database, $"SELECT count(*) FROM journal_partition WHERE partition = {partition}")) > 0, "the partition to be there");

        using var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", one.MqttPort).WithClientId("meter").WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V311).Build(), Ct);
        var quarter = Instant.QuarterStart(Instant.From(DateTimeOffset.UtcNow)) - Instant.Hour;
        async Task PublishAsync(int minute)
        {
            var time = Instant.ToTime(quarter + minute * Instant.Minute).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            await client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic($"mt/v1/{model.Assets[point.Asset].Id.Path}/P").WithPayload($$"""{"v":{{100 + minute}},"t":"{{time}}"}""").WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build(), Ct);
        }
        // What a partition has journalled when it moves to the silo that has come is folded there, untraced: then it is the next one.
        var minute = 0;
        await UntilAsync(async () =>
        {
            await PublishAsync(minute++);
            return Paths().Any();
        }, "a commit of totals whose trace begins at the door");
        await UntilAsync(async () => await ReadAsync(database, $"SELECT count(*) FROM asset_total WHERE asset = {district} AND energy > 0") > 0, "the district's total");
        foreach (var path in Paths())
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Join(" <- ", path.Select(span => $"{span.DisplayName} {span.Duration.TotalMilliseconds:0.0} ms")));
            Assert.Single(path.Select(span => span.TraceId).Distinct());
            Assert.Equal(["commit", "fold", "append", "door"], path.Where(span => span.Source.Name == Telemetry.Name).Select(span => span.OperationName));
            // Between the two silos it went as a call.
            Assert.Equal([ActivityKind.Server, ActivityKind.Client], path.Where(span => span.Source.Name != Telemetry.Name).Select(span => span.Kind));
            // Of this process, all that is published is this point's.
            Assert.Equal((partition, partition), (path[0].GetTagItem("partition"), path[1].GetTagItem("partition")));
        }
    }

    [Fact]
    public void ASpanIsAChildOfTheFirstAndLinkedToAFewOthers()
    {
        using var listener = Listen();
        var origins = Enumerable.Range(0, 50).Select(_ => new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded)).ToList();
        using var span = Spans.Start("fold", ActivityKind.Internal, [default, .. origins, .. origins]);
        Assert.Equal((origins[0].TraceId, origins[0].SpanId), (span!.TraceId, span.ParentSpanId));
        Assert.Equal(origins.Skip(1).Take(Spans.LinksMax), span.Links.Select(link => link.Context));
        using var apart = Spans.StartApart("door", ActivityKind.Consumer);
        Assert.Same(span, Activity.Current);
        Assert.NotEqual(span.TraceId, apart!.TraceId);
        var waiting = new Origins();
        for (var i = 0; i < 1000; i++) waiting.Add(i, origins[i % 50]);
        Assert.Equal(origins.Take(11), waiting.TakeTo(10));
        Assert.Equal(53, waiting.TakeTo(2000).Count);
        Assert.Empty(waiting.TakeTo(2000));
    }

    /// <summary>From a commit that moved totals back to the door, where there is one.</summary>
    private IEnumerable<List<Activity>> Paths()
    {
        foreach (var commit in _spans.Values.Where(span => span.OperationName == "commit" && span.GetTagItem("totals") is > 0))
        {
            var path = new List<Activity> { commit };
            while (_spans.TryGetValue(path[^1].ParentSpanId, out var parent)) path.Add(parent);
            if (path[^1].OperationName == "door") yield return path;
        }
    }

    private ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name || source.Name.StartsWith("Microsoft.Orleans.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => _spans[span.SpanId] = span,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static Task<TwinServer> StartAsync(string database, string name, int port) => ServeCommand.StartAsync(new SiloOptions
    {
        Serve = new() { Cities = [Host.Commands.ServeCommand.DefaultCity], Http = "0", Mqtt = "0", Simulate = false },
        Database = database,
        Name = name,
        SiloPort = port,
    }, Ct);

    private static async Task<long> ReadAsync(Npgsql.NpgsqlDataSource database, string sql)
    {
#pragma warning disable CA2100 // The test's own text.
        await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(TimeSpan.FromMilliseconds(500), Ct))
        {
            if (waited.Elapsed > Patience) Assert.Fail($"Waited too long for {what}.");
        }
    }
}
