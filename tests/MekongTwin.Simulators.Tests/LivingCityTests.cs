using System.Text;
using System.Text.Json;
using MekongTwin.Simulators.Living;
using MekongTwin.Simulators.Model;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Tests;

public sealed class LivingCityTests
{
    [Fact]
    public void TheSameSeedSendsTheSameBytesWhateverWasAskedBefore()
    {
        var first = Say(new(CityDevices.Of(Pilot.Folder, 42, Profile.Default)), 0, 60);
        var second = new Schedule(CityDevices.Of(Pilot.Folder, 42, Profile.Default));
        Say(second, 3600, 3610);
        Assert.Equal(first, Say(second, 0, 60));
        Assert.NotEqual(first, Say(new(CityDevices.Of(Pilot.Folder, 43, Profile.Default)), 0, 60));
    }

    [Fact]
    public void EveryDeviceReportsOncePerPeriod()
    {
        var schedule = new Schedule(CityDevices.Of(Pilot.Folder, 42, Profile.Default));
        var reports = Enumerable.Range(0, 1800).SelectMany(second => schedule.Due(second)).GroupBy(device => device.Name).ToList();
        Assert.Equal(schedule.Devices.Count(device => device.PeriodSeconds <= 1800), reports.Count);
        Assert.All(reports, report => Assert.Equal(1800 / report.First().PeriodSeconds, report.Count()));
        Assert.Equal((3 * 4001) + (4 * 112) + (3 * 16) + (3 * 150) + (10 * 3) + (8 * 4) + 12, schedule.Devices.Sum(device => device.Points));
        Assert.InRange(schedule.MessagesPerSecond, 60, 80);
    }

    /// <summary>The dense profile is about 3,000 readings a second.</summary>
    [Fact]
    public void DenseDevicesReportWithinSeconds()
    {
        var devices = CityDevices.Of(Pilot.Folder, 42, Profile.Dense);
        Assert.All(devices, device => Assert.InRange(device.PeriodSeconds, 2, 10));
        Assert.InRange(devices.Sum(device => device.Points / (double)device.PeriodSeconds), 2_700, 3_300);
    }

    /// <summary>
    /// Part of the meters is read once a day: a pack of 48 half hours, of the local day before, in the small hours. Every
    /// value is what the meter would have sent at once.
    /// </summary>
    [Fact]
    public void SomeMetersComeWithTheNextDay()
    {
        var devices = CityDevices.Of(Pilot.Folder, 42, Profile.Default);
        var late = devices.Where(device => device.PeriodSeconds == 86_400).ToList();
        var meters = Pilot.Folder.Grid.Transformers.Count(transformer => transformer.Customers!.ByClass.Sum(pair => pair.Count) > 1);
        Assert.InRange(late.Count / (double)meters, 0.12, 0.18);
        var grid = new GridModel(Pilot.Folder, 42);
        foreach (var device in late.Take(5))
        {
            var second = device.LastDue(Pilot.WednesdayMs(12) / 1000);
            Assert.InRange((second - Pilot.WednesdayMs(0) / 1000) / 3600.0, 1, 5);
            using var pack = JsonDocument.Parse(Assert.Single(device.Measure(second * 1000)).Payload);
            var powers = new List<(long TimeMs, double Kw)>();
            var time = 0L;
            foreach (var record in pack.RootElement.EnumerateArray())
            {
                if (record.TryGetProperty("bt", out var bt)) time = bt.GetInt64() * 1000;
                if (record.GetProperty("n").GetString() == "P") powers.Add((time, record.GetProperty("v").GetDouble()));
            }
            Assert.Equal(Enumerable.Range(-47, 48).Select(half => Pilot.WednesdayMs(half / 2.0)), powers.Select(power => power.TimeMs));
            var meter = TransformerMeter.Of(grid, Pilot.Folder.Grid.Transformers.ToList().FindIndex(transformer => transformer.Id == device.Name), null);
            Assert.All(powers, power => Assert.Equal(meter.Read(grid, power.TimeMs).Kw, power.Kw, 0.051));
        }
    }

    /// <summary>A meter tells the truth within its class, but for the few whose ratio was entered wrongly.</summary>
    [Fact]
    public void MetersAreOfTheirClassButForSomeWrongRatios()
    {
        var grid = new GridModel(Pilot.Folder, 42);
        var gains = grid.Transformers.Select(transformer => Meter.OfTransformer(transformer.Noise)).ToList();
        var wrong = gains.Count(meter => Math.Abs(meter.PowerGain - 1) > 0.1);
        Assert.InRange(wrong / (double)gains.Count, 0.005, 0.016);
        Assert.All(gains.Where(meter => Math.Abs(meter.PowerGain - 1) <= 0.1), meter => Assert.InRange(meter.PowerGain, 0.995, 1.005));
    }

    [Fact]
    public void TheLastReportIsTheOneTheScheduleSent()
    {
        var schedule = new Schedule(CityDevices.Of(Pilot.Folder, 42, Profile.Default));
        Assert.All(schedule.Devices, device =>
        {
            var due = device.LastDue(1_800_000_007);
            Assert.InRange(1_800_000_007 - due, 0, device.PeriodSeconds - 1);
            Assert.Contains(device, schedule.Due(due));
        });
    }

    [Fact]
    public void PayloadsReadAsPromised()
    {
        Assert.Equal("{\"v\":4126.5,\"t\":\"2026-11-21T10:00:00.000Z\",\"q\":\"good\"}", Encoding.UTF8.GetString(Payload.Plain(4126.5, 1795255200000)));
        var pack = new SenmlPack();
        pack.Begin("", 1795255200250);
        pack.Add("P", "kW", 412.6);
        pack.Add("V", "V", 229);
        Assert.Equal("[{\"bt\":1795255200.25,\"n\":\"P\",\"u\":\"kW\",\"v\":412.6},{\"n\":\"V\",\"u\":\"V\",\"v\":229.0}]", Encoding.UTF8.GetString(pack.ToBytes()));
        var several = new SenmlPack();
        foreach (var (name, timeMs) in new[] { ("x/tx/1/", 1000L), ("x/tx/1/", 2000), ("x/tx/2/", 2000) })
        {
            several.Begin(name, timeMs);
            several.Add("P", "kW", 1);
        }
        Assert.Equal(
            "[{\"bn\":\"x/tx/1/\",\"bt\":1,\"n\":\"P\",\"u\":\"kW\",\"v\":1.0},{\"bt\":2,\"n\":\"P\",\"u\":\"kW\",\"v\":1.0},{\"bn\":\"x/tx/2/\",\"bt\":2,\"n\":\"P\",\"u\":\"kW\",\"v\":1.0}]",
            Encoding.UTF8.GetString(several.ToBytes()));
    }

    [Fact]
    public void TheClockIsStartPlusElapsedTimesSpeed()
    {
        var epoch = new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
        var clock = new SimulationClock(new(2026, 6, 17, 7, 0, 0, TimeSpan.FromHours(7)), epoch, 60);
        Assert.Equal(Pilot.WednesdayMs(7), clock.TimeMs(epoch));
        Assert.Equal(Pilot.WednesdayMs(8), clock.TimeMs(epoch.AddMinutes(1)));
        Assert.Equal(Pilot.WednesdayMs(6), clock.TimeMs(epoch.AddMinutes(-1)));
        Assert.Equal(TimeSpan.FromSeconds(10), clock.Until(Pilot.WednesdayMs(7) + 600_000, epoch));
        Assert.Equal(TimeSpan.Zero, clock.Until(Pilot.WednesdayMs(6), epoch));
        Assert.Equal(epoch.ToUnixTimeMilliseconds(), SimulationClock.RealTime.TimeMs(epoch));
    }

    [Fact]
    public async Task ANewcomerHearsEveryPointWithinTwoSecondsAndThenNoGap()
    {
        await using var server = new FakeServer();
        var start = DateTimeOffset.FromUnixTimeSeconds(1_795_255_204);
        var schedule = new Schedule(CityDevices.Of(Pilot.Folder, 42, Profile.Default));
        // All but the read-outs of a day.
        var all = schedule.Devices.Where(device => device.PeriodSeconds <= 3600).Sum(device => device.Messages);
        await RunUntilAsync(server, schedule, SimulationClock.RealTime, new(start), all + (int)(40 * schedule.MessagesPerSecond));
        var greeting = server.Publishes.Take(all).ToList();
        Assert.Equal(all, greeting.Select(message => message.Topic).Distinct().Count());
        var times = server.Publishes.Where(message => message.Topic == "mt/v1/vn-dad/fdr/471-xuanha/P").Select(TimeOf).ToList();
        Assert.True(times.Count > 3);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.Equal(TimeSpan.FromSeconds(10), pair.Second - pair.First));
    }

    [Fact]
    public async Task ARestartedCityRepeatsItselfByteForByte()
    {
        await using var server = new FakeServer();
        await using var again = new FakeServer();
        var epoch = DateTimeOffset.FromUnixTimeSeconds(1_795_255_204);
        var clock = new SimulationClock(new(2026, 6, 17, 7, 0, 0, TimeSpan.FromHours(7)), epoch, 60);
        await RunUntilAsync(server, new(CityDevices.Of(Pilot.Folder, 42, Profile.Default)), clock, new(epoch), 12_000);
        await RunUntilAsync(again, new(CityDevices.Of(Pilot.Folder, 42, Profile.Default)), clock, new(epoch.AddSeconds(1)), 6_000);
        var first = server.Publishes.Select(message => (message.Topic, message.Payload)).ToHashSet();
        var shared = again.Publishes.Select(message => (message.Topic, message.Payload)).Count(first.Contains);
        Assert.InRange(shared, 2000, int.MaxValue);
        var payloadAt = server.Publishes.DistinctBy(At).ToDictionary(At, message => message.Payload);
        Assert.All(again.Publishes.Where(message => !message.Topic.Contains("/senml/", StringComparison.Ordinal)), message =>
            Assert.True(!payloadAt.TryGetValue(At(message), out var payload) || payload == message.Payload, message.ToString()));
    }

    [Fact]
    public async Task ACityWithAnEndSendsTheSameMessagesHoweverFastItIsAndHoweverLate()
    {
        var start = new DateTimeOffset(2026, 6, 17, 7, 0, 0, TimeSpan.FromHours(7));
        var epoch = DateTimeOffset.FromUnixTimeSeconds(1_795_255_204);
        var seconds = start.ToUnixTimeSeconds();
        var heard = new List<List<(string, string)>>();
        // The second one is a simulated day behind when it begins.
        foreach (var (speed, now) in new[] { (60.0, epoch), (1.0, epoch.AddDays(1)) })
        {
            await using var server = new FakeServer();
            await using var publisher = new MqttPublisher(new("127.0.0.1", server.Port), "simulator", 1, 200, _ => { });
            var city = new LivingCity("vn-dad", new(CityDevices.Of(Pilot.Folder, 42, Profile.Default)), new(start, epoch, speed), new LeapingTime(now), publisher, _ => { });
            Assert.True(await city.RunAsync(seconds, seconds + 60, TestContext.Current.CancellationToken));
            heard.Add([.. server.Publishes.Select(message => (message.Topic, message.Payload))]);
        }
        var schedule = new Schedule(CityDevices.Of(Pilot.Folder, 42, Profile.Default));
        Assert.Equal(Enumerable.Range(1, 60).Sum(second => schedule.Due(seconds + second).Sum(device => device.Messages)), heard[0].Count);
        Assert.Equal(heard[0], heard[1]);
    }

    private static DateTimeOffset TimeOf(Heard heard)
    {
        using var json = JsonDocument.Parse(heard.Payload);
        return json.RootElement.GetProperty("t").GetDateTimeOffset();
    }

    /// <summary>Topic and time of a plain message.</summary>
    private static (string Topic, string Time) At(Heard heard) => (heard.Topic, heard.Payload[heard.Payload.IndexOf(',', StringComparison.Ordinal)..]);

    private static async Task RunUntilAsync(FakeServer server, Schedule schedule, SimulationClock clock, LeapingTime time, int messages)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var publisher = new MqttPublisher(new("127.0.0.1", server.Port), "simulator", 1, 200, _ => { });
        var running = new LivingCity("vn-dad", schedule, clock, time, publisher, _ => { }).RunAsync(stop.Token);
        while (server.Publishes.Count < messages && !running.IsCompleted) await Task.Delay(5, CancellationToken.None);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static List<string> Say(Schedule schedule, int from, int to) =>
        [.. Enumerable.Range(from, to - from)
            .Select(second => 1_795_255_200L + second)
            .SelectMany(second => schedule.Due(second).SelectMany(device => device.Measure(second * 1000)))
            .Select(message => $"{Encoding.UTF8.GetString(message.Topic.Span)} {Encoding.UTF8.GetString(message.Payload.Span)}")];
}
