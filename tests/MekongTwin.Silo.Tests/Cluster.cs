using System.Runtime.InteropServices;
using MekongTwin.Contracts;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Silo.Grains;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace MekongTwin.Silo.Tests;

/// <summary>Silos in this process, for many tests. Each test has a region of its own on them, in a database of its own.</summary>
public class Cluster(Postgres postgres) : IAsyncLifetime
{
    protected virtual short SiloCount => 2;

    public TestCluster Silos { get; private set; } = null!;

    /// <summary>Who calls: a client of all silos.</summary>
    internal virtual IGrainFactory Grains => Silos.GrainFactory;

    public async ValueTask InitializeAsync()
    {
        if (!postgres.Runs) return;
        var builder = new TestClusterBuilder(SiloCount);
        builder.AddSiloBuilderConfigurator<Services>();
        Configure(builder);
        Silos = builder.Build();
        await Silos.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Silos is not null) await Silos.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual void Configure(TestClusterBuilder builder)
    {
        // As it is.
    }

    /// <summary>A region with nothing in it, known to every silo.</summary>
    internal async Task<RegionUnderTest> OpenAsync(Model model, int partitions)
    {
        var database = await postgres.MakeDatabaseAsync();
        await Schema.ApplyAsync(database, CancellationToken.None);
        await new ModelTable(database).ChangeAsync(_ => model, CancellationToken.None);
        return await OpenAsync(database, model, partitions);
    }

    /// <summary>A region over what a database holds.</summary>
    internal async Task<RegionUnderTest> OpenAsync(NpgsqlDataSource database, Model model, int partitions)
    {
        var region = new RegionUnderTest(this, database, model, partitions);
        await region.StartAsync();
        return region;
    }

    /// <summary>Calls to which assets, by key, get no answer.</summary>
    internal static Func<string, bool>? Fault { get; set; }

    /// <summary>Calls to which assets, by key, are carried out, and their answer is lost with a silo that it came through.</summary>
    internal static Func<string, bool>? Loss { get; set; }

    internal IEnumerable<Regions> Regions => Silos.Silos.Cast<InProcessSiloHandle>().Select(silo => silo.ServiceProvider.GetRequiredService<Regions>());

    private sealed class Services : ISiloConfigurator
    {
        public void Configure(ISiloBuilder silo)
        {
            silo.Services.AddSingleton<Regions>();
            silo.AddPlacementDirector<HomePlacement, HomeDirector>();
            silo.AddIncomingGrainCallFilter(async context =>
            {
                var (isFold, key) = (context.ImplementationMethod.Name == nameof(IAssetGrain.FoldAsync), context.TargetId.Key.ToString()!);
                if (isFold && Fault?.Invoke(key) == true) throw new TimeoutException("An asset that does not answer, for a test.");
                await context.Invoke();
                if (isFold && Loss?.Invoke(key) == true) throw new SiloUnavailableException("An answer that is lost, for a test.");
            });
        }
    }
}

/// <summary>One region on all silos of a cluster, over its own database.</summary>
internal sealed class RegionUnderTest(Cluster cluster, NpgsqlDataSource database, Model model, int partitions) : IAsyncDisposable
{
    private readonly string _name = Guid.NewGuid().ToString("N");
    private readonly List<(Regions Owner, Region Region)> _regions = [];
    private int? _broken;

    public OrleansTwins Twins { get; private set; } = null!;

    public string Name => _name;

    public PartitionMap Map { get; } = new(model, partitions);

    public NpgsqlDataSource Database => database;

    /// <summary>Why partitions do not get on, on any silo.</summary>
    public IEnumerable<string> Faults => _regions.SelectMany(served => served.Region.Faults);

    public int? BrokenPoint
    {
        get => _broken;
        set => _broken = value;
    }

    public async Task StartAsync()
    {
        foreach (var owner in cluster.Regions) await JoinAsync(owner);
        Twins = new(cluster.Grains, _regions[0].Region);
        await Twins.StartAsync();
    }

    /// <summary>A silo serves the region too.</summary>
    public async Task JoinAsync(Regions owner)
    {
        var region = new Region(_name, partitions, database, TimeProvider.System) { IsBroken = point => point == _broken };
        await region.StartAsync(CancellationToken.None);
        owner.Add(region);
        _regions.Add((owner, region));
    }

    /// <summary>Which of the silos that joined has a partition, in their order; -1 while none has.</summary>
    public int HolderOf(int partition) => Twins.Statuses[partition] is { } status ? _regions.FindIndex(served => served.Region.Find(partition, status.Epoch) is not null) : -1;

    /// <summary>Sends an append until it is durable, as a door does.</summary>
    public async Task SendAsync(int partition, WireAppend append)
    {
        while (true)
        {
            try
            {
                await Twins.Partition(partition).AppendAsync(append).WaitAsync(TestContext.Current.CancellationToken);
                return;
            }
            catch (Exception e) when (e is NotTheWriterException or SiloUnavailableException or OrleansMessageRejectionException or TimeoutException or InvalidDataException)
            {
                // It moves, or its silo died; the next one takes it.
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    /// <summary>Readings as a door sends them to one partition.</summary>
    public static byte[] FrameOf(ReadOnlySpan<Reading> readings, int source)
    {
        var body = new byte[ReadingsFrame.BodyHeaderSize + readings.Length * Reading.Size];
        ReadingsFrame.WriteBodyHeader(body, source, readings.Length, 1, 0);
        MemoryMarshal.AsBytes(readings).CopyTo(body.AsSpan(ReadingsFrame.BodyHeaderSize));
        return Frame.Make(FrameKind.Readings, body);
    }

    /// <summary>Folds and commits everything.</summary>
    public Task SettleAsync() => Task.WhenAll(Enumerable.Range(0, partitions).Select(partition => Twins.Partition(partition).SettleAsync()));

    /// <summary>Ends every activation; the next call makes another one of what is stored.</summary>
    public async Task LeaveAsync()
    {
        var before = Twins.Statuses.Select(status => status!.Epoch).ToArray();
        for (var partition = 0; partition < partitions; partition++)
        {
            await Twins.Partition(partition).LeaveAsync();
            while ((await Twins.Partition(partition).BeatAsync(null)).Epoch == before[partition]) await Task.Yield();
        }
    }

    public async Task<Facts> ReadFactsAsync()
    {
        await SettleAsync();
        return await ReadFactsAsync(database);
    }

    /// <summary>What a database holds.</summary>
    public static async Task<Facts> ReadFactsAsync(NpgsqlDataSource database)
    {
        var facts = new StoredFacts(database);
        return new(await facts.ReadLatestAsync(CancellationToken.None), await ToListAsync(facts.AllPointWindowsAsync(CancellationToken.None)), await ToListAsync(facts.AllAssetWindowsAsync(CancellationToken.None)));
    }

    /// <summary>The region's accounts added up.</summary>
    public async Task<LedgerLine> ReadLedgerAsync()
    {
        var line = new LedgerLine();
        for (var partition = 0; partition < partitions; partition++)
        {
            foreach (var body in (await Twins.Partition(partition).LedgerAsync()).Lines) FactsCodec.AddTo(line, body);
        }
        return line;
    }

    public async ValueTask DisposeAsync()
    {
        await Twins.DisposeAsync();
        await Task.WhenAll(Enumerable.Range(0, partitions).Select(partition => Twins.Partition(partition).LeaveAsync()));
        await CloseAsync();
    }

    /// <summary>Nobody says good-bye: the silos are gone already.</summary>
    public async Task AbandonAsync()
    {
        await Twins.DisposeAsync();
        await CloseAsync();
    }

    private async Task CloseAsync()
    {
        foreach (var (owner, region) in _regions)
        {
            owner.Remove(region.Name);
            await region.DisposeAsync();
        }
        await database.DisposeAsync();
    }

    private static async Task<List<T>> ToListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items) list.Add(item);
        return list;
    }
}
