using System.Runtime.InteropServices;
using MekongTwin.Contracts;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Running;
using MekongTwin.Host.Twins;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Tests.Running;

/// <summary>A disk that takes the journal but no runs of the index: the fold stops, then the doors, and all go on by themselves.</summary>
public sealed class Backpressure : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task WithoutRoomInTheIndexTheDoorsWait()
    {
        var ct = TestContext.Current.CancellationToken;
        var files = new NoRuns(new DiskFiles(_directory.Path)) { Refuses = true };
        using var journal = JournalLog.Open(files, new JournalOptions { UnappliedBytesMax = 64 << 10, Linger = TimeSpan.Zero });
        using var store = new TwinStore(_directory.In("twin.db"));
        using var index = ReadingIndex.Open(files, 0, 1000, TimeSpan.FromMilliseconds(1));
        await using var twins = new LocalTwins(SmallCity.Make(), index, store, 0, [], 1);
        var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var following = projector.RunAsync(journal, stop.Token);
        var sent = 0L;
        // Doors wait for a fold that is slow, too: what counts is that they wait while the index has no room.
        while (true)
        {
            if (!journal.TryAppend(FrameOf(sent), urgent: true, out var ticket))
            {
                if (!index.WaitRoomAsync(ct).AsTask().IsCompleted) break;
                await journal.WaitRoomAsync(ct);
                continue;
            }
            sent += 100;
            await journal.WaitDurableAsync(ticket, ct);
            Assert.True(sent < 50_000, "the doors never wait");
        }
        await Patience.UntilAsync(() => index.Fault is not null, () => "the fault is said");
        files.Refuses = false;
        await projector.Committed.WaitAsync(journal.DurableOffset, ct).WaitAsync(Patience.Long, ct);
        Assert.True(journal.TryAppend(FrameOf(sent), urgent: true, out var last));
        sent += 100;
        await journal.WaitDurableAsync(last, ct);
        await projector.Committed.WaitAsync(journal.DurableOffset, ct).WaitAsync(Patience.Long, ct);
        await stop.CancelAsync();
        await following;
        Assert.Equal(sent, store.ReadLedger().Snapshot()[1].Stored);
    }

    /// <summary>A hundred readings of a point, a second apart.</summary>
    private static byte[] FrameOf(long from)
    {
        Reading[] readings = [.. Enumerable.Range(0, 100).Select(i => new Reading(SmallCity.StartUs + (from + i) * Instant.Second, i, 1, 0, Quality.Good, ReadingFlags.None))];
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, 1, readings.Length, 0, 0);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        return Frame.Make(FrameKind.Readings, body);
    }

    private sealed class NoRuns(IJournalFiles inner) : IJournalFiles
    {
        public volatile bool Refuses;

        public IReadOnlyList<string> List(string extension) => inner.List(extension);

        public IJournalFile Create(string name) => Refuses && name.EndsWith(".run", StringComparison.Ordinal) ? throw new IOException("No space left on device") : inner.Create(name);

        public IJournalFile Open(string name) => inner.Open(name);

        public void Delete(string name) => inner.Delete(name);

        public void Rename(string name, string newName) => inner.Rename(name, newName);

        public void SyncDirectory() => inner.SyncDirectory();
    }
}
