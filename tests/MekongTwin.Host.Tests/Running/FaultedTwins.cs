using System.Runtime.InteropServices;
using MekongTwin.Contracts;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Running;
using MekongTwin.Host.Twins;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Tests.Running;

/// <summary>From the journal to the projection with twins that fail for a while and starts between: hash and ledger are those of a run without.</summary>
public sealed class FaultedTwins : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task AFaultLeavesNoTraceInFactsAndLedgerOnceItIsOver()
    {
        var ct = TestContext.Current.CancellationToken;
        var model = SmallCity.Make(6, 3);
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 41, 12 * Instant.Hour, 10 * Instant.Minute), 42);
        Directory.CreateDirectory(_directory.In("journal"));
        var files = new DiskFiles(_directory.In("journal"));
        using var journal = JournalLog.Open(files, new JournalOptions());
        foreach (var chunk in readings.Chunk(200))
        {
            byte[] frames = [.. chunk.GroupBy(reading => reading.Point % 2).SelectMany(source => FrameOf(source.Key, [.. source]))];
            Assert.True(journal.TryAppend(frames, urgent: true, out var ticket));
            await journal.WaitDurableAsync(ticket, ct);
        }
        var whole = await FoldAsync(_directory.In("whole.db"), _ => null);
        // Every third block finds the journal of one point unreadable; every second start begins with it.
        var faulted = await FoldAsync(_directory.In("faulted.db"), turn => turn % 3 == 1 ? model.FindPoint(model.FindAsset("vn-dad/tx/003")!.Number, turn % 2 == 0 ? "P" : "V")!.Number : null);
        Assert.True(faulted.Faults > 0);
        Assert.Equal(whole.Hash, faulted.Hash);
        Assert.Equal(whole.Ledger, faulted.Ledger);

        async Task<(string Hash, string Ledger, long Faults)> FoldAsync(string path, Func<int, int?> broken)
        {
            var faults = 0L;
            for (var turn = 0; turn < 14; turn++)
            {
                using var store = new TwinStore(path);
                using var index = ReadingIndex.Open(files, store.Applied);
                var source = new Breaking(index) { Broken = broken(turn) };
                await using var twins = new LocalTwins(model, source, store, store.Applied, store.ReadLatest(), 1);
                var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
                using var reader = journal.Read(store.Applied);
                await projector.CatchUpAsync(reader, journal.DurableOffset * (turn + 1) / 14, ct);
                await projector.CommitAsync(ct);
                faults += twins.Faults;
            }
            using var last = new TwinStore(path);
            using var lastIndex = ReadingIndex.Open(files, last.Applied);
            await using var settled = new LocalTwins(model, lastIndex, last, last.Applied, last.ReadLatest(), 1);
            var settling = new Projector(settled, last, lastIndex, last.ReadLedger(), TimeProvider.System);
            using var rest = journal.Read(last.Applied);
            await settling.CatchUpAsync(rest, journal.DurableOffset, ct);
            await settling.CommitAsync(ct);
            var ledger = string.Join('\n', last.ReadLedger().Snapshot().Select(line => $"{line.Key}: {line.Value.Journalled} = {line.Value.Stored} + {line.Value.Duplicate} + {line.Value[Refusal.TwinFaulted]}"));
            return (FactsHash.OfStored(last, new TwinQueries(path)), ledger, faults);
        }
    }

    [Fact]
    public async Task ATwinComesBackInAQuietCity()
    {
        var ct = TestContext.Current.CancellationToken;
        var model = SmallCity.Make();
        var files = new DiskFiles(_directory.Path);
        using var journal = JournalLog.Open(files, new JournalOptions());
        using var store = new TwinStore(_directory.In("twin.db"));
        using var index = ReadingIndex.Open(files, 0);
        var source = new Breaking(index) { Broken = 1 };
        await using var twins = new LocalTwins(model, source, store, 0, [], 1);
        var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var following = projector.RunAsync(journal, stop.Token);
        Assert.True(journal.TryAppend(FrameOf(1, [new(SmallCity.StartUs, 1, 1, 0, Quality.Good, ReadingFlags.None)]), urgent: true, out var ticket));
        await journal.WaitDurableAsync(ticket, ct);
        await Patience.UntilAsync(IsFaultedAsync, () => "the twin fails");
        source.Broken = null;
        // Nothing more is sent.
        await Patience.UntilAsync(async () => !await IsFaultedAsync(), () => "the twin is back");
        await stop.CancelAsync();
        await following;
        Assert.Equal(1, store.ReadLedger().Snapshot()[1].Stored);

        async Task<bool> IsFaultedAsync() => (await twins.ViewAsync([model.Assets[model.Points[1].Asset].Id], ct)).Single().Faulted;
    }

    [Fact]
    public async Task TotalsThatCannotBeReadEndTheFoldAndThatIsSaid()
    {
        var ct = TestContext.Current.CancellationToken;
        var files = new DiskFiles(_directory.Path);
        using var journal = JournalLog.Open(files, new JournalOptions());
        using var store = new TwinStore(_directory.In("twin.db"));
        using var index = ReadingIndex.Open(files, 0);
        await using var twins = new LocalTwins(SmallCity.Make(), index, new NoTotals(), 0, [], 1);
        var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
        var following = projector.RunAsync(journal, ct);
        Assert.True(journal.TryAppend(FrameOf(1, [new(SmallCity.StartUs, 1, 1, 0, Quality.Good, ReadingFlags.None)]), urgent: true, out _));
        await Assert.ThrowsAsync<IOException>(() => following.WaitAsync(Patience.Long, ct));
        Assert.Contains("unreadable", projector.Fault, StringComparison.Ordinal);
        Assert.Equal(0, store.Applied);
    }

    private static byte[] FrameOf(int source, Reading[] readings)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, source, readings.Length, 0, 0);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        return Frame.Make(FrameKind.Readings, body);
    }

    private sealed class NoTotals : ITwinStore
    {
        private readonly MemoryStore _inner = new();

        public Contribution ReadTotal(int asset, long startUs) => throw new IOException("unreadable");

        public bool TryReadWindow(int point, long startUs, out PointWindow window) => _inner.TryReadWindow(point, startUs, out window);

        public void Put(in PointWindow window) => _inner.Put(window);

        public void Put(in AssetWindow total) => _inner.Put(total);

        public void PutLatest(in Reading latest) => _inner.PutLatest(latest);

        public void Put(in SetAsideReadings readings) => _inner.Put(readings);

        public void ForgetSetAside(int point) => _inner.ForgetSetAside(point);

        public IReadOnlyList<SetAsideReadings> ReadSetAside() => _inner.ReadSetAside();
    }

    private sealed class Breaking(IReadingSource inner) : IReadingSource
    {
        public int? Broken { get; set; }

        public bool TryRead(int point, long fromUs, long toUs, List<Reading> into) =>
            point != Broken ? inner.TryRead(point, fromUs, toUs, into) : throw new IOException("unreadable");
    }
}
