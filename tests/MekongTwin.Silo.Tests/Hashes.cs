using System.Diagnostics;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>The <c>verify</c> commands of both programs.</summary>
internal static class Hashes
{
    private const string Stored = "stored   ";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>The hash of a data directory, whose facts are those of its journal.</summary>
    public static async Task<string> OfEmbeddedAsync(string data)
    {
        var (code, said) = await TwinProcess.RunAsync(TwinProcess.In("MekongTwin.Host", "MekongTwin.Host.dll"), "verify", "--hash", "--data", data);
        Assert.True(code == 0, said);
        return HashOf(said);
    }

    /// <summary>The hash of a database in which everything adds up, when all of it is folded; silos that serve commit about every second.</summary>
    public static async Task<string> OfClusterAsync(string database)
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            var said = await VerifyCommands.RunAsync(0, "--database", database, "--hash");
            if (!said.Contains("not folded yet", StringComparison.Ordinal)) return HashOf(said);
            Assert.True(waited.Elapsed < Patience, said);
        }
    }

    /// <summary>Changes what is stored, one thing at a time, and sees it found.</summary>
    public static async Task FindsDamageAsync(NpgsqlDataSource database)
    {
        foreach (var (change, found) in (ValueTuple<string, string>[])
        [
            ("UPDATE asset_total SET energy = energy + 1 WHERE (asset, start) IN (SELECT asset, start FROM asset_total ORDER BY start LIMIT 1)", "what lies below adds up to"),
            ("DELETE FROM journal_block WHERE (partition, start) IN (SELECT partition, start FROM journal_block WHERE start > 0 ORDER BY start LIMIT 1)", "no block at offset"),
            ("UPDATE journal_block SET frames = substr(frames, 1, length(frames) - 1) WHERE (partition, start) IN (SELECT partition, start FROM journal_block ORDER BY partition, start LIMIT 1)", "is damaged"),
            ("DELETE FROM asset_window WHERE (asset, start) IN (SELECT asset, start FROM asset_window ORDER BY asset, start LIMIT 1)", "stored readings than its facts count"),
            ("DELETE FROM ledger_line WHERE (partition, source) IN (SELECT partition, source FROM ledger_line LIMIT 1)", "its account says 0"),
            ("UPDATE partition_facts SET applied = applied - 1 WHERE partition = 0", "where no block ends"),
            ("UPDATE asset_state SET body = substr(body, 1, length(body) - 1) WHERE asset = (SELECT min(asset) FROM asset_state)", "newest readings are damaged"),
            ("INSERT INTO reading_run (partition, upto, part, first_point, last_point, first_time, last_time, readings) VALUES (1, 1, 0, 0, 0, 0, 0, decode(repeat('00', 48), 'hex'))", "there are 2 sorted readings too many"),
        ])
        {
            await using (var command = database.CreateCommand(change)) Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
            var said = await VerifyCommands.RunAsync(1, "--database", database.ConnectionString, "--hash");
            Assert.Contains(found, said, StringComparison.Ordinal);
            Assert.DoesNotContain(Stored, said, StringComparison.Ordinal);
        }
    }

    private static string HashOf(string said)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(said.Trim());
        return said.Split('\n').Single(line => line.StartsWith(Stored, StringComparison.Ordinal))[Stored.Length..].Trim();
    }
}
