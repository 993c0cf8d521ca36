using MekongTwin.Api;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Grid;
using MekongTwin.Host.Running;
using MekongTwin.Host.Scenarios;
using MekongTwin.Host.Twins;
using MekongTwin.Ingest;
using MekongTwin.Scenarios;
using MekongTwin.Silo.Doors;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Npgsql;

namespace MekongTwin.Silo.Running;

/// <summary>Everything between the doors of one silo: its share of the region, and the way to the rest of it.</summary>
internal sealed partial class SiloCore : ITwinCore
{
    /// <summary>How long a change by a person waits for its own effect; it takes place all the same.</summary>
    private static readonly TimeSpan VisibleWithin = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BranchAgainAfter = TimeSpan.FromSeconds(2);
    private const int BranchesMax = 15;

    /// <summary>How long the other silos may take to learn of a new mapping.</summary>
    private static TimeSpan KnownWithin => 2 * RefreshEvery;

    private readonly SiloOptions _options;
    private readonly NpgsqlDataSource _database;
    private readonly UserTable _users;
    private readonly Region _region;
    private readonly DoorJournal _journal;
    private readonly Regions _regions = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _mapping = new(1, 1);
    private readonly Model _read;
    private readonly IReadOnlyList<Network> _networks;
    private IReadOnlyList<CityMap> _maps = [];
    private IReadOnlyList<NameMapping> _folderNames = [];
    private IGrainFactory _grains = null!;
    private ISiloStatusOracle _silos = null!;
    private ILogger _log = null!;
    private SiloRoster _roster = null!;
    private OrleansTwins _twins = null!;
    private GridStates _grids = null!;
    private RegionStudies _studies = null!;
    private Task _refreshing = Task.CompletedTask;
    private Task _completing = Task.CompletedTask;

    private SiloCore(SiloOptions options, NpgsqlDataSource database, UserTable users, Region region, Model read, IReadOnlyList<Network> networks, TimeProvider clock, long door)
    {
        (_read, _networks) = (read, networks);
        _options = options;
        _database = database;
        _users = users;
        _region = region;
        Clock = clock;
        Facts = new(database);
        _journal = new(region, door);
        // Sources have numbers of the door's own here, and get those of the region on the way into the journal.
        Admissions = new(_journal, _journal, clock, region.Model, new Dictionary<int, string>(), new() { Retention = options.Serve.Retention });
        region.ModelChanged += Admissions.SetModel;
    }

    public ITwins Twins => _twins;

    public StoredFacts Facts { get; }

    public Admissions Admissions { get; }

    public ITwinQueries Queries { get; private set; } = null!;

    public Model Model => _region.Model;

    public TimeProvider Clock { get; }

    public bool Simulated { get; private init; }

    public IReadOnlyList<string> Warnings { get; private init; } = [];

    public MqttDoor? Mqtt { get; set; }

    public Func<StatusView> Doors { get; set; } = static () => throw new InvalidOperationException("No door is open.");

    public Func<BrokerView?> Broker { get; set; } = static () => null;

    public Func<IEnumerable<HealthCheck>> DoorHealth { get; set; } = static () => [];

    public long TwinFaults { get; private set; }

    public int SetAside => _faulted.Count;

    public JournalStatus Journal
    {
        get
        {
            var statuses = _twins.Statuses;
            return new(statuses.Sum(status => status?.Journalled ?? 0), statuses.Sum(status => status?.Applied ?? 0), _journal.PendingBytes, _journal.Durable, _journal.CommitP99Ms, _journal.Fault ?? _region.Committer.Fault);
        }
    }

    /// <summary>Brings the city folders into the model that the database holds. The database is the core's from here on.</summary>
    public static async Task<SiloCore> OpenAsync(SiloOptions options, NpgsqlDataSource database, UserTable users, TimeProvider clock, CancellationToken ct)
    {
        var warnings = new List<string>();
        var maps = new List<CityMap>();
        var networks = new List<Network>();
        var read = CityFolder.Read(options.Serve.Cities, warnings, networks, maps);
        try
        {
            var settings = new SettingTable(database);
            await StoredFormat.AgreeAsync(settings, ct);
            var simulated = await settings.SettleAsync("simulated", options.Serve.Simulate ? "on" : "off", ct) == "on";
            if (options.Serve.Simulate && !simulated) throw new InputException("The database holds readings of real devices; the simulator would mix its own with them. Give another database, or say --simulate off.");
            var partitions = int.Parse(await settings.SettleAsync("partitions", "64", ct), System.Globalization.CultureInfo.InvariantCulture);
            var region = new Region("region", partitions, database, clock);
            var brought = await region.BringFoldersAsync(CityFolder.HashOf(options.Serve.Cities), options.Name, options.TakeCities, before => Merge(before, read), ct);
            if (SayOf(brought) is { } warning) warnings.Add(warning);
            var door = await region.Journal.NextDoorAsync(ct);
            IReadOnlyList<NameMapping> folderNames = brought.Kept is null ? ModelMerge.NamesOf(region.Model, read) : [.. region.Model.Names.Where(name => name.FromFolder)];
            return new(options, database, users, region, read, networks, clock, door) { Simulated = simulated, Warnings = warnings, _maps = maps, _folderNames = folderNames };
        }
        catch (Exception e)
        {
            await database.DisposeAsync();
            if (e is InvalidDataException) throw new InputException(e.Message);
            throw;
        }
    }

    public void AddTo(WebApplicationBuilder builder)
    {
        SiloHosting.AddTo(builder, _options, _regions);
        builder.Services.AddSingleton<Func<Studies>>(MakeStudies);
        builder.Services.AddSingleton(services => new SiloRoster(TimeProvider.System, services.GetRequiredService<ILogger<SiloRoster>>()));
        builder.Services.AddHostedService(services => new RosterWatch(services.GetRequiredService<SiloRoster>(), new(_database, _options.Cluster), _options.Serve.Broker is not null, services.GetRequiredService<IClusterMembershipService>(),
            services.GetRequiredService<ILocalSiloDetails>(), services.GetRequiredService<IHostApplicationLifetime>(), services.GetRequiredService<ILogger<RosterWatch>>()));
        builder.Services.AddHostedService(services => new SiloWatch(_database, _options.Cluster, services.GetRequiredService<IClusterMembershipService>(), services.GetRequiredService<ILocalSiloDetails>(), TimeProvider.System, services.GetRequiredService<ILogger<SiloWatch>>()));
        builder.Services.AddHostedService(_ => new UserWatch(_users, TimeProvider.System));
    }

    public void MapTo(WebApplication app)
    {
        if (_options.Dashboard) SiloDashboard.MapTo(app);
    }

    public async Task BeginAsync(IServiceProvider services, CancellationToken ct)
    {
        await _region.StartAsync(ct);
        _regions.Add(_region);
        _grains = services.GetRequiredService<IGrainFactory>();
        _silos = services.GetRequiredService<ISiloStatusOracle>();
        _log = services.GetRequiredService<ILogger<SiloCore>>();
        _region.Committer.Logger = _log;
        _roster = services.GetRequiredService<SiloRoster>();
        _twins = new(_grains, _region);
        // Partitions that have left are not to be called back by a silo that goes.
        services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(_twins.StopBeating);
        Queries = new SiloQueries(_region, Facts, _twins);
        _studies = new(_grains, _region.Name, new StudyTable(_database, _region.Retry));
        _grids = new(_read, Model, _networks, _twins, Clock);
        _region.ModelChanged += model => _grids.Follow(_read, model, _networks);
    }

    public async Task OpenedAsync(CancellationToken ct)
    {
        await _twins.StartAsync();
        _journal.Start(_grains, _silos);
        await RefreshAsync(ct);
        _refreshing = KeepRefreshingAsync();
        _completing = Task.WhenAll(_grids.RunAsync(_stop.Token), KeepStudiesAwakeAsync());
    }

    /// <summary>Folds and commits what is journalled now, everywhere.</summary>
    public async Task SettleAsync(CancellationToken ct)
    {
        await _journal.FlushAsync(ct);
        await Task.WhenAll(Enumerable.Range(0, _region.Partitions).Select(partition => _twins.Partition(partition).SettleAsync())).WaitAsync(ct);
    }

    public DrawnMap? FindMap(string city) => _maps.FirstOrDefault(map => map.City == city)?.Drawn;

    public IStudies Studies => _studies;

    public GridState? ReadGrid(string city) => _grids.Find(city);

    public IReadOnlyList<PastEstimate> ReadEstimates(string city, int asset, string metric) => _grids.FindPast(city, asset, metric);

    public string SourceName(int number) => _region.Sources.NameOf(number);

    public StatusView ReadStatus() => Doors();

    public async ValueTask<IReadOnlySet<string>> QuarantineUnitsAsync(QuarantineGroup group, CancellationToken ct)
    {
        var units = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (partition, kind) in await LikeAsync(group, ct)) units.UnionWith(await _twins.Partition(partition).QuarantineUnitsAsync(kind).WaitAsync(ct));
        return units;
    }

    public Task<int> MapQuarantineAsync(QuarantineGroup group, Point point, CancellationToken ct) => ChangeAsync(async stop =>
    {
        await _region.ChangeModelAsync(model => model.WithNames([new NameMapping(NameMapping.OfRecord(group.Topic, group.Name), point.Number)]), stop);
        // Until the other silos know, they put more of it into quarantine: that is taken in too.
        await Task.Delay(KnownWithin, stop);
        var takenIn = 0;
        foreach (var (partition, kind) in await LikeAsync(group, stop)) takenIn += await _twins.Partition(partition).ReleaseAsync(kind, point.Number);
        return takenIn;
    }, ct);

    public Task DiscardQuarantineAsync(QuarantineGroup group, CancellationToken ct) => ChangeAsync(async stop =>
    {
        await _twins.Partition(group.Source % _region.Partitions).DiscardAsync(KindOf(group, group.Source, group.FirstOffset));
        return true;
    }, ct);

    public Task<bool> RemoveMappingAsync(string name, CancellationToken ct) => ChangeAsync(async stop =>
    {
        if (!Model.Names.Any(mapping => mapping.Name == name && !mapping.FromFolder)) return false;
        await _region.ChangeModelAsync(model => model.WithoutName(name).WithNames(_folderNames.Where(mapping => mapping.Name == name)), stop);
        return true;
    }, ct);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _refreshing;
        await _completing;
        await _journal.DisposeAsync();
        if (_twins is not null) await _twins.DisposeAsync();
        await _region.DisposeAsync();
        await _database.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>
    /// The region's studies, for the silo that their grain lives on. Two weeks of readings are fetched from the database when a study begins: it
    /// is checked against what the city's customers are assumed to take.
    /// </summary>
    private Studies MakeStudies() => new(new StudyTable(_database, _region.Retry), BranchAsync, () => Model, Clock, Math.Max(1, Environment.ProcessorCount / 2)) { CheckedOn = (city, at) => BasesOf(city).Assume(at) };

    /// <summary>A study waits for a database that is away and for partitions that move, so often; then it says what it waited for.</summary>
    private async Task<StudyBase> BranchAsync(string city, DateTimeOffset at, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await BasesOf(city).BranchAsync(_twins, Queries, at, ct);
            }
            catch (Exception e) when (tries < BranchesMax && (e is UnavailableException or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException || PostgresFault.Is(e)))
            {
                // Longer each time: what was asked may still be at it.
                await Task.Delay(tries * BranchAgainAfter, ct);
            }
        }
    }

    private StudyBases BasesOf(string city) => StudyBases.Of(city, _read, Model, _networks);

    /// <summary>What the folders say goes onto the model that is there, as long as what is folded holds under it.</summary>
    private static Model Merge(Model before, Model read)
    {
        var after = ModelMerge.Onto(before, read);
        return ModelLog.KeepsFacts(before, after) ? after
            : throw new InputException($"The city folders change what is folded already (a moved asset, another unit or hold time). In a cluster that is not possible yet ({ModelDifference.Describe(before, after)}): give the changed asset or point a new name, or start with a new database.");
    }

    /// <summary>What an operator should know of the city folders of this silo, or null.</summary>
    private static string? SayOf(BroughtFolders brought)
    {
        if (brought.Kept is { } kept) return $"The city folders of this silo are older ones: since {kept.At:yyyy-MM-ddTHH:mm:ssZ} the region goes by those that silo {kept.Silo} brought, and keeps to them. Give this silo the same, or bring these back with --take-cities on.";
        var changes = ModelDifference.Describe(brought.Before, brought.After);
        return brought.Before.Cities.Length == 0 || changes.Length == 0 ? null : $"The city folders of this silo change the whole region: {changes}. Give all silos the same folders.";
    }

    private async Task<List<(int Partition, WireQuarantineKind Kind)>> LikeAsync(QuarantineGroup group, CancellationToken ct)
    {
        // What is journalled and not folded may be of the kind too.
        await SettleAsync(ct);
        return [.. (await _region.Quarantine.FindLikeAsync(group, ct)).Select(like => (like.Partition, KindOf(group, like.Source, like.FirstOffset)))];
    }

    private static WireQuarantineKind KindOf(QuarantineGroup group, int source, long firstOffset) =>
        new() { Reason = group.Reason, Source = source, Topic = group.Topic, Name = group.Name, FirstOffset = firstOffset };

    /// <summary>One change by a person at a time; whoever looks next finds it done.</summary>
    private async Task<T> ChangeAsync<T>(Func<CancellationToken, Task<T>> change, CancellationToken ct)
    {
        await _mapping.WaitAsync(ct);
        // Once begun it is brought to its end, whether or not the caller waits for it.
        var stop = _stop.Token;
        try
        {
            var result = await change(stop);
            await Task.WhenAny(SettleAsync(stop), Task.Delay(VisibleWithin, stop));
            return result;
        }
        finally
        {
            _mapping.Release();
        }
    }
}
