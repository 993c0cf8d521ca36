using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>A silo's commits to a real PostgreSQL.</summary>
public sealed class Commits : IAsyncLifetime
{
    // A server of its own: it is killed.
    private readonly Postgres _postgres = new();
    private NpgsqlDataSource _database = null!;
    private PartitionTable _table = null!;
    private Committer _committer = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _database = await _postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(_database, Ct);
        _table = new(_database);
        _committer = new(_table);
        await _committer.StartAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_committer is not null)
        {
            await _committer.StopAsync(CancellationToken.None);
            _committer.Dispose();
        }
        if (_database is not null) await _database.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    private async Task<long> AppendAsync(int partition, long epoch, int blocks)
    {
        long end = 0;
        var waiting = new List<Task>();
        for (var i = 1; i <= blocks; i++)
        {
            waiting.Add(_committer.CommitAsync(new(partition, epoch, end, new byte[i]), Ct));
            end += i;
        }
        await Task.WhenAll(waiting);
        return end;
    }

    [Fact]
    public async Task ManyPartitionsAppendAtOnceAndKeepTheirOrder()
    {
        var ends = await Task.WhenAll(Enumerable.Range(0, 16).Select(async partition => await AppendAsync(partition, (await _table.TakeOverAsync(partition, Ct)).Epoch, 50)));
        for (var partition = 0; partition < ends.Length; partition++)
        {
            Assert.Equal(Enumerable.Range(1, 50), (await _table.ReadAsync(partition, 0, int.MaxValue, Ct)).Select(block => block.Frames.Length));
            Assert.Equal(ends[partition], (await _table.TakeOverAsync(partition, Ct)).Journalled);
        }
    }

    [Fact]
    public async Task WhoWasTheWriterIsToldAndTheOthersGoOn()
    {
        var (old, other) = (await _table.TakeOverAsync(1, Ct), await _table.TakeOverAsync(2, Ct));
        var newer = await _table.TakeOverAsync(1, Ct);
        var lost = AppendAsync(1, old.Epoch, 3);
        await AppendAsync(2, other.Epoch, 3);
        await Assert.ThrowsAsync<NotTheWriterException>(() => lost);
        await AppendAsync(1, newer.Epoch, 3);
        Assert.Equal([1, 2, 3], (await _table.ReadAsync(1, 0, int.MaxValue, Ct)).Select(block => block.Frames.Length));
    }

    [Fact]
    public async Task ADatabaseThatWasReadOnlyForAWhileIsWrittenAgain()
    {
        var state = await _table.TakeOverAsync(1, Ct);
        await SetReadOnlyAsync("SET default_transaction_read_only = on");
        var waiting = _committer.CommitAsync(new(1, state.Epoch, 0, new byte[10]), Ct);
        while (_committer.Fault is null) await Task.Delay(10, Ct);
        await SetReadOnlyAsync("RESET default_transaction_read_only");
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Ct);
    }

    /// <summary>Sessions keep what they began with; those that were there are ended.</summary>
    private async Task SetReadOnlyAsync(string change)
    {
        var name = new NpgsqlConnectionStringBuilder(_database.ConnectionString).Database!;
        await using var server = NpgsqlDataSource.Create(_postgres.Connection("postgres"));
        foreach (var command in (string[])[$"ALTER DATABASE {name} {change}", .. change.StartsWith("SET", StringComparison.Ordinal) ? [$"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"] : Array.Empty<string>()])
        {
            await using var run = server.CreateCommand(command);
            await run.ExecuteNonQueryAsync(Ct);
        }
    }

    [Fact]
    public async Task ABlockThatTheServerRefusesDoesNotHoldUpTheOthers()
    {
        await using (var refuse = _database.CreateCommand("ALTER TABLE journal_block ADD CHECK (partition <> 1)")) await refuse.ExecuteNonQueryAsync(Ct);
        var (one, two) = (await _table.TakeOverAsync(1, Ct), await _table.TakeOverAsync(2, Ct));
        var refused = AppendAsync(1, one.Epoch, 1);
        await AppendAsync(2, two.Epoch, 3);
        var why = await Assert.ThrowsAsync<InvalidOperationException>(() => refused);
        Assert.Contains("refuses a block of partition 1", why.Message, StringComparison.Ordinal);
        Assert.Null(_committer.Fault);
    }

    [Fact]
    public async Task FactsOfWhichNobodyKnowsWhatBecameAreGivenAgainAndCountOnce()
    {
        var facts = new FactsTable(_database);
        var state = await _table.TakeOverAsync(1, Ct);
        var change = new FactsChange { Partition = 1, Epoch = state.Epoch, Revision = 0, Applied = 0, Doors = [] };
        change.Totals.Add(new(2, 0, new Contribution { EnergyKwh = 5 }));
        change.Runs.AddRange(RunTable.Cut(100, [new(1, 1_000_000, 3, 0, Quality.Good, ReadingFlags.None)]));
        await facts.CommitAsync(change, Ct);
        await facts.CommitAsync(change, Ct);
        await using var read = _database.CreateCommand("SELECT sum(energy)::bigint, (SELECT count(*) FROM reading_run) FROM asset_total");
        await using var row = await read.ExecuteReaderAsync(Ct);
        Assert.True(await row.ReadAsync(Ct));
        Assert.Equal((5, 1), (row.GetInt64(0), row.GetInt64(1)));
    }

    [Fact]
    public async Task FactsOfAWriterThatLostThePartitionAreRefusedWhateverTheyHold()
    {
        var facts = new FactsTable(_database);
        var (old, newer) = (await _table.TakeOverAsync(1, Ct), await _table.TakeOverAsync(1, Ct));
        var runs = RunTable.Cut(100, [new(1, 1_000_000, 3, 0, Quality.Good, ReadingFlags.None)]).ToList();
        var changes = new[] { newer, old }.Select(state => new FactsChange { Partition = 1, Epoch = state.Epoch, Revision = 0, Applied = 0, Doors = [] }).ToList();
        foreach (var change in changes) change.Runs.AddRange(runs);
        await facts.CommitAsync(changes[0], Ct);
        await Assert.ThrowsAsync<NotTheWriterException>(() => facts.CommitAsync(changes[1], Ct));
    }

    [Fact]
    public async Task WhileTheDatabaseIsAwayItWaitsAndGoesOnByItself()
    {
        var state = await _table.TakeOverAsync(1, Ct);
        await _committer.CommitAsync(new(1, state.Epoch, 0, new byte[10]), Ct);
        _postgres.Kill();
        var waiting = _committer.CommitAsync(new(1, state.Epoch, 10, new byte[20]), Ct);
        while (_committer.Fault is null) await Task.Yield();
        Assert.False(waiting.IsCompleted);
        _postgres.Start();
        await waiting;
        Assert.Null(_committer.Fault);
        Assert.Equal([10, 20], (await _table.ReadAsync(1, 0, int.MaxValue, Ct)).Select(block => block.Frames.Length));
    }
}
