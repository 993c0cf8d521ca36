using MekongTwin.Simulators.Model;

namespace MekongTwin.Simulators.Living;

/// <summary>
/// When what goes wrong: episodes as a pure function of (seed, device, fault, instant), so that faulty runs repeat byte for
/// byte, too. Without faults nothing changes.
/// </summary>
internal sealed class FaultSchedule(long seed, string city, IReadOnlySet<Fault> faults)
{
    /// <summary>One block of time in so many holds an episode.</summary>
    private const double BlocksBetween = 6;

    private const long BlockMsMin = 4 * 3_600_000L;
    private const int BlockPeriods = 24;
    private const long LateByMs = 120_000;
    private const int SpikeEvery = 5;
    private const double SpikeGain = 6;
    private const double DriftPerHour = 0.25;

    private static readonly long[] WrongClocksMs = [7 * 3_600_000L, -3_600_000L];

    public static FaultSchedule None { get; } = new(0, "", new HashSet<Fault>());

    /// <summary>The episode of a fault that an instant is in, or null. It has begun at or before the instant and ends after it.</summary>
    public (long BeginMs, long EndMs)? EpisodeAt(Fault fault, string thing, int periodSeconds, long timeMs)
    {
        if (!faults.Contains(fault)) return null;
        var blockMs = Math.Max(BlockMsMin, BlockPeriods * periodSeconds * 1000L);
        var block = timeMs / blockMs;
        var noise = Noise.For(seed, $"{city}/{thing}/{fault}");
        if (noise.Block(block, 0) >= 1 / BlocksBetween) return null;
        var begin = block * blockMs + (long)(blockMs * (0.1 + 0.4 * noise.Block(block, 1)));
        var end = begin + Math.Max((long)(1_200_000 * (1 + 2 * noise.Block(block, 2))), 4 * periodSeconds * 1000L);
        return timeMs >= begin && timeMs < end ? (begin, end) : null;
    }

    /// <summary>What the sensor's own faults make of a measurement.</summary>
    public Distortion DistortionAt(string thing, int periodSeconds, long timeMs)
    {
        var (measuredMs, gain, offsetMs) = (timeMs, 1.0, 0L);
        if (EpisodeAt(Fault.Stuck, thing, periodSeconds, timeMs) is { } stuck) measuredMs = stuck.BeginMs;
        if (EpisodeAt(Fault.Spike, thing, periodSeconds, timeMs) is not null && timeMs / (periodSeconds * 1000L) % SpikeEvery == 0) gain *= SpikeGain;
        if (EpisodeAt(Fault.Drift, thing, periodSeconds, timeMs) is { } drift) gain *= 1 + DriftPerHour * (timeMs - drift.BeginMs) / 3_600_000;
        if (EpisodeAt(Fault.Clock, thing, periodSeconds, timeMs) is { } wrong) offsetMs = WrongClocksMs[(int)(WrongClocksMs.Length * Noise.For(seed, $"{city}/{thing}/clock/{wrong.BeginMs}").Constant(0))];
        return new(measuredMs, gain, offsetMs);
    }

    /// <summary>The same device behind a line with faults. Read-outs of a day have none: a person carries them.</summary>
    public Device Behind(Device device)
    {
        if (faults.Count == 0 || device.PeriodSeconds >= 86_400) return device;
        return device with { Measure = timeMs => Sent(device, timeMs) };
    }

    private List<Message> Sent(Device device, long timeMs)
    {
        var periodMs = device.PeriodSeconds * 1000L;
        var lateMs = (LateByMs + periodMs - 1) / periodMs * periodMs;
        bool Is(Fault fault, long thenMs) => EpisodeAt(fault, device.Name, device.PeriodSeconds, thenMs) is not null;
        bool IsSilent(long thenMs) => Is(Fault.Lost, thenMs) || EpisodeAt(Fault.Gateway, device.Gateway, 0, thenMs) is not null;
        bool IsHeld(long thenMs) => Is(Fault.Disorder, thenMs) && thenMs / periodMs % 2 == 0;
        IEnumerable<Message> Report(long thenMs) => IsSilent(thenMs) ? [] : Is(Fault.Duplicate, thenMs) ? [.. device.Measure(thenMs), .. device.Measure(thenMs)] : device.Measure(thenMs);
        // One fault of the line at a time: cut off before late before out of order.
        Fault? OfLine(long thenMs) => Is(Fault.Burst, thenMs) ? Fault.Burst : Is(Fault.Late, thenMs) ? Fault.Late : IsHeld(thenMs) ? Fault.Disorder : null;

        List<Message> sent = [];
        if (OfLine(timeMs) is null)
        {
            sent.AddRange(Report(timeMs));
            if (OfLine(timeMs - periodMs) == Fault.Burst)
            {
                // Oldest first, and what is newest last.
                var first = timeMs - periodMs;
                while (OfLine(first - periodMs) == Fault.Burst) first -= periodMs;
                List<Message> kept = [];
                for (var then = first; then < timeMs; then += periodMs) kept.AddRange(Report(then));
                sent.InsertRange(0, kept);
            }
        }
        if (OfLine(timeMs - periodMs) == Fault.Disorder) sent.AddRange(Report(timeMs - periodMs));
        if (OfLine(timeMs - lateMs) == Fault.Late) sent.AddRange(Report(timeMs - lateMs));
        return sent;
    }
}
