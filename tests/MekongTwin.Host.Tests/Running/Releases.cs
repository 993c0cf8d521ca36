using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;

namespace MekongTwin.Host.Tests.Running;

/// <summary>Taking in what quarantine kept, stopped in the middle.</summary>
public sealed class Releases : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WhatAStoppedReleaseLeftIsTakenInByTheNext()
    {
        var model = CityFolder.Read([Served.City]);
        var point = model.Points[0];
        using var journal = JournalLog.Open(new DiskFiles(_directory.Path), new JournalOptions());
        var places = new List<FramePlace>();
        for (var i = 0; i < 5; i++)
        {
            places.Add(new(journal.DurableOffset, 0));
            await AppendAsync(journal, Kept(1000 + i, i, ""));
        }
        // The first chunk was journalled, then the process ended; meanwhile one more came.
        await AppendAsync(journal, new ReleaseEntry(1, Refusal.UnknownPoint, "t", "", places[..2]).ToFrame());
        await AppendAsync(journal, Kept(1005, 5, ""));
        var group = new QuarantineGroup(1, Refusal.UnknownPoint, 1, "t", "", 4, 0, 0, 0, [], 0);
        var before = journal.DurableOffset;
        Assert.Equal(4, await ReleaseAsync(journal, group, point));
        Assert.Equal([1002, 1003, 1004, 1005], Times(journal, before));
        Assert.Equal(0, await ReleaseAsync(journal, group, point));
    }

    [Fact]
    public async Task WhatWasThrownAwayIsNotTakenIn()
    {
        var point = CityFolder.Read([Served.City]).Points[0];
        using var journal = JournalLog.Open(new DiskFiles(_directory.Path), new JournalOptions());
        var group = new QuarantineGroup(1, Refusal.UnknownPoint, 1, "t", "", 2, 0, 0, 0, [], 0);
        await AppendAsync(journal, Kept(1000, 1, ""));
        await QuarantineRelease.DiscardAsync(new LocalQuarantineJournal(journal), group with { Topic = "another" }, TestContext.Current.CancellationToken);
        await AppendAsync(journal, Kept(1001, 2, ""));
        await QuarantineRelease.DiscardAsync(new LocalQuarantineJournal(journal), group, TestContext.Current.CancellationToken);
        await AppendAsync(journal, Kept(1002, 3, ""));
        var before = journal.DurableOffset;
        Assert.Equal(1, await ReleaseAsync(journal, group, point));
        Assert.Equal([1002], Times(journal, before));
    }

    [Fact]
    public async Task WhatTwoPointsTookInTurnsIsNotTakenAgainHoweverMuchItWas()
    {
        const int count = 30_000;
        var model = CityFolder.Read([Served.City]);
        var (power, voltage) = (model.Points.First(point => point.Unit.Code == "kW"), model.Points.First(point => point.Unit.Code == "V"));
        using var journal = JournalLog.Open(new DiskFiles(_directory.Path), new JournalOptions());
        for (var from = 0; from < count; from += 1000) await AppendAsync(journal, [.. Enumerable.Range(from, 1000).SelectMany(i => Kept(i, 10, i % 2 == 0 ? "kW" : "V"))]);
        var group = new QuarantineGroup(1, Refusal.UnknownPoint, 1, "t", "", count, 0, 0, 0, [], 0);
        var before = journal.DurableOffset;
        Assert.Equal(count / 2, await ReleaseAsync(journal, group, power));
        Assert.Equal(Enumerable.Range(0, count).Where(i => i % 2 == 0).Select(i => (long)i), Times(journal, before));
        await AppendAsync(journal, Kept(count, 10, "kW"));
        before = journal.DurableOffset;
        Assert.Equal(count / 2, await ReleaseAsync(journal, group, voltage));
        Assert.Equal(Enumerable.Range(0, count).Where(i => i % 2 == 1).Select(i => (long)i), Times(journal, before));
        Assert.Equal(1, await ReleaseAsync(journal, group, power));
        Assert.Equal(0, await ReleaseAsync(journal, group, voltage));
    }

    [Fact]
    public async Task WhatOnePointCannotHoldIsLeftForAnother()
    {
        var model = CityFolder.Read([Served.City]);
        var (power, voltage) = (model.Points.First(point => point.Unit.Code == "kW"), model.Points.First(point => point.Unit.Code == "V"));
        using var journal = JournalLog.Open(new DiskFiles(_directory.Path), new JournalOptions());
        await AppendAsync(journal, Kept(1000, 230, "V"));
        await AppendAsync(journal, Kept(1001, 10, "kW"));
        var group = new QuarantineGroup(1, Refusal.UnknownPoint, 1, "t", "", 2, 0, 0, 0, [], 0);
        Assert.Equal(1, await ReleaseAsync(journal, group, power));
        var before = journal.DurableOffset;
        Assert.Equal(1, await ReleaseAsync(journal, group, voltage));
        Assert.Equal([1000], Times(journal, before));
    }

    [Fact]
    public async Task WhatItsCityKeepsNoLongerLeavesAsExpired()
    {
        var point = CityFolder.Read([Served.City]).Points[0];
        using var journal = JournalLog.Open(new DiskFiles(_directory.Path), new JournalOptions());
        var now = 10 * Instant.Day;
        for (var day = 0; day < 10; day++) await AppendAsync(journal, Kept(day * Instant.Day, day, ""));
        var group = new QuarantineGroup(1, Refusal.UnknownPoint, 1, "t", "", 10, 0, 0, 0, [], 0);
        var before = journal.DurableOffset;
        var city = new City("a", "A", "VN", "Asia/Ho_Chi_Minh") { KeepReadingsDays = 3 };
        Assert.Equal(3, await QuarantineRelease.RunAsync(new LocalQuarantineJournal(journal), group, point, city, now, TestContext.Current.CancellationToken));
        Assert.Equal([7 * Instant.Day, 8 * Instant.Day, 9 * Instant.Day], Times(journal, before));
        var journalled = new Dictionary<int, long>();
        using var reader = journal.Read(0);
        while (reader.TryRead(journal.DurableOffset, out var body)) JournalTail.Tally(body, journalled);
        Assert.Equal(10, journalled[1]);
        Assert.Equal(0, await ReleaseAsync(journal, group, point));
    }

    private static Task<int> ReleaseAsync(JournalLog journal, QuarantineGroup group, Point point) =>
        QuarantineRelease.RunAsync(new LocalQuarantineJournal(journal), group, point, new("a", "A", "VN", "Asia/Ho_Chi_Minh"), 0, TestContext.Current.CancellationToken);

    private static byte[] Kept(long timeUs, long value, string unit) =>
        new QuarantineEntry(1, 0, Refusal.UnknownPoint, "t", "", unit, timeUs, value, 0, Quality.Good, ReadingFlags.None, []).ToFrame();

    private static List<long> Times(JournalLog journal, long from)
    {
        var times = new List<long>();
        using var reader = journal.Read(from);
        while (reader.TryRead(journal.DurableOffset, out var body))
        {
            while (Frame.TryRead(ref body, out var frame))
            {
                if (frame.Kind == FrameKind.Readings) foreach (var reading in new ReadingsFrame(frame.Body).Readings) times.Add(reading.TimeUs);
            }
        }
        return times;
    }

    private static async Task AppendAsync(JournalLog journal, byte[] frame)
    {
        Assert.True(journal.TryAppend(frame, urgent: true, out var ticket));
        await journal.WaitDurableAsync(ticket, TestContext.Current.CancellationToken);
    }
}
