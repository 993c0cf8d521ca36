using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Host.Twins;

namespace MekongTwin.Host.Tests.Twins;

/// <summary>How often a failing twin is tried, and how much it adds to a turn when it catches up.</summary>
public sealed class SetAside
{
    [Fact]
    public async Task AFailingTwinIsTriedEverLessOftenAndNeverGivenUp()
    {
        var model = SmallCity.Make();
        var source = new Counting { IsBroken = true };
        await using var twins = new LocalTwins(model, source, new MemoryStore(), 1, 0, [], 1);
        await twins.ApplyAsync(Batch(0, [At(0)]), TestContext.Current.CancellationToken);
        source.Reads = 0;
        const int turns = 10 * MissedReadings.RetryTurnsMax;
        for (var turn = 0; turn < turns; turn++) await twins.ApplyAsync(Batch(1, []), TestContext.Current.CancellationToken);
        Assert.InRange(source.Reads, turns / MissedReadings.RetryTurnsMax, turns / MissedReadings.RetryTurnsMax + 12);
        Assert.Equal(1, twins.Faults);
    }

    [Fact]
    public async Task CatchingUpWithALongTimeIsSpreadOverTurns()
    {
        var model = SmallCity.Make();
        var source = new Counting { IsBroken = true };
        await using var twins = new LocalTwins(model, source, new MemoryStore(), 1, 0, [], 1);
        // Two readings, a year apart.
        await twins.ApplyAsync(Batch(0, [At(0), At(365 * Instant.Day)]), TestContext.Current.CancellationToken);
        source.IsBroken = false;
        var turns = 0;
        while (twins.SetAside > 0)
        {
            await twins.ApplyAsync(Batch(2, []), TestContext.Current.CancellationToken);
            turns++;
        }
        Assert.InRange(turns, 365 * Instant.Day / MissedReadings.StretchUs, 366 * Instant.Day / MissedReadings.StretchUs + 2);
        Assert.True(source.Longest <= MissedReadings.StretchUs + 2 * Instant.Hour);
    }

    private static PartitionBatch Batch(long from, Reading[] readings) => new(0, from, from + readings.Length, readings, [new(1, 0, 0, readings.Length)]);

    // Point 1 is a transformer's.
    private static Reading At(long afterUs) => new(SmallCity.StartUs + afterUs, 1, 1, 0, Quality.Good, ReadingFlags.None);

    private sealed class Counting : IReadingSource
    {
        public bool IsBroken { get; set; }

        public int Reads { get; set; }

        public long Longest { get; private set; }

        public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
        {
            Reads++;
            if (IsBroken) throw new IOException("broken");
            Longest = Math.Max(Longest, toUs - fromUs);
            return true;
        }
    }
}
