using System.CommandLine;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Host.Cities;
using MekongTwin.Silo.Commands;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary><c>verify</c> where there is nothing to verify, and where something waits. What it finds elsewhere: <see cref="RealClusters"/>.</summary>
public sealed class VerifyCommands(Postgres postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ADatabaseThatNoSiloServedFromIsRefusedAndLeftAsItIs()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        Assert.Contains("No silo has ever started", await RefusedAsync(database.ConnectionString), StringComparison.Ordinal);
        await using (var tables = database.CreateCommand("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) Assert.Equal(0L, await tables.ExecuteScalarAsync(Ct));
        await Schema.ApplyAsync(database, Ct);
        Assert.Contains("no silo has served", await RefusedAsync(database.ConnectionString), StringComparison.Ordinal);
        await ExecuteAsync(database, "DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)");
        Assert.Contains("brings the tables up to date", await RefusedAsync(database.ConnectionString), StringComparison.Ordinal);
        await ExecuteAsync(database, "INSERT INTO schema_version (version) VALUES (999)");
        Assert.Contains("start that one, or a newer one", await RefusedAsync(database.ConnectionString), StringComparison.Ordinal);
        Assert.Contains("cannot be reached", await RefusedAsync("Host=/nowhere;Username=twin"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNotFoldedYetIsSaidBesideTheHash()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(database, Ct);
        await new SettingTable(database).SettleAsync("partitions", "2", Ct);
        var empty = await RunAsync(0, "--database", database.ConnectionString, "--hash");
        var journal = new PartitionTable(database);
        var state = await journal.TakeOverAsync(1, Ct);
        var readings = new Reading[] { new(1_795_255_200_000_000, 1, 0, 0, Quality.Good, 0), new(1_795_255_201_000_000, 2, 0, 0, Quality.Good, 0) };
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, source: 1, readings.Length, receivedUs: 0, refusals: 0);
        FactsCodec.Of(readings).CopyTo(body, ReadingsFrame.BodyHeaderSize);
        Assert.Empty(await journal.WriteAsync([new(1, state.Epoch, state.Journalled, Frame.Make(FrameKind.Readings, body))], Ct));
        var said = await RunAsync(0, "--database", database.ConnectionString, "--hash");
        Assert.Contains("2 readings of 1 partitions are journalled and not folded yet", said, StringComparison.Ordinal);
        Assert.DoesNotContain("not folded yet", empty, StringComparison.Ordinal);
        Assert.Equal(empty.Split("stored   ")[1], said.Split("stored   ")[1]);
    }

    /// <summary>Runs the command to this exit code; gives everything it said.</summary>
    internal static async Task<string> RunAsync(int code, params string[] words)
    {
        using var heard = new StringWriter { NewLine = "\n" };
        var asked = new InvocationConfiguration { Output = heard, Error = heard, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        var ended = await new RootCommand { VerifyCommand.Make() }.Parse(["verify", .. words]).InvokeAsync(asked, Ct);
        Assert.True(ended == code, $"{ended}: {heard}");
        return heard.ToString();
    }

    private static async Task<string> RefusedAsync(string connection) => (await Assert.ThrowsAsync<InputException>(() => RunAsync(2, "--database", connection))).Message;

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
#pragma warning disable CA2100 // The test's own text.
        await using var command = database.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Ct);
    }
}
