using System.Text.Json;
using MekongTwin.Simulators.Cities;
using MekongTwin.Simulators.Living;

namespace MekongTwin.Host.Tests.Running;

/// <summary>
/// Devices of the simulated pilot for some hours, with faults on demand or without, over MQTT into the whole program: second by second
/// on the test's own clock, so that every reading comes exactly when it is sent.
/// </summary>
internal sealed class SimulatedPilot : IAsyncDisposable
{
    private const long Seed = 5;

    /// <summary>Messages between two waits for the fold: this clock does not wait for it by itself.</summary>
    private const int SettleEvery = 20_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly DateTimeOffset _begin;
    private readonly DateTimeOffset _end;
    private readonly FaultSchedule _schedule;
    private readonly Time _time;

    private SimulatedPilot(IReadOnlyList<Device> devices, FaultSchedule schedule, DateTimeOffset begin, DateTimeOffset end) =>
        (Devices, _schedule, _begin, _end, _time) = (devices, schedule, begin, end, new() { Now = begin });

    public IReadOnlyList<Device> Devices { get; }

    public Served Served { get; private set; } = null!;

    public long Sent { get; private set; }

    private sealed class Time : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now.ToUniversalTime();
    }

    /// <summary>
    /// A morning in Da Nang, from half an hour before the block of the schedule in which the faults happen: episodes begin in the first
    /// half of its four hours and last an hour at most.
    /// </summary>
    public static Task<SimulatedPilot> MorningAsync(Func<Device, bool> wanted, params Fault[] faults)
    {
        var begin = new DateTimeOffset(2026, 11, 24, 6, 30, 0, TimeSpan.FromHours(7));
        return RunAsync(wanted, begin, begin.AddMinutes(30 + 190), faults);
    }

    /// <summary>Everything for a day that is about to end.</summary>
    public static Task<SimulatedPilot> DayAsync()
    {
        var begin = new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.FromHours(7));
        return RunAsync(_ => true, begin, begin.AddMinutes(24 * 60 - 1));
    }

    private static async Task<SimulatedPilot> RunAsync(Func<Device, bool> wanted, DateTimeOffset begin, DateTimeOffset end, params Fault[] faults)
    {
        var set = faults.ToHashSet();
        var devices = CityDevices.Of(CityFolder.Read(Served.City), Seed, Profile.Default, set).Where(wanted).ToList();
        var pilot = new SimulatedPilot(devices, new FaultSchedule(Seed, "vn-dad", set), begin, end);
        pilot.Served = await Served.StartAsync(pilot._directory, pilot._time);
        await pilot.PlayAsync();
        return pilot;
    }

    /// <summary>The episode of a fault that a device had, or its gateway, or null.</summary>
    public (DateTimeOffset From, DateTimeOffset To)? EpisodeOf(Fault fault, Device device)
    {
        var (thing, periodSeconds) = fault == Fault.Gateway ? (device.Gateway, 0) : (device.Name, device.PeriodSeconds);
        for (var time = _begin; time < _end; time = time.AddMinutes(5))
        {
            if (_schedule.EpisodeAt(fault, thing, periodSeconds, time.ToUnixTimeMilliseconds()) is { } episode) return (DateTimeOffset.FromUnixTimeMilliseconds(episode.BeginMs), DateTimeOffset.FromUnixTimeMilliseconds(episode.EndMs));
        }
        return null;
    }

    /// <summary>The city's day when everything is looked at.</summary>
    public async Task<JsonElement> QualityAsync(string query = "")
    {
        JsonElement page = default;
        await Patience.UntilAsync(async () => (page = await Served.GetAsync($"/api/v1/cities/vn-dad/quality?limit=1000{query}")).GetProperty("checked").GetInt32() == page.GetProperty("points").GetInt32(), () => "every point is looked at");
        return page;
    }

    /// <summary>Everything that is found, by device (an asset without its city).</summary>
    public async Task<ILookup<string, (string Metric, string Kind, DateTimeOffset From, DateTimeOffset To)>> FindingsAsync()
    {
        var page = await QualityAsync();
        Assert.Equal(page.GetProperty("found").GetInt32(), page.GetProperty("worst").GetArrayLength());
        return page.GetProperty("worst").EnumerateArray().SelectMany(point => point.GetProperty("findings").EnumerateArray().Select(finding => (
            Asset: point.GetProperty("asset").GetString()!["vn-dad/".Length..], Metric: point.GetProperty("metric").GetString()!, Kind: finding.GetProperty("kind").GetString()!,
            From: finding.GetProperty("from").GetDateTimeOffset(), To: finding.GetProperty("to").GetDateTimeOffset()))).ToLookup(found => found.Asset, found => (found.Metric, found.Kind, found.From, found.To));
    }

    public async ValueTask DisposeAsync()
    {
        await Served.DisposeAsync();
        _directory.Dispose();
    }

    private async Task PlayAsync()
    {
        var schedule = new Schedule(Devices);
        await using var client = await TinyMqtt.OpenAsync(Served.Mqtt, "simulator");
        for (var second = _begin.ToUnixTimeSeconds() + 1; second <= _end.ToUnixTimeSeconds(); second++)
        {
            _time.Now = DateTimeOffset.FromUnixTimeSeconds(second);
            var messages = schedule.Due(second).SelectMany(device => device.Measure(second * 1000)).Select(message => (message.Topic, message.Payload)).ToList();
            if (messages.Count > 0) await client.PublishAsync(messages);
            Sent += messages.Count;
            if (Sent / SettleEvery > (Sent - messages.Count) / SettleEvery) await Served.Server.Core.SettleAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Long);
        }
    }
}
