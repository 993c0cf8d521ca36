using System.Collections.Concurrent;
using System.Diagnostics;
using MekongTwin.Domain.Assets;
using MekongTwin.Silo.Storage;
using Npgsql;

namespace MekongTwin.Silo.Twins;

/// <summary>
/// What a region's grains share on one silo: the database, the newest model, and the partitions that are open here. Thread-safe.
/// </summary>
internal sealed class Region(string name, int partitions, NpgsqlDataSource database, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>Longer than between two tries.</summary>
    private static readonly TimeSpan FaultHolds = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<int, Partition> _open = new();
    private readonly ConcurrentDictionary<int, (string Why, long At)> _faults = new();
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private PartitionMap _map = new(Model.Empty, partitions);
    private int _version;

    /// <summary>First part of its grains' keys.</summary>
    public string Name => name;

    /// <summary>Partitions of its journal; fixed for the life of a region.</summary>
    public int Partitions => partitions;

    public TimeProvider Clock => clock;

    public PartitionTable Journal { get; } = new(database);

    public FactsTable Facts { get; } = new(database);

    public QuarantineTable Quarantine { get; } = new(database);

    public RunTable Runs { get; } = new(database);

    public ModelTable Models { get; } = new(database);

    public SourceTable Sources { get; } = new(database);

    public Retry Retry { get; } = new(new PartitionTable(database).ForgetConnections);

    public Committer Committer { get; } = new(new(database));

    /// <summary>The newest model that this silo knows, and what follows from it.</summary>
    public PartitionMap Map => Volatile.Read(ref _map);

    public Model Model => Map.Model;

    /// <summary>Called with every newer model.</summary>
    public event Action<Model>? ModelChanged;

    /// <summary>Why partitions do not get on, on this silo: what was said lately, since who tries again says it again.</summary>
    public IReadOnlyCollection<string> Faults => [.. _faults.Values.Where(fault => Stopwatch.GetElapsedTime(fault.At) < FaultHolds).Select(fault => fault.Why)];

    /// <summary>Points whose readings cannot be read: for tests of what fails.</summary>
    internal Func<int, bool>? IsBroken { get; set; }

    public async Task StartAsync(CancellationToken ct)
    {
        await RefreshModelAsync(ct);
        await Committer.StartAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await Committer.StopAsync(CancellationToken.None);
        Committer.Dispose();
    }

    /// <summary>Takes over what other silos did to the model.</summary>
    public Task RefreshModelAsync(CancellationToken ct) => TakeOverAsync(async () =>
    {
        var newer = await Models.ReadNewerAsync(_version, ct);
        return (newer?.Version ?? 0, newer?.Model ?? Model, newer);
    }, ct);

    /// <summary>Changes the model for all silos; this one has it at once.</summary>
    public Task ChangeModelAsync(Func<Model, Model> change, CancellationToken ct) => TakeOverAsync(async () =>
    {
        var changed = await Models.ChangeAsync(change, ct);
        return (changed.Version, changed.Model, changed);
    }, ct);

    /// <summary>Brings this silo's city folders in (<see cref="ModelTable.BringAsync"/>).</summary>
    public Task<BroughtFolders> BringFoldersAsync(string content, string silo, bool evenOld, Func<Model, Model> merge, CancellationToken ct) => TakeOverAsync(async () =>
    {
        var brought = await Models.BringAsync(content, silo, evenOld, merge, ct);
        return (brought.Version, brought.After, brought);
    }, ct);

    public string AssetKey(int asset) => $"{name}|{Model.Assets[asset].Id.Path}";

    public string PartitionKey(int partition) => $"{name}|{partition}";

    public void Open(Partition partition) => _open[partition.Number] = partition;

    public void Close(Partition partition) => _open.TryRemove(new(partition.Number, partition));

    /// <summary>The partition of this activation, if it is open on this silo.</summary>
    public Partition? Find(int partition, long epoch) => _open.TryGetValue(partition, out var open) && open.Epoch == epoch ? open : null;

    /// <summary>The journal of a partition that is open on this silo, else null.</summary>
    public PartitionJournal? JournalOf(int partition) => _open.TryGetValue(partition, out var open) ? open.Journal : null;

    public void SetFault(int partition, string? fault)
    {
        if (fault is null) _faults.TryRemove(partition, out _);
        else _faults[partition] = (fault, Stopwatch.GetTimestamp());
    }

    /// <summary>One look at the stored model at a time; a newer one is taken over.</summary>
    private async Task<T> TakeOverAsync<T>(Func<Task<(int Version, Model Model, T Result)>> look, CancellationToken ct)
    {
        await _refreshing.WaitAsync(ct);
        try
        {
            var (version, model, result) = await look();
            if (version > _version) SetModel(version, model);
            return result;
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private void SetModel(int version, Model model)
    {
        Volatile.Write(ref _map, new(model, partitions));
        _version = version;
        ModelChanged?.Invoke(model);
    }
}

/// <summary>What a partition's activation and its asset grains share: they live on one silo.</summary>
internal sealed class Partition(int number, Region region, PartitionState state)
{
    private TurnAnswers _turn = new(0);

    public int Number => number;

    /// <summary>Of this activation: whoever had the partition before has a lower one.</summary>
    public long Epoch => state.Epoch;

    public PartitionJournal Journal { get; } = new(number, region, state);

    public PartitionFacts Facts { get; } = new(() => region.Map);

    public PartitionReadings Readings { get; } = new(number, () => region.Map) { IsBroken = region.IsBroken };

    /// <summary>
    /// The turn under way. An asset's share of it is folded once, however often it is asked: a call may have been carried out
    /// though its caller was told that a silo it came through is gone.
    /// </summary>
    public TurnAnswers Turn
    {
        get => Volatile.Read(ref _turn);
        set => Volatile.Write(ref _turn, value);
    }

    /// <summary>True when something of an asset's past is to be fetched before it can go on.</summary>
    public bool Wants(int asset) => Readings.Wants(asset) || Facts.Wants(asset);

    /// <summary>Fetches it.</summary>
    public async Task FetchAsync(int asset, CancellationToken ct)
    {
        if (Readings.TakeWanted(asset) is ({ Count: > 0 } ranges, var drops)) Readings.Fetched(ranges, await region.Runs.ReadAsync(number, ranges, ct), drops);
        if (Facts.TryTakeWanted(asset, out var fromUs, out var trims)) Facts.Load(asset, fromUs, await region.Facts.ReadWindowsFromAsync(asset, fromUs, ct), trims);
    }
}

/// <summary>The regions a silo serves, by name.</summary>
internal sealed class Regions
{
    private readonly ConcurrentDictionary<string, Region> _byName = new(StringComparer.Ordinal);

    public void Add(Region region) => _byName[region.Name] = region;

    public void Remove(string name) => _byName.TryRemove(name, out _);

    /// <summary>Takes a grain's key apart.</summary>
    public (Region Region, string Within) Resolve(string key)
    {
        var bar = key.IndexOf('|', StringComparison.Ordinal);
        return _byName.TryGetValue(key[..bar], out var region) ? (region, key[(bar + 1)..])
            : throw new InvalidOperationException($"This silo does not serve region '{key[..bar]}'.");
    }
}
