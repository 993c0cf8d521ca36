using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>The <c>verify</c> commands of both programs.</summary>
internal static class Hashes
{
    /// <summary>The hash of a data directory, whose facts are those of its journal.</summary>
    public static Task<string> OfEmbeddedAsync(string data) => OfAsync("MekongTwin.Host", "--data", data);

    /// <summary>The hash of a database, in which everything adds up and is folded.</summary>
    public static Task<string> OfClusterAsync(string database) => OfAsync("MekongTwin.Silo", "--database", database);

    /// <summary>Changes what is stored, one thing at a time, and sees it found.</summary>
    public static async Task FindsDamageAsync(NpgsqlDataSource database)
    {
        foreach (var (change, found) in (ValueTuple<string, string>[])
        [
            ("UPDATE asset_total SET energy = energy + 1 WHERE (asset, start) IN (SELECT asset, start FROM asset_total ORDER BY start LIMIT 1)", "what lies below adds up to"),
            ("DELETE FROM journal_block WHERE (partition, start) IN (SELECT partition, start FROM journal_block WHERE start > 0 ORDER BY start LIMIT 1)", "no block at offset"),
            ("UPDATE journal_block SET frames = substr(frames, 1, length(frames) - 1) WHERE (partition, start) IN (SELECT partition, start FROM journal_block ORDER BY partition, start LIMIT 1)", "is damaged"),
            ("DELETE FROM ledger_line WHERE (partition, source) IN (SELECT partition, source FROM ledger_line LIMIT 1)", "its account says 0"),
            ("UPDATE partition_facts SET applied = applied - 1 WHERE partition = 0", "where no block ends"),
        ])
        {
            await using (var command = database.CreateCommand(change)) Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
            var said = await VerifyCommands.RunAsync(1, "--database", database.ConnectionString, "--hash");
            Assert.Contains(found, said, StringComparison.Ordinal);
            Assert.DoesNotContain("stored   ", said, StringComparison.Ordinal);
        }
    }

    private static async Task<string> OfAsync(string program, params string[] where)
    {
        var (code, said) = await TwinProcess.RunAsync(TwinProcess.In(program, program + ".dll"), ["verify", "--hash", .. where]);
        Assert.True(code == 0, said);
        Assert.DoesNotContain("not folded yet", said, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine($"{program} verify --hash\n{said.Trim()}");
        return said.Split('\n').Single(line => line.StartsWith("stored   ", StringComparison.Ordinal))["stored   ".Length..].Trim();
    }
}
