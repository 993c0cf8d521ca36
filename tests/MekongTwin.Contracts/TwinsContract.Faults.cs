using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>Twins that fail are set aside, tried again, and catch up with everything they missed.</summary>
public abstract partial class TwinsContract
{
    private static readonly AssetId Failing = new("vn-dad/tx/003");

    [Theory]
    [InlineData(1, 40, false)]
    [InlineData(2, 6000, false)]
    [InlineData(1, 1, false)]
    [InlineData(3, 200, true)]
    [InlineData(1, 700, true)]
    public async Task ATwinThatFailedForAWhileEndsWithTheFactsAndTheAccountOfAllItsReadings(int workers, int batchSize, bool restarts)
    {
        var model = SmallCity.Make(6, 3);
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 31, 8 * Instant.Hour, 10 * Instant.Minute), 32);
        await using var fixture = await OpenAsync(new TwinsSetup(model, workers));
        var account = new Account();
        var third = readings.Count / 3;
        await account.ApplyAsync(fixture, readings[..third], batchSize);
        // A new twin has to look into the journal.
        await fixture.RestartAsync();
        fixture.BrokenPoint = PointOf(model, Failing.Path, "Q");
        await account.ApplyAsync(fixture, readings[third..(2 * third)], batchSize);
        Assert.True(account.Faulted > 0);
        Assert.True((await fixture.Twins.ViewAsync([Failing], Ct)).Single().Faulted);
        if (restarts) await fixture.RestartAsync();
        Assert.True((await fixture.Twins.ViewAsync([Failing], Ct)).Single().Faulted);
        fixture.BrokenPoint = null;
        await account.ApplyAsync(fixture, readings[(2 * third)..], batchSize);
        await account.UntilNoneIsSetAsideAsync(fixture, Failing);
        Facts.AssertSame(Facts.ByOracle(model, readings), await fixture.ReadFactsAsync(), "after the fault");
        account.AssertIsThatOf(readings);
    }

    [Fact]
    public async Task ATwinThatFailsWhileItCatchesUpLosesNothing()
    {
        var model = SmallCity.Make(4, 2);
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 33, 6 * Instant.Hour, 10 * Instant.Minute), 34);
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        var account = new Account();
        var chunks = readings.Chunk(30).ToList();
        for (var i = 0; i < chunks.Count; i++)
        {
            fixture.BrokenPoint = i % 7 is 2 or 3 or 5 ? PointOf(model, Failing.Path, i % 2 == 0 ? "P" : "Q") : null;
            await account.ApplyAsync(fixture, chunks[i], 30);
        }
        fixture.BrokenPoint = null;
        await account.UntilNoneIsSetAsideAsync(fixture, Failing);
        Facts.AssertSame(Facts.ByOracle(model, readings), await fixture.ReadFactsAsync(), "after many faults");
        account.AssertIsThatOf(readings);
    }

    [Fact]
    public async Task ATwinComesBackThoughEveryTurnBringsSomethingLate()
    {
        var model = SmallCity.Make(4, 2);
        await using var fixture = await OpenAsync(new TwinsSetup(model));
        var account = new Account();
        var readings = new List<Reading>();
        var (live, late) = (PointOf(model, Failing.Path, "Q"), PointOf(model, Failing.Path, "P"));
        fixture.BrokenPoint = live;
        for (var turn = 0; turn < 40; turn++)
        {
            if (turn == 4) fixture.BrokenPoint = null;
            Reading[] arrived = [ReadingAt(live, turn, turn), ReadingAt(late, turn - 48 * 60, turn)];
            await account.ApplyAsync(fixture, arrived, arrived.Length);
            readings.AddRange(arrived);
        }
        Assert.False((await fixture.Twins.ViewAsync([Failing], Ct)).Single().Faulted);
        Facts.AssertSame(Facts.ByOracle(model, readings), await fixture.ReadFactsAsync(), "late in every turn");
        account.AssertIsThatOf(readings);
    }

    /// <summary>The ledger as a tailer books it; every point is one source's.</summary>
    private sealed class Account
    {
        private const int Sources = 3;

        private readonly Dictionary<(int Source, FoldOutcome Outcome), long> _booked = [];

        public long Faulted => _booked.Where(pair => pair.Key.Outcome == FoldOutcome.Faulted).Sum(pair => pair.Value);

        public async Task ApplyAsync(ITwinsFixture fixture, IReadOnlyList<Reading> readings, int batchSize)
        {
            foreach (var chunk in readings.Chunk(batchSize)) await TurnAsync(fixture, [.. chunk.OrderBy(SourceOf)]);
        }

        /// <summary>Turns go on without readings, as often as the longest wait between two tries may need.</summary>
        public async Task UntilNoneIsSetAsideAsync(ITwinsFixture fixture, AssetId id)
        {
            for (var turn = 0; turn < 5000; turn++)
            {
                if (!(await fixture.Twins.ViewAsync([id], Ct)).Single().Faulted) return;
                await TurnAsync(fixture, []);
            }
            Assert.Fail("The twin never came back.");
        }

        public void AssertIsThatOf(IReadOnlyList<Reading> readings)
        {
            Assert.Equal(0, Faulted);
            foreach (var source in readings.GroupBy(SourceOf))
            {
                var instants = source.Select(reading => (reading.Point, reading.TimeUs)).Distinct().Count();
                Assert.Equal(instants, _booked[(source.Key, FoldOutcome.Stored)]);
                Assert.Equal(source.Count() - instants, _booked.GetValueOrDefault((source.Key, FoldOutcome.Duplicate)));
            }
        }

        private async Task TurnAsync(ITwinsFixture fixture, Reading[] readings)
        {
            var slices = new List<BatchSlice>();
            for (int from = 0, to = 0; from < readings.Length; from = to)
            {
                while (to < readings.Length && SourceOf(readings[to]) == SourceOf(readings[from])) to++;
                slices.Add(new(SourceOf(readings[from]), 0, from, to - from));
            }
            var at = (await fixture.Twins.AppliedAsync(Ct)).Offsets[0];
            var result = await fixture.Twins.ApplyAsync(new PartitionBatch(0, at, at + readings.Length, readings, slices), Ct);
            for (var i = 0; i < readings.Length; i++) Book(SourceOf(readings[i]), result.Outcomes.Span[i], 1);
            foreach (var late in result.Late)
            {
                Book(late.Source, FoldOutcome.Faulted, -late.Count);
                Book(late.Source, late.Outcome, late.Count);
            }
            fixture.AddApplied(readings);
        }

        private void Book(int source, FoldOutcome outcome, long count) => _booked[(source, outcome)] = _booked.GetValueOrDefault((source, outcome)) + count;

        private static int SourceOf(Reading reading) => reading.Point % Sources;
    }
}
