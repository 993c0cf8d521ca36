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

/// <summary>A city that keeps its readings for three days: its facts and its account are those of one that keeps them all.</summary>
public sealed class Retentions : IDisposable
{
    private const int RunReadings = 400;
    private const int Days = 12;

    private static readonly JournalOptions Small = new() { SegmentBytes = 60_000, RawBytesKept = 0, Linger = TimeSpan.FromMilliseconds(1) };

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
    public async Task FactsAndTotalsAreThoseOfACityThatKeepsAll(int seed)
    {
        var model = Keeping(SmallCity.Make(5, 2));
        var (all, kept) = (await OpenAsync("all", model), await OpenAsync("kept", model));
        var steps = 0;
        foreach (var part in Parts(model, seed))
        {
            await AppendAsync(all, part);
            await AppendAsync(kept, part);
            var expected = await FoldAsync(all, model, "all.db");
            // Live, over its own projection, and then made again from what is kept.
            Assert.Equal(expected, await FoldAsync(kept, model, "kept.db", async (journal, fold) =>
            {
                while (await new Retention(kept, journal, fold, new TwinQueries(_directory.In("kept.db")), () => CityRetentions.Of(model)).TryStepAsync(Ct)) steps++;
            }));
            Assert.Equal(expected, await FoldAsync(kept, model, "again.db"));
            Forget("again.db");
        }
        Assert.True(steps > 3, $"{steps} steps");
        Assert.Empty(JournalRecovery.Check(kept).Damage);
        var (before, after) = (SealedHistory.Open(all), SealedHistory.Open(kept));
        Assert.True(after.Readings < before.Readings * 2 / 3, $"{after.Readings} of {before.Readings} readings are left");
    }

    [Fact]
    public async Task WhatComesTooLateIsRefusedAlikeLiveAndAgain()
    {
        var model = Keeping(SmallCity.Make(5, 2));
        var kept = await OpenAsync("kept", model);
        foreach (var part in Parts(model, 3)) await AppendAsync(kept, part);
        await FoldAsync(kept, model, "kept.db", (journal, fold) => StepAsync(kept, journal, fold, model));
        // What admission lets pass, because a person took it out of quarantine, or the clock was set back.
        await AppendAsync(kept, [new(SmallCity.StartUs + Instant.Hour, 5, 1, 0, Quality.Good, 0), new(SmallCity.StartUs + Days * Instant.Day, 5, 1, 0, Quality.Good, 0)]);
        var live = await FoldAsync(kept, model, "kept.db");
        Assert.Contains(" 1 expired", live, StringComparison.Ordinal);
        Assert.Equal(live, await FoldAsync(kept, model, "again.db"));
        Assert.Equal(live, await FoldAsync(kept, model, "third.db"));
    }

    [Fact]
    public async Task AnAssetThatMovedKeepsWhatIsSettledAndTheRestFollowsIt()
    {
        var model = Keeping(SmallCity.Make(5, 2));
        var (all, kept) = (await OpenAsync("all", model), await OpenAsync("kept", model));
        foreach (var part in Parts(model, 4))
        {
            await AppendAsync(all, part);
            await AppendAsync(kept, part);
            await FoldAsync(kept, model, "kept.db", (journal, fold) => StepAsync(kept, journal, fold, model));
        }
        var horizon = Assert.Single(SealedHistory.Open(kept).Horizon!.Cities);
        var moved = new Model(model.Cities, [.. model.Assets.Select(asset => asset is { Kind: AssetKind.Transformer, ElectricalParent: var feeder } ? asset with { ElectricalParent = feeder == 5 ? 6 : feeder } : asset)], model.Points, [], []);
        await FoldAsync(all, model, "before.db");
        await FoldAsync(all, moved, "all.db");
        await FoldAsync(kept, moved, "again.db");
        var totals = new TwinQueries(_directory.In("again.db")).AllAssetWindows().Where(total => !total.Total.IsZero).ToList();
        List<Domain.Twins.AssetWindow> Of(string database, Func<long, bool> isOf) => [.. new TwinQueries(_directory.In(database)).AllAssetWindows().Where(total => !total.Total.IsZero && isOf(total.StartUs))];
        Assert.Equal(Of("before.db", start => start < horizon.WindowsFromUs), totals.Where(total => total.StartUs < horizon.WindowsFromUs));
        Assert.Equal(Of("all.db", start => start >= horizon.WindowsFromUs), totals.Where(total => total.StartUs >= horizon.WindowsFromUs));
    }

    [Fact]
    public async Task ABackupTakesTheStepsAlong()
    {
        using (var data = DataDirectory.Open(_directory.In("data")))
        {
            var (model, files) = (Keeping(SmallCity.Make(5, 2)), new DiskFiles(data.Journal));
            using (var journal = JournalLog.Open(files, Small)) await ModelLog.AppendAsync(journal, model, Ct);
            foreach (var part in Parts(model, 5)) await AppendAsync(files, part);
            await FoldAsync(files, model, "data/twin.db", (journal, fold) => StepAsync(files, journal, fold, model));
            await BackupWriter.WriteAsync(data, _directory.In("backup.tar.gz"), Ct);
        }
        SqliteConnection.ClearAllPools();
        await BackupReader.RestoreAsync(_directory.In("backup.tar.gz"), _directory.In("restored"), Ct);
        using var restored = DataDirectory.Open(_directory.In("restored"));
        using var before = DataDirectory.Open(_directory.In("data"));
        Assert.NotEmpty(Directory.GetFiles(restored.Journal, "*.horizon"));
        var (expected, found) = (await Refold.CompareAsync(before, Ct), await Refold.CompareAsync(restored, Ct));
        Assert.Equal(expected.Journal, expected.Stored);
        Assert.Equal(expected, found);
    }

    [Fact]
    public async Task SeriesSayFromWhenOnThereAreReadingsAndWindowsStay()
    {
        var (city, clock) = (_directory.In("city"), new Time());
        Served.CopyCity(city);
        var json = File.ReadAllText(Path.Combine(city, "city.json"));
        File.WriteAllText(Path.Combine(city, "city.json"), json.Replace("\"population\"", "\"retention\": {\"readingsDays\": 3}, \"population\"", StringComparison.Ordinal));
        ServeOptions Of(ServeOptions options) => options with { Cities = [city] };
        var begin = clock.GetUtcNow();
        await using (var served = await Served.StartAsync(_directory, clock, Of))
        {
            await using var client = await TinyMqtt.OpenAsync(served.Mqtt);
            for (var hour = 0; hour < 10 * 24; hour += 2, clock.Now = clock.Now.AddHours(2))
            {
                for (var i = 0; i < 4; i++) await client.PublishAsync($"mt/v1/{Served.Transformer}/P", $$"""{"v":{{hour + i}},"t":"{{clock.Now.AddMinutes(5 * i - 20):yyyy-MM-ddTHH:mm:ssZ}}"}""");
            }
            await served.LedgerAsync();
        }
        using (var data = DataDirectory.Open(_directory.In("data")))
        {
            var files = new DiskFiles(data.Journal);
            Model known;
            using (var journal = JournalLog.Open(files, Small)) known = ModelLog.ReadLast(journal);
            await FoldAsync(files, known, "data/twin.db", (journal, fold) => StepAsync(files, journal, fold, known), 60);
        }
        await using (var served = await Served.StartAsync(_directory, clock, Of))
        {
            Task<System.Text.Json.JsonElement> SeriesAsync(DateTimeOffset from, string step) => served.GetAsync(
                $"/api/v1/assets/{Uri.EscapeDataString(Served.Transformer)}/series?metric=P&from={Uri.EscapeDataString(from.ToString("O"))}&to={Uri.EscapeDataString(clock.GetUtcNow().ToString("O"))}&step={step}");
            var raw = await SeriesAsync(begin.AddHours(-1), "raw");
            var kept = raw.GetProperty("readingsFrom").GetDateTimeOffset();
            Assert.Equal(TimeSpan.Zero, kept.TimeOfDay);
            Assert.True(kept > begin.AddDays(1) && kept < clock.GetUtcNow().AddDays(-3), $"{kept}");
            Assert.All(raw.GetProperty("points").EnumerateArray(), point => Assert.True(point.GetProperty("t").GetDateTimeOffset() >= kept));
            Assert.NotEmpty(raw.GetProperty("points").EnumerateArray());
            Assert.False((await SeriesAsync(kept, "raw")).TryGetProperty("readingsFrom", out _));
            var windows = await SeriesAsync(begin.AddHours(-1), "PT15M");
            Assert.False(windows.TryGetProperty("readingsFrom", out _));
            Assert.Contains(windows.GetProperty("points").EnumerateArray(), point => point.GetProperty("t").GetDateTimeOffset() < begin.AddHours(1) && point.GetProperty("v").ValueKind == System.Text.Json.JsonValueKind.Number);
            var summary = (await served.GetAsync("/api/v1/cities")).EnumerateArray().Single();
            Assert.Equal((3, kept), (summary.GetProperty("keepReadingsDays").GetInt32(), summary.GetProperty("readingsFrom").GetDateTimeOffset()));
            var quality = await served.GetAsync($"/api/v1/assets/{Uri.EscapeDataString(Served.Transformer)}/quality?day={begin.AddDays(1):yyyy-MM-dd}");
            Assert.All(quality.GetProperty("points").EnumerateArray(), point => Assert.False(point.GetProperty("checked").GetBoolean()));
            // Older than the city keeps: refused, and counted.
            await served.PublishAsync($"mt/v1/{Served.Transformer}/P", $$"""{"v":1,"t":"{{clock.GetUtcNow().AddDays(-4):yyyy-MM-ddTHH:mm:ssZ}}"}""");
            Assert.Equal(1, (await served.LedgerAsync()).GetProperty("rejected").GetProperty("expired").GetInt64());
        }
        using var after = DataDirectory.Open(_directory.In("data"));
        var hashes = await Refold.CompareAsync(after, Ct);
        Assert.Equal(hashes.Journal, hashes.Stored);
    }

    private sealed class Time : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 11, 10, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private static Model Keeping(Model model) => new([.. model.Cities.Select(city => city with { KeepReadingsDays = 3 })], model.Assets, model.Points, model.Devices, model.Names);

    /// <summary>A bad week and more, day by day as it arrived.</summary>
    private static IEnumerable<Reading[]> Parts(Model model, int seed)
    {
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, seed, Days * Instant.Day, 40 * Instant.Minute), seed + 1);
        return readings.Chunk(readings.Count / Days);
    }

    private async Task<DiskFiles> OpenAsync(string directory, Model model)
    {
        Directory.CreateDirectory(_directory.In(directory));
        var files = new DiskFiles(_directory.In(directory));
        using var journal = JournalLog.Open(files, Small);
        await ModelLog.AppendAsync(journal, model, Ct);
        return files;
    }

    private async Task StepAsync(DiskFiles files, JournalLog journal, IRetentionFold fold, Model model)
    {
        var database = Directory.GetFiles(_directory.In("."), "*.db", SearchOption.AllDirectories).Single(path => !path.Contains("again", StringComparison.Ordinal));
        var retention = new Retention(files, journal, fold, new TwinQueries(database), () => CityRetentions.Of(model));
        while (await retention.TryStepAsync(Ct))
        {
            // One day after the other.
        }
        Assert.Null(retention.Fault);
    }

    /// <summary>Folds what is not folded yet, seals it, and lets retention take its steps. Gives the facts' hash, the ledger in all and what each source sent.</summary>
    private async Task<string> FoldAsync(DiskFiles files, Model model, string database, Func<JournalLog, IRetentionFold, Task>? retain = null, int runReadings = RunReadings)
    {
        using var journal = JournalLog.Open(files, Small);
        using var store = Projection.Open(_directory.In(database), files, journal);
        ReadingIndex.Open(files, store.Applied, runReadings, history: journal.Sealed).Dispose();
        using (var index = ReadingIndex.Open(files, store.Applied, runReadings, history: journal.Sealed))
        {
            await using var twins = new LocalTwins(model, index, store, store.Applied, store.ReadLatest(), 2);
            var projector = new Projector(twins, store, index, store.ReadLedger(), TimeProvider.System);
            using var reader = journal.Read(store.Applied);
            await projector.CatchUpAsync(reader, journal.DurableOffset, Ct);
            await projector.CommitAsync(Ct);
            var sealer = new Sealer(files, journal, index, () => store.Applied);
            while (sealer.TrySealNext(Ct))
            {
                // One after the other.
            }
            Assert.Null(sealer.Fault);
            if (retain is not null) await retain(journal, new RetentionFold(projector, twins, store, journal.Sealed));
        }
        var lines = store.ReadLedger().Snapshot();
        var sources = lines.Select(pair => $"{pair.Key}: {pair.Value.Journalled} = {pair.Value.Stored} stored, {pair.Value.Duplicate} duplicate, {pair.Value[Refusal.Expired]} expired, last {pair.Value.LastReceivedUs}");
        return FactsHash.OfStored(store, new TwinQueries(_directory.In(database))) + "\n" + string.Join('\n', sources);
    }

    private void Forget(string database)
    {
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_directory.In("."), database + "*")) File.Delete(file);
    }

    /// <summary>Each point is one source's, received with the newest of those before it.</summary>
    private static async Task AppendAsync(DiskFiles files, Reading[] readings)
    {
        using var journal = JournalLog.Open(files, Small);
        foreach (var chunk in readings.Chunk(100))
        {
            var frames = new List<byte>();
            foreach (var source in chunk.GroupBy(reading => reading.Point % 3))
            {
                Reading[] own = [.. source];
                var body = new byte[ReadingsFrame.BodyHeaderSize + own.Length * Reading.Size];
                ReadingsFrame.WriteBodyHeader(body, source.Key, own.Length, chunk.Max(reading => reading.TimeUs), 0);
                MemoryMarshal.AsBytes(own.AsSpan()).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
                frames.AddRange(Frame.Make(FrameKind.Readings, body));
            }
            Assert.True(journal.TryAppend(CollectionsMarshal.AsSpan(frames), urgent: true, out var ticket));
            await journal.WaitDurableAsync(ticket, Ct);
        }
    }
}
