using System.Collections.Concurrent;
using MekongTwin.Api;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Grid;

/// <summary>
/// The completed states of all cities whose folders describe a network: each made once a minute of the city's clock, and at most
/// once a second, from a snapshot at the clock's instant.
/// </summary>
internal sealed class GridStates
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly ITwins twins;
    private readonly TimeProvider clock;
    private readonly Dictionary<string, GridState> states = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, EstimateHistory> histories = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim gate = new(1, 1);
    private volatile (string City, CityGridState Grid)[] grids = [];

    /// <param name="read">The model that the networks' numbers are of.</param>
    /// <param name="model">The model that the twins' numbers are of.</param>
    /// <param name="networks">One of each city that has one.</param>
    /// <param name="twins">Where readings come from.</param>
    /// <param name="clock">The cities' clock.</param>
    public GridStates(Model read, Model model, IReadOnlyList<Network> networks, ITwins twins, TimeProvider clock)
    {
        (this.twins, this.clock) = (twins, clock);
        Follow(read, model, networks);
    }

    /// <summary>Goes by other networks from the next state on.</summary>
    public void Follow(Model read, Model model, IReadOnlyList<Network> networks) =>
        grids = [.. networks.Select(network => (network.City, new CityGridState(read, model, network)))];

    /// <summary>Why the last one could not be made; null when it was.</summary>
    public string? Fault { get; private set; }

    public GridState? Find(string city)
    {
        lock (states) return states.GetValueOrDefault(city);
    }

    /// <summary>What was estimated of an asset over the last day.</summary>
    public IReadOnlyList<PastEstimate> FindPast(string city, int asset, string metric) => histories.TryGetValue(city, out var history) ? history.Find(asset, metric) : [];

    /// <summary>Completes every city's state now.</summary>
    public async Task CompleteAsync(CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            foreach (var (city, grid) in grids)
            {
                var at = clock.GetUtcNow();
                var state = grid.Complete(await twins.SnapshotAsync(city, at, ct), at);
                histories.GetOrAdd(city, static _ => new()).Add(state);
                lock (states) states[city] = state;
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Completes them whenever a minute has begun. What fails is said on the health page and tried again in the next minute.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(LookEvery, clock);
        var last = long.MinValue;
        try
        {
            do
            {
                var minute = Instant.From(clock.GetUtcNow()) / Instant.Minute;
                if (minute == last) continue;
                last = minute;
                Fault = await TryCompleteAsync(ct);
            }
            while (await timer.WaitForNextTickAsync(ct));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The program ends.
        }
    }

    private async Task<string?> TryCompleteAsync(CancellationToken ct)
    {
        try
        {
            await CompleteAsync(ct);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return $"The grid's state could not be completed: {e.Message}";
        }
    }
}
