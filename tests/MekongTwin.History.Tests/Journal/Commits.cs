using MekongTwin.Domain.Journal;
using MekongTwin.History.Journal;

namespace MekongTwin.History.Tests.Journal;

/// <summary>What the journal's front promises while it runs.</summary>
public sealed class Commits
{
    private static readonly JournalOptions Quick = new() { Linger = TimeSpan.FromMilliseconds(1), RetryDelay = TimeSpan.FromMilliseconds(1) };

    private readonly FaultyFiles _files = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NothingIsAcknowledgedBeforeItsSync()
    {
        using var journal = JournalLog.Open(_files, Quick);
        _files.HoldSyncs();
        var begun = _files.SyncsBegun;
        Assert.True(journal.TryAppend(Frames.Numbered(1), urgent: true, out var ticket));
        var waiting = journal.WaitDurableAsync(ticket, Ct).AsTask();
        await Patience.UntilAsync(() => _files.SyncsBegun > begun, "the sync begins");
        Assert.False(waiting.IsCompleted);
        Assert.Equal(0, journal.DurableOffset);
        Assert.True(journal.Durable < ticket);
        _files.ReleaseSyncs();
        await waiting.WaitAsync(Patience.Long, Ct);
        Assert.True(journal.Durable >= ticket);
    }

    [Fact]
    public async Task AppendsDuringOneSyncShareTheNext()
    {
        using var journal = JournalLog.Open(_files, Quick);
        _files.HoldSyncs();
        var begun = _files.SyncsBegun;
        Assert.True(journal.TryAppend(Frames.Numbered(0), urgent: true, out _));
        await Patience.UntilAsync(() => _files.SyncsBegun > begun, "the first sync begins");
        long last = 0;
        for (var i = 1; i <= 1000; i++) Assert.True(journal.TryAppend(Frames.Numbered(i), urgent: true, out last));
        _files.ReleaseSyncs();
        await journal.WaitDurableAsync(last, Ct).AsTask().WaitAsync(Patience.Long, Ct);
        Assert.Equal(2, journal.Status.Commits);
        Assert.Equal(Enumerable.Range(0, 1001).Select(i => (long)i), Frames.Read(_files, journal.DurableOffset));
    }

    [Fact]
    public async Task PiecesOfAWindowShareOneCommit()
    {
        using var journal = JournalLog.Open(_files, Quick with { Patience = TimeSpan.FromHours(1) });
        await journal.AppendAsync(1, 1000);
        Assert.True(journal.TryAppend(Frames.Numbered(2, 500), urgent: true, out var first));
        var waiting = journal.WaitDurableAsync(first, Ct).AsTask();
        await journal.AppendAsync(3, 500);
        await waiting.WaitAsync(Patience.Long, Ct);
        Assert.Equal(2, journal.Status.Commits);
    }

    [Fact]
    public async Task NothingIsDurableOnceWhatCameBeforeItIs()
    {
        using var journal = JournalLog.Open(_files, Quick);
        Assert.True(journal.TryAppend([], urgent: true, out var first));
        await journal.WaitDurableAsync(first, Ct).AsTask().WaitAsync(Patience.Long, Ct);
        await journal.AppendAsync(1);
        Assert.True(journal.TryAppend([], urgent: true, out var second));
        await journal.WaitDurableAsync(second, Ct).AsTask().WaitAsync(Patience.Long, Ct);
        Assert.Equal(1, journal.Status.Commits);
    }

    [Fact]
    public async Task FewerThanBeforeAreCommittedOncePatienceEnds()
    {
        using var journal = JournalLog.Open(_files, Quick);
        await journal.AppendAsync(1, 1000);
        await journal.AppendAsync(2);
        Assert.Equal([1, 2], Frames.Read(_files, journal.DurableOffset));
    }

    [Fact]
    public async Task ClosingDoesNotWaitForPatience()
    {
        using (var journal = JournalLog.Open(_files, Quick with { Patience = TimeSpan.FromHours(1) }))
        {
            await journal.AppendAsync(1, 1000);
            Assert.True(journal.TryAppend(Frames.Numbered(2), urgent: true, out _));
        }
        using var again = JournalLog.Open(_files, Quick);
        Assert.Equal([1, 2], Frames.Read(_files, again.DurableOffset));
    }

    [Fact]
    public async Task AFailedSyncPoisonsTheSegmentAndTheSameBytesGoToANewOne()
    {
        using var journal = JournalLog.Open(_files, Quick);
        await journal.AppendAsync(1);
        var before = journal.DurableOffset;
        var first = Segments().Single();
        _files.FailingSyncs = 1;
        await journal.AppendAsync(2, 700);
        var second = Assert.Single(Segments(), name => name != first);
        Assert.Equal($"{before:D19}.journal", second);
        // The poisoned tail is still there and intact to look at: readers must take the new segment's.
        Assert.True(_files.Content(first).Length > 16 + before);
        Assert.Equal([1, 2], Frames.Read(_files, journal.DurableOffset));
        Assert.Empty(JournalRecovery.Check(_files).Damage);
        await journal.AppendAsync(3);
        Assert.Equal([1, 2, 3], Frames.Read(_files.LosePower(), journal.DurableOffset));
    }

    [Fact]
    public async Task NothingIsAcknowledgedWhileSyncsFail()
    {
        using var journal = JournalLog.Open(_files, Quick);
        await journal.AppendAsync(1);
        _files.FailingSyncs = int.MaxValue;
        Assert.True(journal.TryAppend(Frames.Numbered(2), urgent: true, out var ticket));
        var waiting = journal.WaitDurableAsync(ticket, Ct).AsTask();
        await Patience.UntilAsync(() => journal.Status.Fault is not null && int.MaxValue - _files.FailingSyncs > 5, "several tries");
        Assert.False(waiting.IsCompleted);
        _files.FailingSyncs = 0;
        await waiting.WaitAsync(Patience.Long, Ct);
        Assert.Null(journal.Status.Fault);
        Assert.Equal([1, 2], Frames.Read(_files, journal.DurableOffset));
        Assert.True(Segments().Count <= 2, "failed tries leave no segments behind");
    }

    [Fact]
    public async Task ReadersBesideTheWriterNeverSeeAPoisonedTail()
    {
        using var journal = JournalLog.Open(_files, Quick);
        await journal.AppendAsync(1);
        using var reader = journal.Read(0);
        Assert.Equal([1], Frames.Read(reader, journal.DurableOffset));
        _files.FailingSyncs = 1;
        // The poisoned block is longer than the one that takes its place together with the next: a reader of the old file would fail.
        await journal.AppendAsync(2, 300);
        await journal.AppendAsync(3);
        Assert.Equal([2, 3], Frames.Read(reader, journal.DurableOffset));
    }

    [Fact]
    public async Task AFullDiskMakesAppendsWaitSaysSoAndResumesByItself()
    {
        using var journal = JournalLog.Open(_files, Quick with { PendingBytesMax = 4096 });
        await journal.AppendAsync(1);
        _files.SpaceLeft = 10;
        Assert.True(journal.TryAppend(Frames.Numbered(2, 100), urgent: true, out var ticket));
        var waiting = journal.WaitDurableAsync(ticket, Ct).AsTask();
        await Patience.UntilAsync(() => journal.Status.Fault is not null, "the fault is said");
        Assert.Contains("No space left on device", journal.Status.Fault, StringComparison.Ordinal);
        long next = 3;
        while (journal.TryAppend(Frames.Numbered(next, 100), urgent: true, out _)) next++;
        var room = journal.WaitRoomAsync(Ct).AsTask();
        Assert.False(waiting.IsCompleted || room.IsCompleted);
        _files.SpaceLeft = long.MaxValue;
        await Task.WhenAll(waiting, room).WaitAsync(Patience.Long, Ct);
        await journal.AppendAsync(next);
        Assert.Null(journal.Status.Fault);
        Assert.Equal(Enumerable.Range(1, (int)next).Select(i => (long)i), Frames.Read(_files, journal.DurableOffset));
    }

    [Fact]
    public async Task AFailingCreateIsTriedAgain()
    {
        using var journal = JournalLog.Open(_files, Quick with { SegmentBytes = 1 });
        await journal.AppendAsync(1);
        _files.FailingCreates = 3;
        _files.FailingDirectorySyncs = 2;
        await journal.AppendAsync(2);
        Assert.Equal((0, 0), (_files.FailingCreates, _files.FailingDirectorySyncs));
        Assert.Equal([1, 2], Frames.Read(_files.LosePower(), journal.DurableOffset));
    }

    [Fact]
    public async Task ClosingOnAFullDiskIsQuickAndAcknowledgesNothing()
    {
        var journal = JournalLog.Open(_files, Quick with { RetryDelay = TimeSpan.FromMinutes(10) });
        _files.SpaceLeft = 0;
        Assert.True(journal.TryAppend(Frames.Numbered(1), urgent: true, out var ticket));
        var waiting = journal.WaitDurableAsync(ticket, Ct).AsTask();
        await Patience.UntilAsync(() => journal.Status.Fault is not null, "the fault is said");
        await Task.Run(journal.Dispose, Ct).WaitAsync(Patience.Long, Ct);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience.Long, Ct));
    }

    [Fact]
    public async Task ClosingCommitsWhatIsGathered()
    {
        var journal = JournalLog.Open(_files, Quick with { Linger = TimeSpan.FromMinutes(10) });
        Assert.True(journal.TryAppend(Frames.Numbered(1), urgent: false, out _));
        await Task.Run(journal.Dispose, Ct).WaitAsync(Patience.Long, Ct);
        using var again = JournalLog.Open(_files.LosePower(), Quick);
        Assert.True(again.DurableOffset > 0);
    }

    [Fact]
    public async Task BytesThatWaitForACommitAreBounded()
    {
        using var journal = JournalLog.Open(_files, Quick with { PendingBytesMax = 2000 });
        _files.HoldSyncs();
        var begun = _files.SyncsBegun;
        var appended = 0;
        while (journal.TryAppend(Frames.Numbered(appended, 50), urgent: true, out _)) appended++;
        await Patience.UntilAsync(() => _files.SyncsBegun > begun, "the sync begins");
        // One group is being written, the other gathers: each is bounded.
        while (journal.TryAppend(Frames.Numbered(appended, 50), urgent: true, out _)) appended++;
        Assert.InRange(journal.Status.PendingBytes, 1, 2000);
        Assert.InRange(appended * 66, 2000, 4000);
        Assert.Throws<ArgumentException>(() => journal.TryAppend(new byte[1001], urgent: true, out _));
        var room = journal.WaitRoomAsync(Ct).AsTask();
        Assert.False(room.IsCompleted);
        _files.ReleaseSyncs();
        await room.WaitAsync(Patience.Long, Ct);
        await journal.AppendAsync(appended);
        Assert.Equal(Enumerable.Range(0, appended + 1).Select(i => (long)i), Frames.Read(_files, journal.DurableOffset));
    }

    [Fact]
    public async Task BytesThatTheTwinsHaveNotFoldedAreBounded()
    {
        using var journal = JournalLog.Open(_files, Quick with { PendingBytesMax = 1000, UnappliedBytesMax = 5000 });
        long last = 0, number = 0;
        while (true)
        {
            if (journal.TryAppend(Frames.Numbered(number, 50), urgent: true, out var ticket))
            {
                (number, last) = (number + 1, ticket);
                continue;
            }
            // No room because of what is pending, or because of what is unapplied: only the first passes by itself.
            await journal.WaitDurableAsync(last, Ct).AsTask().WaitAsync(Patience.Long, Ct);
            if (journal.UnappliedBytes > 5000) break;
        }
        Assert.InRange(journal.UnappliedBytes, 5001, 5000 + 2 * 1100);
        var room = journal.WaitRoomAsync(Ct).AsTask();
        Assert.False(room.IsCompleted);
        journal.SetApplied(journal.DurableOffset);
        await room.WaitAsync(Patience.Long, Ct);
        await journal.AppendAsync(number);
    }

    [Fact]
    public async Task WaitingCanBeGivenUp()
    {
        using var journal = JournalLog.Open(_files, Quick with { PendingBytesMax = 200 });
        _files.HoldSyncs();
        long ticket = 0;
        while (journal.TryAppend(Frames.Numbered(1), urgent: true, out var given)) ticket = given;
        using var stop = new CancellationTokenSource();
        Task[] waiting = [journal.WaitDurableAsync(ticket, stop.Token).AsTask(), journal.WaitBeyondAsync(journal.DurableOffset, stop.Token).AsTask()];
        Assert.All(waiting, task => Assert.False(task.IsCompleted));
        await stop.CancelAsync();
        foreach (var task in waiting) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Patience.Long, Ct));
        _files.ReleaseSyncs();
        await journal.WaitDurableAsync(ticket, Ct).AsTask().WaitAsync(Patience.Long, Ct);
    }

    [Fact]
    public async Task SegmentsRollAtTheirSizeAndAReaderBesideFollows()
    {
        using var journal = JournalLog.Open(_files, Quick with { SegmentBytes = 400 });
        using var reader = journal.Read(0);
        var seen = new List<long>();
        var reading = Task.Run(async () =>
        {
            while (seen.Count < 200)
            {
                seen.AddRange(Frames.Read(reader, journal.DurableOffset));
                if (seen.Count < 200) await journal.WaitBeyondAsync(reader.Offset, Ct);
            }
        }, Ct);
        for (var i = 0; i < 200; i++) await journal.AppendAsync(i, i % 50);
        await reading.WaitAsync(Patience.Long, Ct);
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (long)i), seen);
        Assert.InRange(Segments().Count, 10, 100);
        Assert.All(Segments().SkipLast(1), name => Assert.InRange(_files.Content(name).Length, 400, 800));
    }

    [Fact]
    public async Task ManyWritersKeepTheirOwnOrder()
    {
        using var journal = JournalLog.Open(_files, Quick with { PendingBytesMax = 3000, SegmentBytes = 5000 });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                while (!journal.TryAppend(Frames.Numbered(writer * 1000 + i), i % 7 == 0, out _)) await journal.WaitRoomAsync(Ct);
            }
        }, Ct))).WaitAsync(Patience.Long, Ct);
        await journal.AppendAsync(-1);
        var found = Frames.Read(_files, journal.DurableOffset);
        for (var writer = 0; writer < 8; writer++) Assert.Equal(Enumerable.Range(writer * 1000, 200).Select(i => (long)i), found.Where(number => number >= 0 && number / 1000 == writer));
    }

    private List<string> Segments() => [.. _files.List(".journal")];
}
