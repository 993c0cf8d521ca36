using System.Runtime.CompilerServices;
using System.Text.Json;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;
using MekongTwin.Ingest;

namespace MekongTwin.Host.Running;

/// <summary>
/// The twin's live values as MQTT topics: <c>mt/v1/live/{asset path}/{metric}</c> with
/// <c>{"v":412.6,"u":"kW","t":"2026-11-21T17:05:00+07:00","q":"good"}</c>.
/// </summary>
internal sealed class LiveOutputs(ITwins twins, Func<Model> model) : IOutputs
{
    private const string Live = "mt/v1/live/";
    private const string Alarms = "mt/v1/alarms/";

    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public bool IsServed(string filter) => filter.StartsWith(Live, StringComparison.Ordinal) || filter.StartsWith(Alarms, StringComparison.Ordinal);

    public async IAsyncEnumerable<OutputMessage> WatchAsync(string filter, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!filter.StartsWith(Live, StringComparison.Ordinal))
        {
            // No rule raises alarms yet: the topics are served, and silent.
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            yield break;
        }
        var prefix = LiteralPrefix(filter[Live.Length..]);
        var sent = new Dictionary<int, Reading>();
        await foreach (var changes in twins.WatchAsync(new WatchFilter([prefix], Interval), ct))
        {
            foreach (var view in changes.Views)
            {
                foreach (var latest in view.Latest)
                {
                    var topic = Live + view.Asset.Id.Path + "/" + latest.Point.Metric;
                    if (!Matches(filter, topic) || (sent.TryGetValue(latest.Point.Number, out var last) && last == latest.Reading)) continue;
                    sent[latest.Point.Number] = latest.Reading;
                    yield return new(topic, Payload(latest, model().CityOf(view.Asset.Number).MakeCalendar().Zone));
                }
            }
        }
    }

    /// <summary>Whole levels in front of the first wildcard: enough to choose assets by; the topic is matched in full.</summary>
    internal static string LiteralPrefix(string filter)
    {
        var levels = filter.Split('/').TakeWhile(level => level is not ("+" or "#")).ToList();
        if (levels.Count == filter.Split('/').Length) levels.RemoveAt(levels.Count - 1);
        return string.Join('/', levels);
    }

    /// <summary>MQTT 5.0 section 4.7: + is one level, # all that follow and the level above.</summary>
    internal static bool Matches(string filter, string topic)
    {
        var wanted = filter.Split('/');
        var levels = topic.Split('/');
        for (var i = 0; i < wanted.Length; i++)
        {
            if (wanted[i] == "#") return true;
            if (i >= levels.Length || (wanted[i] != "+" && wanted[i] != levels[i])) return false;
        }
        return wanted.Length == levels.Length;
    }

    private static byte[] Payload(in LatestValue latest, TimeZoneInfo zone) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        v = FixedPoint.ToDouble(latest.Reading.Value),
        u = latest.Point.Unit.Code,
        t = Instant.ToText(latest.Reading.TimeUs, zone),
        q = JsonNamingPolicy.CamelCase.ConvertName(latest.Reading.Quality.ToString()),
    }, Json);
}
