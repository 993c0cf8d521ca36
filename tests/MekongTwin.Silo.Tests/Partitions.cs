using MekongTwin.Host.Cities;
using MekongTwin.Silo.Commands;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>The journal's partitions in a real PostgreSQL.</summary>
public sealed class Partitions(Postgres postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static byte[] Frames(int bytes) => [.. Enumerable.Range(0, bytes).Select(i => (byte)i)];

    private async Task<(NpgsqlDataSource Database, PartitionTable Table)> OpenAsync()
    {
        var database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(database, Ct);
        return (database, new(database));
    }

    [Fact]
    public async Task TheSchemaIsAppliedOnceHoweverManyBegin()
    {
        await using var database = await postgres.MakeDatabaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Schema.ApplyAsync(database, Ct)));
        await using var count = database.CreateCommand("SELECT count(*) = max(version) FROM schema_version");
        Assert.Equal(true, await count.ExecuteScalarAsync(Ct));
    }

    [Fact]
    public async Task ANewerSchemaIsRefused()
    {
        var (database, _) = await OpenAsync();
        await using var _1 = database;
        await using (var newer = database.CreateCommand("INSERT INTO schema_version (version) VALUES (999)")) await newer.ExecuteNonQueryAsync(Ct);
        var refused = await Assert.ThrowsAsync<InputException>(() => Schema.ApplyAsync(database, Ct));
        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BlocksAreReadBackInOrderFromAnyOffset()
    {
        var (database, table) = await OpenAsync();
        await using var _ = database;
        var state = await table.TakeOverAsync(3, Ct);
        Assert.Equal((1, 0, 0, 0), (state.Epoch, state.Journalled, state.Applied, state.Revision));
        long end = 0;
        for (var i = 1; i <= 20; i++)
        {
            Assert.Empty(await table.WriteAsync([new(3, state.Epoch, end, Frames(i))], Ct));
            end += i;
        }
        Assert.Equal(Enumerable.Range(1, 20), (await table.ReadAsync(3, 0, int.MaxValue, Ct)).Select(block => block.Frames.Length));
        Assert.Equal([20], (await table.ReadAsync(3, end - 20, int.MaxValue, Ct)).Select(block => block.Frames.Length));
        Assert.Equal([1, 2], (await table.ReadAsync(3, 0, 2, Ct)).Select(block => block.Frames.Length));
        Assert.Empty(await table.ReadAsync(4, 0, 1, Ct));
        Assert.Equal(end, (await table.TakeOverAsync(3, Ct)).Journalled);
    }

    [Fact]
    public async Task AWriterThatIsCutOffInTheMiddleOfATransactionHoldsNobodyUpForLong()
    {
        var (database, table) = await OpenAsync();
        await using var _ = database;
        var before = await table.TakeOverAsync(3, Ct);
        // Opened as a silo opens it; then nothing more is heard of it.
        await using var silo = DatabaseOption.Parse(database.ConnectionString);
        var cut = await silo.OpenConnectionAsync(Ct);
        await using (var hold = new NpgsqlCommand("BEGIN; SELECT epoch FROM journal_partition FOR UPDATE", cut)) await hold.ExecuteNonQueryAsync(Ct);
        Assert.Equal(before.Epoch + 1, (await table.TakeOverAsync(3, Ct).WaitAsync(TimeSpan.FromSeconds(20), Ct)).Epoch);
    }

    [Fact]
    public async Task WhoWasTheWriterBeforeWritesNothingMore()
    {
        var (database, table) = await OpenAsync();
        await using var _ = database;
        var (one, two, other) = (await table.TakeOverAsync(1, Ct), await table.TakeOverAsync(1, Ct), await table.TakeOverAsync(2, Ct));
        Assert.True(two.Epoch > one.Epoch);
        // Nor does it take another partition's blocks with it: they are written once it has gone from the group.
        Assert.Equal([1], await table.WriteAsync([new(1, one.Epoch, 0, Frames(5)), new(2, other.Epoch, 0, Frames(5))], Ct));
        Assert.Empty(await table.ReadAsync(1, 0, 1, Ct));
        Assert.Empty(await table.ReadAsync(2, 0, 1, Ct));
        Assert.Empty(await table.WriteAsync([new(1, two.Epoch, 0, Frames(5)), new(2, other.Epoch, 0, Frames(5))], Ct));
    }

    [Fact]
    public async Task ABlockThatDoesNotFollowIsRefused()
    {
        var (database, table) = await OpenAsync();
        await using var _ = database;
        var state = await table.TakeOverAsync(1, Ct);
        Assert.Equal([1], await table.WriteAsync([new(1, state.Epoch, 7, Frames(5))], Ct));
        Assert.Empty(await table.WriteAsync([new(1, state.Epoch, 0, Frames(5))], Ct));
        Assert.Equal([1], await table.WriteAsync([new(1, state.Epoch, 0, Frames(5))], Ct));
    }
}
