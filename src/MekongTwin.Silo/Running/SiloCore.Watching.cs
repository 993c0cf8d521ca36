using MekongTwin.Api;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Host.Running;
using MekongTwin.Host.Twins;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Running;

/// <summary>What a silo keeps looking at: the model, the sources' names, the ledger, the partitions' health.</summary>
internal sealed partial class SiloCore
{
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(1);

    /// <summary>How often the studies are looked at: what waited on a silo that died goes on elsewhere.</summary>
    private static readonly TimeSpan WakeStudiesEvery = TimeSpan.FromSeconds(15);

    /// <summary>A backlog from which on it is a fault, as in the embedded edition.</summary>
    private const long BacklogMax = 48L << 20;

    private readonly SortedDictionary<int, TwinFault> _faulted = [];
    private WireLedger?[] _ledgers = [];
    private LedgerPage? _ledger;
    private string? _databaseFault;
    private Model? _told;

    public LedgerPage Ledger => _ledger ?? MakeLedger();

    private IReadOnlyList<TwinFault> Faulted
    {
        get
        {
            lock (_faulted) return [.. _faulted.Values];
        }
    }

    public async ValueTask<LedgerPage> ReadLedgerAsync(CancellationToken ct)
    {
        await RefreshLedgerAsync(ct);
        return Ledger;
    }

    public IReadOnlyList<HealthCheck> ReadHealth()
    {
        var journal = Journal;
        var silent = _twins.Silent;
        var backlog = journal.DurableOffset - journal.AppliedOffset;
        var fault = _region.Faults.FirstOrDefault() ?? _twins.Statuses.FirstOrDefault(status => status?.Fault is not null)?.Fault;
        return
        [
            new("database", _databaseFault is null, _databaseFault),
            _roster.Health,
            new("users", _users.Fault is null, _users.Fault) { Required = false },
            new("journal", journal.Fault is null, journal.Fault),
            new("partitions", silent.Count == 0 && fault is null, silent.Count == 0 ? fault : $"{silent.Count} of {_region.Partitions} partitions do not answer: {silent[0].Why} Whoever is left takes them over within seconds."),
            SetAsideHealth.Of(Faulted),
            new("grid", _grids.Fault is null, _grids.Fault) { Required = false },
            new("backlog", backlog < BacklogMax, backlog < BacklogMax ? null : $"{backlog} bytes of the journal wait to be folded: figures are catching up. The doors slow down when more comes."),
            .. DoorHealth(),
        ];
    }

    private async Task KeepRefreshingAsync()
    {
        using var timer = new PeriodicTimer(RefreshEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token)) await RefreshAsync(_stop.Token);
        }
        // A call that was on its way fails in other ways, too.
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task KeepStudiesAwakeAsync()
    {
        using var timer = new PeriodicTimer(WakeStudiesEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await _studies.ListAsync(_stop.Token);
                }
                catch (Exception) when (!_stop.IsCancellationRequested)
                {
                    // It moves, or the database is away: the next look finds it.
                }
            }
        }
        // A call that was on its way fails in other ways, too.
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task RefreshAsync(CancellationToken ct)
    {
        string? fault = null;
        try
        {
            await _region.RefreshModelAsync(ct);
            await _region.Sources.RefreshAsync(ct);
        }
        catch (Exception e) when (PostgresFault.Is(e))
        {
            fault = $"PostgreSQL is away: {PostgresFault.Reason(e)}. Nothing is acknowledged meanwhile; it is tried again by itself.";
        }
        catch (InvalidDataException e)
        {
            fault = e.Message;
        }
        NoteFaults();
        NoteModel();
        _databaseFault = fault ?? await RefreshLedgerAsync(ct);
    }

    /// <summary>Twins that are set aside are told one by one, as it happens.</summary>
    private void NoteFaults()
    {
        lock (_faulted)
        {
            var now = _twins.Statuses.SelectMany(status => status?.SetAside ?? []).Where(fault => fault.Asset < Model.Assets.Length).ToDictionary(fault => fault.Asset, fault => fault.Why);
            foreach (var asset in _faulted.Keys.Where(asset => !now.ContainsKey(asset)).ToList()) _faulted.Remove(asset);
            foreach (var (asset, why) in now)
            {
                if (!_faulted.ContainsKey(asset)) TwinFaults++;
                _faulted[asset] = new(Model.Assets[asset].Id, why);
            }
        }
    }

    /// <summary>What a person or another silo's city folders changed is told on every silo.</summary>
    private void NoteModel()
    {
        var model = Model;
        if (ReferenceEquals(model, _told)) return;
        var changes = _told is null ? "" : ModelDifference.Describe(_told, model);
        _told = model;
        if (changes.Length > 0) CoreLog.ModelChanged(_log, changes);
    }

    /// <summary>Says why not, when the page stands as it was.</summary>
    private async Task<string?> RefreshLedgerAsync(CancellationToken ct)
    {
        if (_ledgers.Length == 0) _ledgers = new WireLedger[_region.Partitions];
        // A partition that does not answer stands with what it last said.
        await Task.WhenAll(Enumerable.Range(0, _region.Partitions).Select(async partition =>
        {
            try
            {
                _ledgers[partition] = await _twins.Partition(partition).LedgerAsync().WaitAsync(VisibleWithin, ct);
            }
            catch (Exception) when (!ct.IsCancellationRequested)
            {
                // The health page says which do not answer.
            }
        }));
        try
        {
            _ledger = MakeLedger();
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }

    private LedgerPage MakeLedger()
    {
        var lines = new SortedDictionary<int, (long Received, LedgerLine Line)>();
        foreach (var ledger in _ledgers.OfType<WireLedger>())
        {
            for (var i = 0; i < ledger.Sources.Length; i++)
            {
                var (received, line) = lines.GetValueOrDefault(ledger.Sources[i], (0, new()));
                FactsCodec.AddTo(line, ledger.Lines[i]);
                lines[ledger.Sources[i]] = (received + ledger.Received[i], line);
            }
        }
        var zone = Model.Cities.Length > 0 ? Model.Cities[0].MakeCalendar().Zone : TimeZoneInfo.Utc;
        var sources = lines.Select(pair => LedgerText.Line(SourceName(pair.Key), pair.Value.Received, pair.Value.Line, zone)).ToList();
        var journal = Journal;
        var lag = _twins.Statuses.Max(status => status?.LagP99Ms ?? 0);
        return new(LedgerText.Sum(sources), sources.All(line => line.Pending >= 0), sources, journal.DurableOffset - journal.AppliedOffset, journal.CommitP99Ms, lag)
        {
            Broker = Broker(),
            Faults = [.. ReadHealth().Where(check => !check.Healthy).Select(check => check.Detail ?? check.Name)],
        };
    }
}

internal static partial class CoreLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "The region's model has changed: {Changes}.")]
    public static partial void ModelChanged(ILogger logger, string changes);
}
