using System.Net;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Running;
using Microsoft.Data.Sqlite;

namespace MekongTwin.Host.Tests.Running;

/// <summary>What a stop, a start, a lost projection or a changed folder leaves as it was.</summary>
public sealed class Restarts : IDisposable
{
    private const string Power = $"mt/v1/{Served.Transformer}/P";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }

    [Fact]
    public async Task TheVeryNextMessageIsAcceptedAndNothingIsForgotten()
    {
        for (var turn = 1; turn <= 3; turn++)
        {
            await using var served = await Served.StartAsync(_directory);
            await served.PublishAsync(Power, $$"""{"v":{{turn}},"t":"{{Served.Time(60 - turn)}}"}""");
            Assert.Equal(turn, await served.LatestAsync());
            Assert.Equal(turn, (await served.LedgerAsync()).GetProperty("stored").GetInt64());
        }
    }

    [Fact]
    public async Task TheSameFactsAreMadeAgainWithoutTheProjection()
    {
        await using (var served = await Served.StartAsync(_directory))
        {
            for (var i = 0; i < 200; i++) await served.PublishAsync(Power, $$"""{"v":{{i}},"t":"{{Served.Time(5 * (i * 37 % 200))}}"}""");
            await served.PublishAsync("mt/v1/vn-dad/nobody/P", "1");
            await served.LedgerAsync();
        }
        var before = await HashAsync();
        Assert.Equal(before.Journal, before.Stored);
        var ledger = (string?)null;
        await using (var served = await Served.StartAsync(_directory)) ledger = (await served.LedgerAsync()).ToString();
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_directory.In("data"), "twin.db*")) File.Delete(file);
        foreach (var file in Directory.GetFiles(_directory.In("data", "journal"), "*.run")) File.Delete(file);
        await using (var served = await Served.StartAsync(_directory)) Assert.Equal(ledger, (await served.LedgerAsync()).ToString());
        Assert.Equal(before, await HashAsync());
    }

    [Fact]
    public async Task WhatWasMappedIsTakenInAndStays()
    {
        const string topic = "mt/v1/vn-dad/factory/7/power";
        await using (var served = await Served.StartAsync(_directory))
        {
            for (var i = 0; i < 5; i++) await served.PublishAsync(topic, $$"""{"v":{{100 + i}},"t":"{{Served.Time(50 - i)}}"}""");
            var waiting = await served.LedgerAsync();
            Assert.Equal(5, waiting.GetProperty("quarantined").GetProperty("unknownPoint").GetInt64());
            var kept = Assert.Single((await served.GetAsync("/api/v1/quarantine")).GetProperty("items").EnumerateArray());
            var (code, text) = await served.AskAsync(HttpMethod.Post, $"/api/v1/quarantine/{kept.GetProperty("id").GetInt64()}/map", new { asset = Served.Transformer, metric = "P" });
            Assert.Equal((HttpStatusCode.OK, """{"takenIn":5}"""), (code, text));
            await served.PublishAsync(topic, $$"""{"v":105,"t":"{{Served.Time(40)}}"}""");
            await AssertMappedAsync(served);
        }
        await using (var served = await Served.StartAsync(_directory)) await AssertMappedAsync(served);
        var hash = await HashAsync();
        Assert.Equal(hash.Journal, hash.Stored);
        SqliteConnection.ClearAllPools();
        File.Delete(_directory.In("data", "twin.db"));
        await using (var served = await Served.StartAsync(_directory)) await AssertMappedAsync(served);
        Assert.Equal(hash, await HashAsync());

        static async Task AssertMappedAsync(Served served)
        {
            var ledger = await served.LedgerAsync();
            Assert.Equal((6, 6), (ledger.GetProperty("received").GetInt64(), ledger.GetProperty("stored").GetInt64()));
            Assert.Equal(105, await served.LatestAsync());
            Assert.Empty((await served.GetAsync("/api/v1/quarantine")).GetProperty("items").EnumerateArray());
        }
    }

    [Fact]
    public async Task AMovedFeederIsFoldedAgainAndANewPointKeepsTheHistory()
    {
        var city = CopyOfCity();
        await using (var served = await Served.StartAsync(_directory, options => options with { Cities = [city] }))
        {
            await served.PublishAsync(Power, $$"""{"v":77,"t":"{{Served.Time(60)}}"}""");
            Assert.Equal(77, await served.LatestAsync());
        }
        Change(Path.Combine(city, "points.json"), """{"metric": "V", "unit": "V", "kind": "gauge", "hold": "PT45M", "min": 0, "max": 500}""",
            """{"metric": "V", "unit": "V", "kind": "gauge", "hold": "PT45M", "min": 0, "max": 500}, {"metric": "oil", "unit": "Cel", "kind": "gauge", "hold": "PT30M", "min": -50, "max": 200}""");
        await using (var served = await Served.StartAsync(_directory, options => options with { Cities = [city] }))
        {
            Assert.Equal(77, await served.LatestAsync());
            await served.PublishAsync($"mt/v1/{Served.Transformer}/oil", "55.5");
            Assert.Equal(55.5, await served.LatestAsync(metric: "oil"));
        }
        const string moved = "fdr/471-xuanha";
        Change(Path.Combine(city, "grid", "an-khe.json"), "{\"id\":\"thanh-khe/tx/0201\",\"node\":\"477-ankhe/1\"", "{\"id\":\"thanh-khe/tx/0201\",\"node\":\"471-xuanha/1\"");
        await using (var served = await Served.StartAsync(_directory, options => options with { Cities = [city] }))
        {
            Assert.Equal(77, await served.LatestAsync());
            Assert.Equal($"vn-dad/{moved}", (await served.AssetAsync()).GetProperty("parents").GetProperty("electrical").GetString());
            Assert.Equal(2, (await served.LedgerAsync()).GetProperty("stored").GetInt64());
        }
        var hash = await HashAsync();
        Assert.Equal(hash.Journal, hash.Stored);
    }

    [Fact]
    public async Task AClockThatJumpsBackLosesNothing()
    {
        var future = DateTimeOffset.UtcNow.AddDays(20);
        await using (var core = await OpenAsync(future))
        {
            using var source = core.Admissions.Open("mqtt:a", Domain.Access.Principal.Open);
            Admit(source, Power, "1");
            await core.Admissions.Commits.WaitDurableAsync(await source.SubmitAsync(default), default);
            await core.SettleAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Long);
        }
        await using (var core = await OpenAsync(future.AddDays(-19)))
        {
            using var source = core.Admissions.Open("mqtt:a", Domain.Access.Principal.Open);
            Admit(source, Power, "2");
            await core.Admissions.Commits.WaitDurableAsync(await source.SubmitAsync(default), default);
            await core.SettleAsync(TestContext.Current.CancellationToken).WaitAsync(Patience.Long);
            var total = core.ReadLedger().Total;
            Assert.Equal((2, 2, 0), (total.Received, total.Stored, total.Pending));
            Assert.True(core.ReadLedger().LagP99Ms >= 0);
            Assert.All(core.ReadHealth(), check => Assert.True(check.Healthy, check.Detail));
        }
        var hash = await HashAsync();
        Assert.Equal(hash.Journal, hash.Stored);

        static void Admit(Ingest.ISource source, string topic, string payload)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(topic);
            Assert.Equal(Ingest.Admission.Admitted, source.Admit(source.Resolve(bytes), bytes, System.Text.Encoding.UTF8.GetBytes(payload)));
        }

        async Task<TwinCore> OpenAsync(DateTimeOffset now)
        {
            var core = await TwinCore.OpenAsync(new ServeOptions { Cities = [Served.City], Data = _directory.In("data"), Workers = 1 }, new ScaledClock(now, DateTimeOffset.UtcNow, 1), TestContext.Current.CancellationToken);
            core.Start();
            return core;
        }
    }

    [Fact]
    public async Task ALockedProjectionIsSaidAndResumesByItself()
    {
        await using var served = await Served.StartAsync(_directory);
        await served.PublishAsync(Power, "1");
        await served.LedgerAsync();
        using (var other = new SqliteConnection($"Data Source={_directory.In("data", "twin.db")};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();
            await served.PublishAsync(Power, "2");
            await Patience.UntilAsync(() => served.Server.Core.ReadHealth().Any(check => !check.Healthy && check.Detail!.Contains("twin.db", StringComparison.Ordinal)), () => "the health page says so");
            // The door goes on acknowledging: the journal is not concerned.
            await served.PublishAsync(Power, "3");
        }
        await Patience.UntilAsync(() => served.Server.Core.ReadHealth().All(check => check.Healthy), () => "it resumes");
        Assert.Equal(3, await served.LatestAsync());
        Assert.Equal(3, (await served.LedgerAsync()).GetProperty("stored").GetInt64());
    }

    [Fact]
    public async Task ADamagedJournalIsRefusedWithItsPlace()
    {
        await using (var served = await Served.StartAsync(_directory))
        {
            for (var i = 0; i < 5; i++) await served.PublishAsync(Power, "1");
            await served.LedgerAsync();
        }
        var file = Directory.GetFiles(_directory.In("data", "journal"), "*.journal").Single();
        var whole = File.ReadAllBytes(file);
        // In the middle, and in the last block: neither is a torn write.
        foreach (var at in (int[])[whole.Length / 2, whole.Length - 1])
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 1;
            File.WriteAllBytes(file, damaged);
            var refusal = await Assert.ThrowsAsync<JournalException>(() => Served.StartAsync(_directory));
            Assert.Contains("journal offset", refusal.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, File.ReadAllBytes(file));
        }
        File.WriteAllBytes(file, whole);
        await using var again = await Served.StartAsync(_directory);
        Assert.Equal(5, (await again.LedgerAsync()).GetProperty("stored").GetInt64());
    }

    [Fact]
    public async Task AnotherFormatOfTheJournalIsRefused()
    {
        await using (var served = await Served.StartAsync(_directory)) await served.PublishAsync(Power, "1");
        var file = Directory.GetFiles(_directory.In("data", "journal"), "*.journal").Single();
        var bytes = File.ReadAllBytes(file);
        bytes[4] = 9;
        File.WriteAllBytes(file, bytes);
        Assert.Contains("format 9", (await Assert.ThrowsAsync<JournalException>(() => Served.StartAsync(_directory))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherJournalInThePlaceOfTheOwnIsRefusedUntilTheProjectionIsDeleted()
    {
        using var other = new TemporaryDirectory();
        await using (var served = await Served.StartAsync(_directory)) await served.PublishAsync(Power, "1");
        await using (var served = await Served.StartAsync(other))
        {
            for (var i = 2; i < 50; i++) await served.PublishAsync(Power, $"{i}");
        }
        SqliteConnection.ClearAllPools();
        Directory.Delete(_directory.In("data", "journal"), recursive: true);
        Directory.Move(other.In("data", "journal"), _directory.In("data", "journal"));
        File.WriteAllText(_directory.In("data", "journal", "0000000000000000000.run"), "sorted from the one before");
        var refusal = await Assert.ThrowsAsync<JournalException>(() => Served.StartAsync(_directory));
        Assert.Contains("another journal", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("delete twin.db", refusal.Message, StringComparison.Ordinal);
        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(_directory.In("data"), "twin.db*")) File.Delete(file);
        await using var again = await Served.StartAsync(_directory);
        Assert.Empty(Directory.GetFiles(_directory.In("data", "journal"), "*.run"));
        Assert.Equal(49, await again.LatestAsync());
    }

    [Fact]
    public async Task ADataDirectoryInUseIsRefused()
    {
        await using var served = await Served.StartAsync(_directory);
        Assert.Contains("another MekongTwin uses this data directory", (await Assert.ThrowsAsync<InputException>(() => Served.StartAsync(_directory))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnOpeningThatFailsLeavesNothingOpen()
    {
        var options = new ServeOptions { Cities = [Served.City], Data = _directory.In("data"), Workers = 1, Simulate = false };
        // Journal and projection are open by the time the model is to be written.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TwinCore.OpenAsync(options, TimeProvider.System, new CancellationToken(canceled: true)));
        // SQLite removes its write-ahead log with the last connection.
        Assert.False(File.Exists(_directory.In("data", "twin.db-wal")), "the projection is open");
        AssertNothingIsOpen();
        await using (var served = await Served.StartAsync(_directory)) await served.PublishAsync($"mt/v1/{Served.Transformer}/P", "1");
        File.WriteAllText(_directory.In("data", "simulated"), "");
        await Assert.ThrowsAsync<InputException>(() => TwinCore.OpenAsync(options, TimeProvider.System, TestContext.Current.CancellationToken));
        AssertNothingIsOpen();
        File.Delete(_directory.In("data", "simulated"));
        await using var core = await TwinCore.OpenAsync(options, TimeProvider.System, TestContext.Current.CancellationToken);

        void AssertNothingIsOpen()
        {
            // Nobody gets a file for himself that somebody else holds.
            using var segment = new FileStream(Directory.GetFiles(_directory.In("data", "journal"), "*.journal").Single(), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
    }

    private async Task<(string Journal, string Stored)> HashAsync()
    {
        using var data = DataDirectory.Open(_directory.In("data"), mustExist: true);
        return await Refold.CompareAsync(data, TestContext.Current.CancellationToken);
    }

    private string CopyOfCity()
    {
        var copy = Directory.CreateDirectory(_directory.In("city", "vn-dad")).FullName;
        Served.CopyCity(copy);
        return copy;
    }

    private static void Change(string file, string from, string to)
    {
        var text = File.ReadAllText(file);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(from, to, StringComparison.Ordinal));
    }
}
