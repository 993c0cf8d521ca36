using System.Net;
using System.Runtime.InteropServices;
using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Backups;
using MekongTwin.Host.Running;
using MekongTwin.Host.Twins;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Tests.Running;

/// <summary>A city whose journal is sealed under it: the same facts and totals, live, after a restart and made again from the seals.</summary>
public sealed class SealedHistories : IDisposable
{
    private const int RunReadings = 150;

    private static readonly JournalOptions Small = new() { SegmentBytes = 30_000, RawBytesKept = 0, Linger = TimeSpan.FromMilliseconds(1) };

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task FactsAndTotalsAreThoseOfAJournalThatWasNeverSealed(int seed)
    {
        var model = SmallCity.Make(6, 3);
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, seed, 10 * Instant.Hour, 10 * Instant.Minute), seed + 1);
        Directory.CreateDirectory(_directory.In("raw"));
        Directory.CreateDirectory(_directory.In("sealed"));
        var (raw, @sealed) = (new DiskFiles(_directory.In("raw")), new DiskFiles(_directory.In("sealed")));
        foreach (var part in readings.Chunk(readings.Count / 6))
        {
            await AppendAsync(raw, part);
            await AppendAsync(@sealed, part);
            await FoldAsync(raw, model, "raw.db", seals: false);
            await FoldAsync(@sealed, model, "sealed.db", seals: true);
        }
        var expected = await FoldAsync(raw, model, "raw.db", seals: false);
        Assert.True(@sealed.List(".seal").Count > 3);
        Assert.Empty(JournalRecovery.Check(@sealed).Damage);
        Assert.Equal(expected, await FoldAsync(@sealed, model, "sealed.db", seals: false));
        // Everything from the seals, then seals and segments.
        Assert.Equal(expected, await FoldAsync(@sealed, model, "again.db", seals: false));
        Assert.Equal(expected, await FoldAsync(raw, model, "raw-again.db", seals: true));
        Assert.Equal(expected, await FoldAsync(raw, model, "raw-third.db", seals: true));
    }

    [Fact]
    public async Task APilotGoesOnOverSealsAndTakesInWhatTheyHoldInQuarantine()
    {
        const string power = $"mt/v1/{Served.Transformer}/P";
        const string topic = "mt/v1/vn-dad/factory/7/power";
        string ledger;
        await using (var served = await Served.StartAsync(_directory))
        {
            for (var i = 0; i < 150; i++) await served.PublishAsync(power, $$"""{"v":{{i}},"t":"{{Served.Time(5 * (i * 37 % 150))}}"}""");
            for (var i = 0; i < 5; i++) await served.PublishAsync(topic, $$"""{"v":{{100 + i}},"t":"{{Served.Time(50 - i)}}"}""");
            ledger = (await served.LedgerAsync()).ToString();
        }
        var hash = await HashAsync();
        SealData();
        Assert.Equal(hash, await HashAsync());
        await using (var served = await Served.StartAsync(_directory)) Assert.Equal(ledger, (await served.LedgerAsync()).ToString());
        Forget();
        await using (var served = await Served.StartAsync(_directory))
        {
            Assert.Equal(ledger, (await served.LedgerAsync()).ToString());
            Assert.Equal(150, (await served.GetAsync($"/api/v1/assets/{Uri.EscapeDataString(Served.Transformer)}/series?metric=P&from={Uri.EscapeDataString(Served.Time(1200))}&to={Uri.EscapeDataString(Served.Time(-60))}&step=raw")).GetProperty("points").GetArrayLength());
            var kept = Assert.Single((await served.GetAsync("/api/v1/quarantine")).GetProperty("items").EnumerateArray());
            var (code, text) = await served.AskAsync(HttpMethod.Post, $"/api/v1/quarantine/{kept.GetProperty("id").GetInt64()}/map", new { asset = Served.Transformer, metric = "P" });
            Assert.Equal((HttpStatusCode.OK, """{"takenIn":5}"""), (code, text));
            ledger = (await served.LedgerAsync()).ToString();
        }
        hash = await HashAsync();
        Assert.Equal(hash.Journal, hash.Stored);
        SealData();
        Forget();
        await using (var served = await Served.StartAsync(_directory)) Assert.Equal(ledger, (await served.LedgerAsync()).ToString());
        Assert.Equal(hash, await HashAsync());
    }

    [Fact]
    public async Task ABackupTakesTheSealsAlong()
    {
        await WrittenAsync();
        var before = await HashAsync();
        using (var data = DataDirectory.Open(_directory.In("data"))) await BackupWriter.WriteAsync(data, _directory.In("backup.tar.gz"), Ct);
        await BackupReader.RestoreAsync(_directory.In("backup.tar.gz"), _directory.In("restored"), Ct);
        using var restored = DataDirectory.Open(_directory.In("restored"));
        Assert.NotEmpty(Directory.GetFiles(restored.Journal, "*.seal"));
        Assert.Equal(before, await Refold.CompareAsync(restored, Ct));
    }

    [Fact]
    public async Task ADamagedSealIsNamedByVerifyAndHealthAndTheRestIsServed()
    {
        await WrittenAsync();
        var path = Directory.GetFiles(_directory.In("data", "journal"), "*.seal").Order(StringComparer.Ordinal).First();
        var content = File.ReadAllBytes(path);
        content[^1] ^= 1;
        File.WriteAllBytes(path, content);
        var check = JournalRecovery.Check(new DiskFiles(_directory.In("data", "journal")));
        Assert.StartsWith(Path.GetFileName(path), Assert.Single(check.Damage), StringComparison.Ordinal);
        await using var served = await Served.StartAsync(_directory);
        Assert.Equal(149, await served.LatestAsync());
        await served.PublishAsync($"mt/v1/{Served.Transformer}/P", $$"""{"v":7,"t":"{{Served.Time(0)}}"}""");
        Assert.Equal(7, await served.LatestAsync());
        var health = (await served.GetAsync("/health/ready")).GetProperty("checks").EnumerateArray().Single(each => each.GetProperty("name").GetString() == "sealed");
        Assert.False(health.GetProperty("healthy").GetBoolean());
        Assert.Contains(Path.GetFileName(path), health.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AProjectionThatEndsWithinASealIsMadeAgain()
    {
        await WrittenAsync();
        var hash = await HashAsync();
        using (var store = new TwinStore(_directory.In("data", "twin.db"))) store.Commit(1, new Ledger());
        Assert.Equal(hash, await HashAsync());
    }

    private async Task WrittenAsync()
    {
        await using (var served = await Served.StartAsync(_directory))
        {
            for (var i = 0; i < 150; i++) await served.PublishAsync($"mt/v1/{Served.Transformer}/P", $$"""{"v":{{i}},"t":"{{Served.Time(150 - i)}}"}""");
            await served.LedgerAsync();
        }
        SealData();
    }

    /// <summary>Seals all of the data directory's journal that is folded.</summary>
    private void SealData()
    {
        using var data = DataDirectory.Open(_directory.In("data"));
        var files = new DiskFiles(data.Journal);
        using var journal = JournalLog.Open(files, Small);
        using var store = Projection.Open(data.Database, files, journal);
        Seal(files, journal, store.Applied, 40);
        Assert.NotEmpty(files.List(".seal"));
    }

    private static void Seal(DiskFiles files, JournalLog journal, long applied, int runReadings)
    {
        ReadingIndex.Forget(files);
        // Waits until every run is written.
        ReadingIndex.Open(files, applied, runReadings, history: journal.Sealed).Dispose();
        using var index = ReadingIndex.Open(files, applied, runReadings, history: journal.Sealed);
        var sealer = new Sealer(files, journal, index, () => applied);
        while (sealer.TrySealNext(Ct))
        {
            // One after the other.
        }
        Assert.Null(sealer.Fault);
    }

    private void Forget()
    {
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_directory.In("data"), "twin.db*")) File.Delete(file);
    }

    private async Task<(string Journal, string Stored)> HashAsync()
    {
        SqliteConnection.ClearAllPools();
        using var data = DataDirectory.Open(_directory.In("data"));
        return await Refold.CompareAsync(data, Ct);
    }

    /// <summary>Folds what is not folded yet. Gives the facts' hash, the ledger in all, and what each source sent.</summary>
    private async Task<string> FoldAsync(DiskFiles files, Model model, string database, bool seals)
    {
        using var journal = JournalLog.Open(files, Small);
        using var store = Projection.Open(_directory.In(database), files, journal);
        using (var index = ReadingIndex.Open(files, store.Applied, RunReadings, history: journal.Sealed))
        {
            await using var twins = new LocalTwins(model, index, store, store.Applied, store.ReadLatest(), 2);
            var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
            using var reader = journal.Read(store.Applied);
            await projector.CatchUpAsync(reader, journal.DurableOffset, Ct);
            await projector.CommitAsync(Ct);
            Assert.Equal(journal.DurableOffset, store.Applied);
        }
        var lines = store.ReadLedger().Snapshot();
        var total = $"{lines.Values.Sum(line => line.Stored)} stored, {lines.Values.Sum(line => line.Duplicate)} duplicate\n";
        var sources = lines.Select(pair => $"{pair.Key}: {pair.Value.Journalled} = {pair.Value.Accounted}, {pair.Value[Refusal.Expired]} expired, {pair.Value[Refusal.UnknownPoint]} unknown, last {pair.Value.LastReceivedUs}");
        var quarantine = new TwinQueries(_directory.In(database)).Quarantine(100).Select(group => $"{group.Kind} {group.Count} {group.FirstOffset}");
        var text = FactsHash.OfStored(store, new TwinQueries(_directory.In(database))) + "\n" + total + string.Join('\n', [.. sources, .. quarantine]);
        if (seals) Seal(files, journal, store.Applied, RunReadings);
        return text;
    }

    /// <summary>Readings of three sources, some refused, some unknown.</summary>
    private static async Task AppendAsync(DiskFiles files, Reading[] readings)
    {
        using var journal = JournalLog.Open(files, Small);
        var number = 0;
        foreach (var chunk in readings.Chunk(100))
        {
            var frames = new List<byte>();
            foreach (var source in chunk.GroupBy(reading => (int)((reading.Point + reading.TimeUs / Instant.Hour) % 3)))
            {
                frames.AddRange(FrameOf(source.Key, number, [.. source]));
                if (number++ % 7 == 0) frames.AddRange(new QuarantineEntry(source.Key, number, Refusal.UnknownPoint, "t" + number % 3, "", "kW", number, number, 0, Quality.Good, ReadingFlags.None, []).ToFrame());
            }
            Assert.True(journal.TryAppend(CollectionsMarshal.AsSpan(frames), urgent: true, out var ticket));
            await journal.WaitDurableAsync(ticket, Ct);
        }
    }

    private static byte[] FrameOf(int source, long receivedUs, Reading[] readings)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size + ReadingsFrame.RefusalSize];
        ReadingsFrame.WriteBodyHeader(body, source, readings.Length, receivedUs, 1);
        MemoryMarshal.AsBytes(readings.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        ReadingsFrame.WriteRefusal(body.AsSpan(ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size), Refusal.Expired, 2);
        return Frame.Make(FrameKind.Readings, body);
    }
}
