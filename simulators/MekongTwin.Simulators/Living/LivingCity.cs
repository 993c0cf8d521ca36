using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Living;

/// <summary>
/// Keeps one city's devices talking: first everybody's last report (but for read-outs of a day), spread over less than two seconds, then each report when
/// it is due. After a pause (lost connection, suspended machine) the missed reports follow, up to a bound.
/// </summary>
internal sealed class LivingCity(string cityId, Schedule schedule, SimulationClock clock, TimeProvider time, MqttPublisher publisher, Action<string> log)
{
    /// <summary>Missed reports older than this much simulated time are skipped, and the skip is logged.</summary>
    public static readonly TimeSpan CatchUpMax = TimeSpan.FromMinutes(30);

    /// <summary>How long the end waits for acknowledgements.</summary>
    private static readonly TimeSpan DrainWithin = TimeSpan.FromMinutes(1);

    private const int GreetingSlices = 18;
    private const int GreetingPeriodMax = 3600;
    private static readonly TimeSpan GreetingPause = TimeSpan.FromMilliseconds(90);
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(20);

    public async Task RunAsync(CancellationToken ct)
    {
        var second = NowSecond();
        await GreetAsync(second, ct);
        log($"{cityId}: every device has reported ({publisher.Sent} messages).");
        while (true)
        {
            var now = NowSecond();
            second = SkipTooOld(second, now);
            while (second < now) await SendAsync(schedule.Due(++second), second, ct);
            await publisher.FlushAsync(ct);
            var pause = clock.Until((second + 1) * 1000, time.GetUtcNow());
            await Task.Delay(pause > PauseMin ? pause : PauseMin, time, ct);
        }
    }

    /// <summary>
    /// Every report that is due after one second and up to another, none skipped however late it is: the same messages each
    /// time. True when all of them are acknowledged.
    /// </summary>
    public async Task<bool> RunAsync(long afterSecond, long toSecond, CancellationToken ct)
    {
        for (var second = afterSecond; ;)
        {
            var now = Math.Min(NowSecond(), toSecond);
            while (second < now) await SendAsync(schedule.Due(++second), second, ct);
            await publisher.FlushAsync(ct);
            if (second >= toSecond) break;
            var pause = clock.Until((second + 1) * 1000, time.GetUtcNow());
            await Task.Delay(pause > PauseMin ? pause : PauseMin, time, ct);
        }
        var isComplete = await publisher.DrainAsync(DrainWithin, ct);
        log($"{cityId}: {publisher.Sent} messages up to the end{(isComplete ? "" : ", not all acknowledged")}.");
        return isComplete;
    }

    private async Task GreetAsync(long second, CancellationToken ct)
    {
        // A day's read-out is no news.
        var devices = schedule.Devices.Where(device => device.PeriodSeconds <= GreetingPeriodMax).ToList();
        for (var slice = 0; slice < GreetingSlices; slice++)
        {
            for (var i = slice; i < devices.Count; i += GreetingSlices) await SendAsync([devices[i]], devices[i].LastDue(second), ct);
            await publisher.FlushAsync(ct);
            await Task.Delay(GreetingPause, time, ct);
        }
    }

    private async ValueTask SendAsync(IEnumerable<Device> devices, long second, CancellationToken ct)
    {
        foreach (var device in devices)
        {
            foreach (var message in device.Measure(second * 1000)) await publisher.PublishAsync(message.Topic, message.Payload, ct);
        }
    }

    private long SkipTooOld(long second, long now)
    {
        var oldest = now - (long)CatchUpMax.TotalSeconds;
        if (second >= oldest) return second;
        log($"{cityId}: {oldest - second} s of reports skipped, the city is too far behind.");
        return oldest;
    }

    private long NowSecond() => (long)Math.Floor(clock.TimeMs(time.GetUtcNow()) / 1000.0);
}
