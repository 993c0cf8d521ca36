using System.Globalization;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace MekongTwin.Silo.Tests;

/// <summary>One message of a device.</summary>
internal readonly record struct FeedMessage(string Topic, string Payload);

/// <summary>Publishes to a broker, each message acknowledged by it.</summary>
internal sealed class Feed(int port) : IDisposable
{
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly MqttClientOptions _options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId("city").WithProtocolVersion(MqttProtocolVersion.V311).WithNoKeepAlive().WithTimeout(TimeSpan.FromMinutes(10)).Build();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async Task SendAsync(IEnumerable<FeedMessage> messages)
    {
        // A broker may have let it go while nothing was sent.
        if (!_client.IsConnected) await _client.ConnectAsync(_options, Ct);
        await Parallel.ForEachAsync(messages, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Ct }, async (message, ct) =>
            await _client.PublishAsync(new MqttApplicationMessageBuilder().WithTopic(message.Topic).WithPayload(message.Payload).WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce).Build(), ct));
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A reading in whole units as a device sends it.</summary>
    public static FeedMessage Of(Model model, in Reading reading)
    {
        var point = model.Points[reading.Point];
        return new($"mt/v1/{model.Assets[point.Asset].Id.Path}/{point.Metric}", $$"""{"v":{{reading.Value / 1_000_000}},"t":"{{Text(reading.TimeUs)}}"}""");
    }

    /// <summary>Readings at random instants of a stretch of time, of points that take whole numbers up to 200.</summary>
    public static List<Reading> Readings(Model model, long fromUs, long toUs, int perPoint, Random random)
    {
        var readings = new List<Reading>();
        var points = model.Points.Where(point => point.MinMicro <= 1_000_000 && point.MaxMicro >= 200_000_000).ToList();
        for (var i = 0; i < perPoint; i++)
        {
            foreach (var point in points) readings.Add(new(Math.Min(toUs, fromUs + random.Next((int)((toUs - fromUs) / Instant.Second)) * Instant.Second), random.Next(1, 200) * 1_000_000L, point.Number, 0, Quality.Good, ReadingFlags.None));
        }
        // A point has one value at an instant: which of two counts is another test's.
        return [.. readings.DistinctBy(reading => (reading.Point, reading.TimeUs))];
    }

    /// <summary>What goes into quarantine: so many of each kind that cannot be decoded, whose point nobody knows, and whose time is none.</summary>
    public static IEnumerable<FeedMessage> Quarantined(Model model, long atUs, int each)
    {
        for (var i = 0; i < each; i++)
        {
            var known = Of(model, new(atUs, 1_000_000, i % model.Points.Length, 0, Quality.Good, ReadingFlags.None));
            yield return known with { Payload = $$"""{"v":{{i}},"t":""" };
            yield return known with { Payload = $"not a number {i}" };
            yield return known with { Topic = $"mt/v1/{model.Cities[0].Id}/nowhere/tx/{i % 7}/P" };
            yield return known with { Payload = $$"""{"v":1,"t":"2199-01-01T00:00:{{i % 60:00}}Z"}""" };
            yield return known with { Payload = $$"""{"v":1,"t":"1899-01-01T00:00:{{i % 60:00}}Z"}""" };
        }
    }

    private static string Text(long timeUs) => Instant.ToTime(timeUs).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
