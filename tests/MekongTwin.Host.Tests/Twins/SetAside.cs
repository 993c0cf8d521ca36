using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Host.Running;
using MekongTwin.Host.Tests.Running;
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
        await using var twins = new LocalTwins(model, source, new MemoryStore(), 0, [], 1);
        await twins.ApplyAsync(Batch(0, [At(0)]), TestContext.Current.CancellationToken);
        source.Reads = 0;
        const int turns = 10 * MissedReadings.RetryTurnsMax;
        for (var turn = 0; turn < turns; turn++) await twins.ApplyAsync(Batch(1, []), TestContext.Current.CancellationToken);
        Assert.InRange(source.Reads, turns / MissedReadings.RetryTurnsMax, turns / MissedReadings.RetryTurnsMax + 12);
        Assert.Equal(1, twins.Faults);
    }

    [Fact]
    public async Task ATwinThatIsSetAsideSaysWhyAndTheLogTellsItOnce()
    {
        var model = SmallCity.Make();
        var source = new Counting { IsBroken = true };
        var heard = new HeardLog<SetAsideLog>();
        var log = new SetAsideLog(heard);
        await using var twins = new LocalTwins(model, source, new MemoryStore(), 0, [], 1);
        await ApplyAsync(0, [At(0)]);
        var asset = model.Assets[model.Points[1].Asset].Id;
        Assert.Equal([new TwinFault(asset, "broken")], twins.Faulted);
        source.Message = "still broken";
        await ApplyAsync(1, []);
        Assert.Equal("still broken", Assert.Single(twins.Faulted).Reason);
        var check = SetAsideHealth.Of(twins.Faulted);
        Assert.Equal((false, false), (check.Healthy, check.Required));
        Assert.StartsWith($"Twins set aside: 1; the first is {asset}: still broken. ", check.Detail, StringComparison.Ordinal);
        source.IsBroken = false;
        while (twins.SetAside > 0) await ApplyAsync(1, []);
        Assert.Empty(twins.Faulted);
        Assert.True(SetAsideHealth.Of(twins.Faulted).Healthy);
        Assert.Equal([$"twins: {asset} is set aside: broken. It is tried again by itself; its readings wait in the journal", $"twins: {asset} is back, with all its readings"], heard.Lines);

        async Task ApplyAsync(long from, Reading[] readings)
        {
            await twins.ApplyAsync(Batch(from, readings), TestContext.Current.CancellationToken);
            log.Look(twins.Faulted);
        }
    }

    [Fact]
    public void ThousandsAtOnceAreTenLinesAndANumber()
    {
        var heard = new HeardLog<SetAsideLog>();
        var log = new SetAsideLog(heard);
        log.Look([.. Enumerable.Range(0, 1000).Select(number => new TwinFault(new($"vn-dad/tx/{number}"), null))]);
        Assert.Equal((11, "twins: 990 more are set aside"), (heard.Lines.Count, heard.Lines[^1]));
        Assert.StartsWith("twins: vn-dad/tx/0 is set aside: it failed before this start.", heard.Lines[0], StringComparison.Ordinal);
        log.Look([]);
        Assert.Equal((22, "twins: 990 more are back"), (heard.Lines.Count, heard.Lines[^1]));
    }

    [Fact]
    public async Task CatchingUpWithALongTimeIsSpreadOverTurns()
    {
        var model = SmallCity.Make();
        var source = new Counting { IsBroken = true };
        await using var twins = new LocalTwins(model, source, new MemoryStore(), 0, [], 1);
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

        public string Message { get; set; } = "broken";

        public int Reads { get; set; }

        public long Longest { get; private set; }

        public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
        {
            Reads++;
            if (IsBroken) throw new IOException(Message);
            Longest = Math.Max(Longest, toUs - fromUs);
            return true;
        }
    }
}
