using System.Diagnostics;
using MekongTwin.Contracts;
using MekongTwin.Contracts.Mqtt;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Host.Cities;
using MekongTwin.Silo.Commands;
using MekongTwin.Silo.Running;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Wire;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>A database where a newer program has been: this one says so, says what to do, and leaves it as it is.</summary>
public sealed class NewerDatabases(Cluster cluster, Postgres postgres) : IClassFixture<Cluster>
{
    private const long Door = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("INSERT INTO schema_version (version) VALUES (999)", "schema version 999")]
    [InlineData("INSERT INTO setting (key, value) VALUES ('format', '2') ON CONFLICT (key) DO UPDATE SET value = '2'", "format 2")]
    [InlineData("INSERT INTO setting (key, value) VALUES ('format', '1'), ('simulated', 'off'), ('partitions', '64'); INSERT INTO model (version, body, format) VALUES (1000, 'not for us', 2)", "The model in the database: format 2")]
    public async Task ASiloDoesNotStart(string newer, string why)
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(database, Ct);
        await ExecuteAsync(database, newer);
        var before = await ReadAllAsync(database);
        var refused = await Assert.ThrowsAsync<InputException>(() => ServeCommand.StartAsync(OptionsFor(database), Ct));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(StoredFormat.Advice, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal(before, await ReadAllAsync(database));
    }

    [Fact]
    public async Task ASiloThatRunsSaysSoAndGoesOnWhenTheModelCanBeRead()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await using var silo = await ServeCommand.StartAsync(OptionsFor(database), Ct);
        using var http = new HttpClient { BaseAddress = new($"http://localhost:{silo.HttpPort}") };
        async Task<string> HealthAsync() => await (await http.GetAsync("/health/ready", Ct)).Content.ReadAsStringAsync(Ct);
        await UntilAsync(async () => (await http.GetAsync("/health/ready", Ct)).IsSuccessStatusCode, "the silo to be ready");
        await ExecuteAsync(database, "INSERT INTO model (version, body, format) VALUES (1000, 'not for us', 2)");
        await UntilAsync(async () => (await HealthAsync()).Contains("The model in the database: format 2", StringComparison.Ordinal), "the silo to say why");
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/health/ready", Ct)).StatusCode);
        await ExecuteAsync(database, "DELETE FROM model WHERE version = 1000");
        await UntilAsync(async () => (await http.GetAsync("/health/ready", Ct)).IsSuccessStatusCode, "the silo to be ready again");
    }

    [Fact]
    public async Task TheFormatIsNotedAndNeverLowered()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(database, Ct);
        var settings = new SettingTable(database);
        await StoredFormat.AgreeAsync(settings, Ct);
        await StoredFormat.AgreeAsync(settings, Ct);
        Assert.Equal((StoredFormat.Written, 7, 7), (await settings.RaiseAsync("format", 0, Ct), await settings.RaiseAsync("format", 7, Ct), await settings.RaiseAsync("format", 3, Ct)));
    }

    [Theory]
    [InlineData("asset_state")]
    [InlineData("asset_window")]
    [InlineData("ledger_line")]
    public async Task FactsThatAreNewerStayAsTheyAreAndAreGoneOnFromWhenTheyCanBeRead(string table)
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Disturb(SmallCity.Traffic(model, 31, 2 * Instant.Hour, 10 * Instant.Minute), 32);
        await using var region = await cluster.OpenAsync(model, partitions: 1);
        await region.SendAsync(0, Append(1, [.. readings.Take(200)]));
        await region.SettleAsync();
        // As a newer program writes it: everything of another form.
        await ExecuteAsync(region.Database, $"UPDATE {table} SET body = '\\x04'::bytea || substring(body from 2)");
        var rows = $"SELECT string_agg(t::text, ';' ORDER BY t::text) || (SELECT applied FROM partition_facts) FROM {table} t";
        var before = await ReadAsync(region.Database, rows);
        await region.Twins.Partition(0).LeaveAsync();
        var sending = region.SendAsync(0, Append(2, [.. readings.Skip(200)]));
        await UntilAsync(() => region.Faults.Concat(region.Twins.Silent.Select(silent => silent.Why)).Any(why => why.Contains("format 2", StringComparison.Ordinal) && why.Contains(StoredFormat.Advice, StringComparison.Ordinal)), "the partition to say why");
        Assert.Equal(before, await ReadAsync(region.Database, rows));
        await ExecuteAsync(region.Database, $"UPDATE {table} SET body = '\\x02'::bytea || substring(body from 2)");
        await sending;
        await UntilAsync(async () => await ReadAsync(region.Database, IsFolded) == "true", "everything to be folded");
        Facts.AssertSame(Facts.ByOracle(model, readings), await region.ReadFactsAsync(), "once they could be read");
        Assert.Equal(readings.Count, (await region.ReadLedgerAsync()).Journalled);
    }

    [Fact]
    public async Task SortedReadingsThatAreNewerAreNotGuessed()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(database, Ct);
        await ExecuteAsync(database, "INSERT INTO reading_run (partition, upto, part, first_point, last_point, first_time, last_time, readings, format) VALUES (0, 1, 0, 7, 7, 0, 10, '', 2)");
        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => new RunTable(database).ReadAsync(0, [new(7, 0, 100)], Ct));
        Assert.Contains(StoredFormat.Advice, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FramesThatAreNewerAreNotSteppedOver()
    {
        var model = SmallCity.Make();
        var readings = SmallCity.Traffic(model, 32, Instant.Hour, 10 * Instant.Minute);
        await using var region = await cluster.OpenAsync(model, partitions: 1);
        await region.SendAsync(0, Append(1, [.. readings.Take(100)]));
        await region.SettleAsync();
        await region.SendAsync(0, new() { Door = Door, Sequence = 2, Frames = [.. Frame.Make((FrameKind)8, [1, 2, 3]), .. Append(2, [.. readings.Skip(100)]).Frames] });
        await UntilAsync(() => region.Faults.Any(fault => fault.Contains("frame of kind 8", StringComparison.Ordinal)), "the partition to say why");
        // What is durable is kept for a program that knows it; the facts stand before it.
        Assert.Equal("false", await ReadAsync(region.Database, IsFolded));
        Facts.AssertSame(Facts.ByOracle(model, readings.Take(100)), await RegionUnderTest.ReadFactsAsync(region.Database), "before the frame");
        // In place of that program: behind the door's frame of 24 bytes, the kind is one that says nothing about readings.
        await ExecuteAsync(region.Database, $"UPDATE journal_block SET frames = set_byte(frames, 28, {(int)FrameKind.Source}) WHERE get_byte(frames, 28) = 8");
        await UntilAsync(async () => await ReadAsync(region.Database, IsFolded) == "true", "everything to be folded");
        Facts.AssertSame(Facts.ByOracle(model, readings), await region.ReadFactsAsync(), "behind the frame");
    }

    private const string IsFolded = "SELECT applied = journalled FROM partition_facts JOIN journal_partition USING (partition)";

    private static SiloOptions OptionsFor(NpgsqlDataSource database) => new()
    {
        Serve = new() { Cities = [Host.Commands.ServeCommand.DefaultCity], Http = "0", Mqtt = "0", Simulate = false },
        Database = database.ConnectionString,
        SiloPort = Programs.FreePort(),
    };

    private static WireAppend Append(long sequence, IReadOnlyCollection<Reading> readings) => new() { Door = Door, Sequence = sequence, Frames = RegionUnderTest.FrameOf([.. readings], source: 1) };

    /// <summary>Every row of every table of ours, and where the sequences stand.</summary>
    private static async Task<string> ReadAllAsync(NpgsqlDataSource database)
    {
        var tables = (await ReadAsync(database, "SELECT string_agg(tablename, ',' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'")).Split(',');
        var rows = new List<string>();
        foreach (var table in tables) rows.Add(table + await ReadAsync(database, $"SELECT coalesce(string_agg(t::text, ';' ORDER BY t::text), '') FROM {table} t"));
        return string.Join('\n', [.. rows, await ReadAsync(database, "SELECT last_value || ' ' || is_called FROM door")]);
    }

    private static async Task<string> ReadAsync(NpgsqlDataSource database, string sql)
    {
#pragma warning disable CA2100 // The test's own text.
        await using var command = database.CreateCommand($"SELECT ({sql})::text");
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(Ct) as string ?? "";
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
#pragma warning disable CA2100 // The test's own text.
        await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Ct);
    }

    private static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(TimeSpan.FromMilliseconds(50), Ct))
        {
            if (waited.Elapsed > Patience) Assert.Fail($"Waited too long for {what}.");
        }
    }
}
