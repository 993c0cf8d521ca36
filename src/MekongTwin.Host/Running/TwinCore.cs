using MekongTwin.Api;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Findings;
using MekongTwin.Domain.Journal;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Journal;
using MekongTwin.History.Store;
using MekongTwin.Host.Cities;
using MekongTwin.Host.Grid;
using MekongTwin.Host.Scenarios;
using MekongTwin.Host.Twins;
using MekongTwin.Ingest;
using MekongTwin.Scenarios;

namespace MekongTwin.Host.Running;

/// <summary>
/// Everything between the doors: journal, twins, projection, admission, for one data directory. It can be opened without
/// any door, by tests and by commands.
/// </summary>
internal sealed class TwinCore : ITwinCore
{
    /// <summary>How long a mapping waits for its own effect; it takes place all the same.</summary>
    private static readonly TimeSpan VisibleWithin = TimeSpan.FromSeconds(5);

    /// <summary>Bytes on the heap after the start from which on it is worth the time to give back what is garbage.</summary>
    private const long ReturnMemoryFrom = 256 << 20;

    private static readonly TimeSpan StallAfter = TimeSpan.FromSeconds(5);

    private readonly DataDirectory _data;
    private readonly TwinStore _store;
    private readonly TwinQueries _stored;
    private readonly ReadingIndex _index;
    private readonly Sealer _sealer;
    private readonly Ledger _ledger;
    private readonly JournalLog _journal;
    private readonly LocalQuarantineJournal _quarantined;
    private readonly Projector _projector;
    private readonly Studies _studies;
    private readonly StudyBranches _branches;
    private readonly IReadOnlyDictionary<int, long> _receivedBefore;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _mapping = new(1, 1);
    private Task _following = Task.CompletedTask;
    private Task _completing = Task.CompletedTask;
    private Task _studying = Task.CompletedTask;
    private Task _sealing = Task.CompletedTask;
    private Task _looking = Task.CompletedTask;
    private Model _model;
    private ReadFolders _read;

    /// <summary>What the folders map, also where a person's mapping wins.</summary>
    private IReadOnlyList<NameMapping> _folderNames;

    private TwinCore(DataDirectory data, JournalLog journal, TwinStore store, ReadingIndex index, ReadFolders read, Model model, JournalTail tail, TimeProvider clock, AdmissionOptions admission, ServeOptions options)
    {
        _data = data;
        _journal = journal;
        _quarantined = new(journal);
        _store = store;
        _index = index;
        _model = model;
        (_read, _folderNames) = (read, ModelMerge.NamesOf(model, read.Model));
        Clock = clock;
        _ledger = store.ReadLedger();
        LocalTwins = new LocalTwins(model, index, store, store.Applied, store.ReadLatest(), options.Workers);
        Folders = new FolderWatch(options.Cities, ct => TakeInAsync(options.Cities, ct), read.Stamp, TimeProvider.System);
        Grids = new GridStates(read.Model, model, read.Networks, LocalTwins, clock);
        _stored = new TwinQueries(data.Database);
        Queries = new StoredQueries(_stored, index);
        _branches = new(() => (_read, Model), LocalTwins, Queries, clock);
        store.WindowsCommitted += _branches.Put;
        _studies = new(new StudyDirectory(data.Studies), _branches.BranchAsync, () => Model, clock, Math.Max(1, Environment.ProcessorCount / 2));
        Arrivals = new(() => Model);
        _projector = new Projector(LocalTwins, store, index, _ledger, clock) { Arrivals = Arrivals };
        var files = new DiskFiles(data.Journal);
        _sealer = new Sealer(files, journal, index, () => store.Applied)
        {
            Retention = new(files, journal, new RetentionFold(_projector, LocalTwins, store, journal.Sealed), _stored, () => CityRetentions.Of(Model)),
        };
        var sources = store.ReadSources().Concat(tail.Sources).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Last().Value);
        Admissions = new Admissions(journal, new JournalCommits(journal), clock, model, sources, admission);
        _receivedBefore = _ledger.Snapshot().Select(pair => (pair.Key, pair.Value.Journalled))
            .Concat(tail.Journalled.Select(pair => (pair.Key, pair.Value)))
            .GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.Sum(pair => pair.Item2));
    }

    public LocalTwins LocalTwins { get; }

    public ITwins Twins => LocalTwins;

    /// <summary>The completed states of the cities' grids.</summary>
    public GridStates Grids { get; }

    public Admissions Admissions { get; }

    /// <summary>What is added to the city folders while they are served.</summary>
    public FolderWatch Folders { get; }

    /// <summary>How readings came in, before the start as far as the raw journal tells.</summary>
    public Arrivals Arrivals { get; }

    public ITwinQueries Queries { get; }

    public Model Model => Volatile.Read(ref _model);

    public TimeProvider Clock { get; }

    public bool Simulated { get; init; }

    public IReadOnlyList<string> Warnings => _read.Warnings;

    public LedgerPage Ledger => ReadLedger();

    public long TwinFaults => LocalTwins.Faults;

    public int SetAside => LocalTwins.Faulted.Count;

    public JournalStatus Journal => _journal.Status;

    public MqttDoor? Mqtt { get; set; }

    public Func<StatusView> Doors { get; set; } = static () => throw new InvalidOperationException("No door is open.");

    public Func<BrokerView?> Broker { get; set; } = static () => null;

    public Func<IEnumerable<HealthCheck>> DoorHealth { get; set; } = static () => [];

    public static async Task<TwinCore> OpenAsync(ServeOptions options, TimeProvider clock, CancellationToken ct)
    {
        var read = ReadFolders.From(options.Cities);
        var opened = new Stack<IDisposable>();
        T Keep<T>(T part)
            where T : IDisposable
        {
            opened.Push(part);
            return part;
        }
        try
        {
            var data = Keep(DataDirectory.Open(options.Data));
            var files = new DiskFiles(data.Journal);
            var journal = Keep(JournalLog.Open(files, new JournalOptions(), TwinQueries.ReadMark(data.Database)));
            data.Dedicate(options.Simulate, () => JournalTail.HasReadings(journal));
            var store = Keep(Projection.Open(data.Database, files, journal));
            var before = ReadModel(journal, store);
            var model = ModelMerge.Onto(before, read.Model);
            read = read with { Model = read.Model.SharedWith(model) };
            // Facts folded under another model do not hold: the journal is folded again.
            if (!ModelLog.KeepsFacts(before, model)) store.Restart(journal.Sealed);
            if (!ModelCodec.AreEqual(before, model)) await ModelLog.AppendAsync(journal, model, ct);
            journal.SetApplied(store.Applied);
            var tail = JournalTail.Scan(journal, store.Applied);
            var index = Keep(ReadingIndex.Open(files, store.Applied, history: journal.Sealed));
            var admission = new AdmissionOptions { Retention = options.Retention };
            var core = new TwinCore(data, journal, store, index, read, model, tail, clock, admission, options) { Simulated = options.Simulate };
            await core._studies.LoadAsync(ct);
            ReturnMemory();
            return core;
        }
        catch
        {
            // The last one opened first; the directory, whose lock lets another program in, last.
            while (opened.TryPop(out var part)) part.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reading the folders and the journal leaves several times what stays: given back before the doors open. Nothing that is served takes
    /// as much again, but for folders that are read anew.
    /// </summary>
    private static void ReturnMemory()
    {
        if (GC.GetTotalMemory(forceFullCollection: false) > ReturnMemoryFrom) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    private static Model ReadModel(JournalLog journal, TwinStore store)
    {
        if (JournalTail.Scan(journal, store.Applied).Model is { } newer) return ModelLog.Decode(newer);
        return store.Applied == 0 ? Model.Empty : ModelLog.Decode(ModelLog.ReadAt(journal, store.ModelOffset));
    }

    public void AddTo(WebApplicationBuilder builder)
    {
        // Nothing: it runs by itself.
    }

    public Task BeginAsync(IServiceProvider services, CancellationToken ct)
    {
        Start(services.GetRequiredService<ILogger<TwinCore>>());
        return Task.CompletedTask;
    }

    public Task OpenedAsync(CancellationToken ct)
    {
        _looking = Task.Run(() => Folders.RunAsync(_stop.Token), ct);
        return Task.CompletedTask;
    }

    /// <summary>Starts following the journal.</summary>
    public void Start(ILogger<TwinCore>? log = null)
    {
        if (log is not null) _projector.SetAside = new(log);
        Folders.Log = log;
        _projector.SetAside?.Look(LocalTwins.Faulted);
        _following = Task.Run(() => _projector.RunAsync(_journal, _stop.Token));
        _completing = Task.Run(() => Grids.RunAsync(_stop.Token));
        _studying = Task.WhenAll(Task.Run(() => _studies.RunAsync(_stop.Token)), Task.Run(() => _branches.RunAsync(_stop.Token)));
        _sealing = Task.Run(() => _sealer.RunAsync(_stop.Token));
    }

    public Task SettleAsync(CancellationToken ct) => _projector.Committed.WaitAsync(_journal.DurableOffset, ct);

    public DrawnMap? FindMap(string city) => _read.Maps.FirstOrDefault(map => map.City == city)?.Drawn;

    public string SourceName(int number) => _projector.SourceName(number);

    public StatusView ReadStatus() => Doors();

    public GridState? ReadGrid(string city) => Grids.Find(city);

    public IStudies Studies => _studies;

    public IReadOnlyList<PastEstimate> ReadEstimates(string city, int asset, string metric) => Grids.FindPast(city, asset, metric);

    public ValueTask<LedgerPage> ReadLedgerAsync(CancellationToken ct) => new(ReadLedger());

    public LedgerPage ReadLedger()
    {
        // Lines first: what is booked was received before.
        var lines = _ledger.Snapshot();
        var received = _receivedBefore.ToDictionary();
        foreach (var (source, count) in Admissions.Received) received[source] = received.GetValueOrDefault(source) + count;
        var zone = Model.Cities.Length > 0 ? Model.Cities[0].MakeCalendar().Zone : TimeZoneInfo.Utc;
        var sources = received.Keys.Union(lines.Keys).Order()
            .Select(source => LedgerText.Line(SourceName(source), received.GetValueOrDefault(source), lines.GetValueOrDefault(source) ?? new(), zone))
            .ToList();
        var total = LedgerText.Sum(sources);
        return new(total, sources.All(line => line.Pending >= 0), sources, _journal.UnappliedBytes, _journal.Status.CommitP99Ms, _projector.LagP99Ms)
        {
            Broker = Broker(),
            Faults = [.. ReadHealth().Where(check => !check.Healthy).Select(check => check.Detail ?? check.Name)],
        };
    }

    public IReadOnlyList<HealthCheck> ReadHealth()
    {
        var journal = _journal.Status;
        var stalled = _journal.UnappliedBytes > 0 && _projector.Idle > StallAfter;
        var damage = _journal.Sealed.Damage;
        return
        [
            new("journal", journal.Fault is null, journal.Fault),
            new("twins", _projector.Fault is null && !stalled, _projector.Fault ?? (stalled ? $"No progress for {_projector.Idle.TotalSeconds:0} s with {_journal.UnappliedBytes} bytes waiting." : null)),
            SetAsideHealth.Of(LocalTwins.Faulted),
            Folders.Health,
            new("grid", Grids.Fault is null, Grids.Fault) { Required = false },
            new("index", _index.Fault is null, _index.Fault) { Required = false },
            new("sealed", _sealer.Fault is null && damage.Count == 0, _sealer.Fault ?? DamageText(damage)) { Required = false },
            new("backlog", _journal.UnappliedBytes < 48 << 20, _journal.UnappliedBytes < 48 << 20 ? null : $"{_journal.UnappliedBytes} of {_journal.DurableOffset} bytes of the journal wait to be folded: figures are catching up. The doors slow down when 64 MiB of new readings wait."),
            .. DoorHealth(),
        ];
    }

    private static string? DamageText(SealDamage damage) => damage.Count == 0
        ? null
        : $"Sealed history is damaged in {damage.Count} {(damage.Count == 1 ? "place" : "places")}, first {damage.Named[0]}. Everything else is served. Run 'verify' for the extent; restore the files from a backup.";

    public async ValueTask<IReadOnlySet<string>> QuarantineUnitsAsync(QuarantineGroup group, CancellationToken ct)
    {
        var units = new HashSet<string>(StringComparer.Ordinal);
        foreach (var like in Like(group)) units.UnionWith(await QuarantineRelease.UnitsAsync(_quarantined, like, ct));
        return units;
    }

    public Task<int> MapQuarantineAsync(QuarantineGroup group, Point point, CancellationToken ct) => ChangeAsync(async stop =>
    {
        await SetModelAsync(Model.WithNames([new NameMapping(NameMapping.OfRecord(group.Topic, group.Name), point.Number)]), stop);
        var (takenIn, now) = (0, Instant.From(Clock.GetUtcNow()));
        foreach (var like in Like(group)) takenIn += await QuarantineRelease.RunAsync(_quarantined, like, point, Model.CityOf(point.Asset), now, stop);
        return takenIn;
    }, ct);

    public Task DiscardQuarantineAsync(QuarantineGroup group, CancellationToken ct) => ChangeAsync(async stop =>
    {
        await QuarantineRelease.DiscardAsync(_quarantined, group, stop);
        return true;
    }, ct);

    public Task<bool> RemoveMappingAsync(string name, CancellationToken ct) => ChangeAsync(async stop =>
    {
        if (!Model.Names.Any(mapping => mapping.Name == name && !mapping.FromFolder)) return false;
        await SetModelAsync(Model.WithoutName(name).WithNames(_folderNames.Where(mapping => mapping.Name == name)), stop);
        return true;
    }, ct);

    /// <summary>Reads the city folders again and takes in what is new in them; all of it, or with an <see cref="InputException"/> nothing.</summary>
    private Task<TakenIn> TakeInAsync(IReadOnlyList<string> folders, CancellationToken ct) => ChangeAsync(async stop =>
    {
        var read = ReadFolders.From(folders);
        var (before, after) = (Model, FolderChange.Accept(Model, _read.Model, read.Model));
        var isNew = !ModelCodec.AreEqual(before, after);
        if (isNew) await SetModelAsync(after, stop);
        Grids.Follow(read.Model, after, read.Networks);
        List<string> warnings = [.. read.Warnings.Except(_read.Warnings)];
        (_read, _folderNames) = (read with { Model = read.Model.SharedWith(after) }, ModelMerge.NamesOf(after, read.Model));
        return new TakenIn(isNew ? ModelDifference.Describe(before, after) : "", warnings);
    }, ct);

    /// <summary>The same kind from every source that sent it.</summary>
    private IEnumerable<QuarantineGroup> Like(QuarantineGroup group) =>
        _stored.QuarantineLike(group).Select(like => group with { Source = like.Source, FirstOffset = like.FirstOffset });

    /// <summary>One change by a person at a time, journalled; whoever looks next finds it done.</summary>
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

    private async Task SetModelAsync(Model model, CancellationToken ct)
    {
        await ModelLog.AppendAsync(_journal, model, ct);
        // The twins first: a reading of a new point finds its twin.
        await LocalTwins.ExtendAsync(model, ct);
        Volatile.Write(ref _model, model);
        Admissions.SetModel(model);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var task in (Task[])[_sealing, _following, _completing, _studying, _looking])
        {
            // What failed is said on the health page; what was not committed is folded again at the next start, and closing goes on.
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await LocalTwins.DisposeAsync();
        _journal.Dispose();
        _index.Dispose();
        _store.Dispose();
        _data.Dispose();
        _stop.Dispose();
    }

    private sealed class JournalCommits(JournalLog journal) : ICommits
    {
        public long Durable => journal.Durable;

        public ValueTask WaitDurableAsync(long ticket, CancellationToken ct) => journal.WaitDurableAsync(ticket, ct);
    }
}
