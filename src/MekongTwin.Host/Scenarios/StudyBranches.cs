using System.Collections.Concurrent;
using System.Threading.Channels;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Scenarios;

namespace MekongTwin.Host.Scenarios;

/// <summary>What studies branch the cities from: one <see cref="StudyBases"/> a city with a network, whose book is filled in the background. Thread-safe.</summary>
/// <param name="now">Folders and model as they are.</param>
/// <param name="twins">The living city.</param>
/// <param name="queries">Its stored windows.</param>
/// <param name="clock">The instant.</param>
internal sealed class StudyBranches(Func<(ReadFolders Read, Model Model)> now, ITwins twins, ITwinQueries queries, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Channel<WindowBook> _unfilled = Channel.CreateUnbounded<WindowBook>();
    private readonly ConcurrentDictionary<string, Branch> _branches = new(StringComparer.Ordinal);

    /// <summary>Fills the books of all cities, and of those that are made meanwhile, one after the other.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            foreach (var network in now().Read.Networks) Of(network.City);
            await foreach (var book in _unfilled.Reader.ReadAllAsync(ct)) await TryFillAsync(book, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The server ends.
        }
    }

    /// <summary>Windows that were just committed.</summary>
    public void Put(IReadOnlyCollection<PointWindow> windows)
    {
        foreach (var branch in _branches.Values) branch.Book.Put(windows);
    }

    /// <summary>A city as it is, or was, at an instant.</summary>
    /// <exception cref="InputException">It has no network.</exception>
    public Task<StudyBase> BranchAsync(string city, DateTimeOffset at, CancellationToken ct) => Of(city).Bases.BranchAsync(twins, queries, at, ct);

    /// <summary>Folders that were read again, or points that were added, make another one.</summary>
    private Branch Of(string city)
    {
        lock (_gate)
        {
            var (read, model) = now();
            if (_branches.TryGetValue(city, out var known) && known.Read == read && known.Points == model.Points.Length) return known;
            var bases = StudyBases.Of(city, read.Model, model, read.Networks);
            var book = bases.KeepBook(Instant.From(clock.GetUtcNow()));
            _unfilled.Writer.TryWrite(book);
            return _branches[city] = new(read, model.Points.Length, bases, book);
        }
    }

    /// <summary>A book that cannot be filled is none: studies read what is stored.</summary>
    private async Task TryFillAsync(WindowBook book, CancellationToken ct)
    {
        try
        {
            await book.FillAsync(queries, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next one that is made is tried again.
        }
    }

    private sealed record Branch(ReadFolders Read, int Points, StudyBases Bases, WindowBook Book);
}
