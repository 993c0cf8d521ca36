using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Npgsql;

namespace MekongTwin.Silo.Tests;

/// <summary>The end of a partition's journal, without the grain that owns it.</summary>
public sealed class PartitionJournals(Postgres postgres) : IAsyncLifetime
{
    /// <summary>Doors that are remembered.</summary>
    private const int DoorsMax = 256;

    private NpgsqlDataSource _database = null!;
    private Region _region = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(_database, Ct);
        _region = new("region", 1, _database, TimeProvider.System);
        await _region.StartAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_region is not null) await _region.DisposeAsync();
        if (_database is not null) await _database.DisposeAsync();
    }

    private static WireAppend Append(long door, long sequence, int bytes = 100) => new() { Door = door, Sequence = sequence, Frames = RegionUnderTest.FrameOf(new Domain.Readings.Reading[bytes / Domain.Readings.Reading.Size], source: 1) };

    /// <summary>A journal that writes, for as long as it is used.</summary>
    private static async Task UseAsync(PartitionJournal journal, Func<Task> use)
    {
        using var stop = new CancellationTokenSource();
        var writing = journal.RunAsync(stop.Token);
        await use();
        await stop.CancelAsync();
        journal.Wake();
        await writing;
    }

    [Fact]
    public async Task TheDoorsThatWroteLastAreRememberedHoweverOldTheyAre()
    {
        var state = await _region.Journal.TakeOverAsync(0, Ct);
        var journal = new PartitionJournal(0, _region, state);
        await UseAsync(journal, async () =>
        {
            await Task.WhenAll(Enumerable.Range(2, DoorsMax - 1).Select(door => journal.AppendAsync(Append(door, 1), Ct)));
            await journal.AppendAsync(Append(door: 1, 1), Ct);
        });
        // Whoever takes it over knows of the doors what is stored of them; then another silo starts.
        state = await _region.Journal.TakeOverAsync(0, Ct);
        var next = new PartitionJournal(0, _region, state with { Applied = state.Journalled, Doors = journal.Doors });
        await next.LoadAsync([], Ct);
        await UseAsync(next, async () =>
        {
            await next.AppendAsync(Append(DoorsMax + 1, 1), Ct);
            var end = next.End;
            await next.AppendAsync(Append(door: 1, 1), Ct);
            Assert.Equal(end, next.End);
            // The one that was silent for longest had to go.
            await next.AppendAsync(Append(door: 2, 1), Ct);
            Assert.True(next.End > end);
        });
    }

    [Fact]
    public async Task AnAppendThatIsWaitedForNoLongerIsWrittenOnceAllTheSame()
    {
        var journal = new PartitionJournal(0, _region, await _region.Journal.TakeOverAsync(0, Ct));
        using var patience = new CancellationTokenSource();
        var given = journal.AppendAsync(Append(door: 7, 1), patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await UseAsync(journal, () => journal.AppendAsync(Append(door: 7, 1), Ct));
        Assert.Equal(journal.End, (await _region.Journal.ReadAsync(0, 0, int.MaxValue, Ct)).Sum(block => (long)block.Frames.Length));
        Assert.Equal(4, journal.Received[1]);
    }

    [Fact]
    public async Task WhatAnEarlierActivationDidNotFoldTakesRoomUntilItIsFolded()
    {
        var first = new PartitionJournal(0, _region, await _region.Journal.TakeOverAsync(0, Ct));
        await UseAsync(first, () => first.AppendAsync(Append(door: 7, 1, bytes: 9 << 20), Ct));
        var state = await _region.Journal.TakeOverAsync(0, Ct);
        var next = new PartitionJournal(0, _region, state);
        await next.LoadAsync([], Ct);
        await UseAsync(next, async () =>
        {
            var waiting = next.AppendAsync(Append(door: 7, 2), Ct);
            Assert.False(waiting.IsCompleted);
            Assert.Equal(state.Journalled, next.End);
            next.Folded(state.Journalled);
            await waiting;
            Assert.True(next.End > state.Journalled);
        });
    }

    [Fact]
    public async Task WhoWaitsForRoomIsToldWhenItEnds()
    {
        var journal = new PartitionJournal(0, _region, await _region.Journal.TakeOverAsync(0, Ct));
        Task waiting = Task.CompletedTask;
        await UseAsync(journal, async () =>
        {
            await journal.AppendAsync(Append(door: 7, 1, bytes: 9 << 20), Ct);
            waiting = journal.AppendAsync(Append(door: 7, 2), Ct);
            Assert.False(waiting.IsCompleted);
        });
        await Assert.ThrowsAsync<NotTheWriterException>(() => waiting);
        await Assert.ThrowsAsync<NotTheWriterException>(() => journal.AppendAsync(Append(door: 8, 1), Ct));
        // What is durable is so also for whoever asks late.
        await journal.AppendAsync(Append(door: 7, 1), Ct);
    }
}
