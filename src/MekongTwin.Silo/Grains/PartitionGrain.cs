using System.Diagnostics;
using System.Globalization;
using MekongTwin.Domain.Readings;
using MekongTwin.Host.Running;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Orleans.Concurrency;
using Orleans.Runtime.Placement;
using Orleans.Utilities;

namespace MekongTwin.Silo.Grains;

/// <summary>
/// A partition's activation: it takes the partition over in the database, loads what it is folded to, and goes on from there.
/// One loop writes the journal, one folds it. Whoever had it before can write nothing more; what that one had not committed is
/// folded again.
/// </summary>
[KeepAlive, HomePlacement, Reentrant]
internal sealed partial class PartitionGrain(Regions regions, ISiloStatusOracle silos, ILocalSiloDetails here, ILogger<PartitionGrain> logger) : Grain, IPartitionGrain
{
    /// <summary>An observer that has not asked again for so long is let go.</summary>
    public static readonly TimeSpan ObserverExpiry = TimeSpan.FromMinutes(2);

    /// <summary>How long an append is waited for: less than its door waits for an answer, so that calls do not gather here. It is sent again.</summary>
    private static readonly TimeSpan AppendWithin = TimeSpan.FromSeconds(5);

    /// <summary>How long an activation that ends tries to commit.</summary>
    private static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(5);

    /// <summary>Beats in a row that find a better home before the partition moves there: silos that come and go settle first.</summary>
    private const int BeatsUntilMove = 5;

    private readonly ObserverManager<IChangesObserver> _observers = new(ObserverExpiry, logger);
    private readonly CancellationTokenSource _stop = new();
    private Region _region = null!;
    private Partition _partition = null!;
    private Ledger _ledger = new();
    private int _number;
    private Task _writing = Task.CompletedTask;
    private Task _folding = Task.CompletedTask;
    private int _beatsAway;
    private bool _isLost;
    private bool _isMoving;
    private string? _fault;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        (_region, var number) = regions.Resolve(this.GetPrimaryKeyString());
        _number = int.Parse(number, CultureInfo.InvariantCulture);
        await _region.RefreshModelAsync(ct);
        var state = await _region.Journal.TakeOverAsync(_number, ct);
        _partition = new(_number, _region, state);
        (_applied, _revision) = (state.Applied, state.Revision);
        _backlogTo = state.Journalled;
        _appliedMoved = new(_applied);
        await LoadAsync(ct);
        // Nobody would end the loops of an activation that was given up meanwhile.
        ct.ThrowIfCancellationRequested();
        _region.Open(_partition);
        _writing = WriteAsync();
        _folding = FoldLoopAsync();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        await _stop.CancelAsync();
        _database.CancelAfter(LeaveWithin);
        await using var early = ct.Register(_database.Cancel);
        if (_partition is null) return;
        Wake();
        await Task.WhenAll(_writing, _folding);
        await CommitLastAsync();
        _region.Close(_partition);
        _stop.Dispose();
        _database.Dispose();
    }

    public async Task AppendAsync(WireAppend append)
    {
        using var patience = new CancellationTokenSource(AppendWithin);
        try
        {
            await _partition.Journal.AppendAsync(append, patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Partition {_number} takes longer than {AppendWithin.TotalSeconds:0} s.");
        }
    }

    public Task LeaveAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<WireStatus> BeatAsync(IChangesObserver? observer)
    {
        if (observer is not null) _observers.Subscribe(observer, observer);
        MoveHome();
        return Task.FromResult(new WireStatus
        {
            Epoch = _partition.Epoch,
            Journalled = _partition.Journal.End,
            Applied = _applied,
            LagP99Ms = _lag.PercentileMs(0.99),
            SetAside = [.. _setAside.Select(pair => new WireFault(pair.Key, pair.Value))],
            Fault = _fault,
        });
    }

    private async Task WriteAsync()
    {
        try
        {
            await Task.Run(() => _partition.Journal.RunAsync(_stop.Token), CancellationToken.None);
        }
        catch (Exception e)
        {
            End(e);
        }
    }

    /// <summary>Everything that what follows is folded onto.</summary>
    private async Task LoadAsync(CancellationToken ct)
    {
        var assets = _region.Map.AssetsOf(_number).Select(asset => asset.Number).ToArray();
        foreach (var (_, stored) in await _region.Facts.ReadStatesAsync(assets, ct)) _partition.Facts.Load(stored);
        foreach (var (source, body) in await _region.Facts.ReadLedgerAsync(_number, ct)) _ledger.Book(source, line => FactsCodec.AddTo(line, body));
        _ledger.ForgetChanged();
        _quarantine.Load(await _region.Quarantine.ReadKindsAsync(_number, ct));
        foreach (var asset in assets)
        {
            var stored = _partition.Facts.StateOf(asset);
            _views[asset] = Packed.Of([.. stored.Latest]);
            if (stored.SetAside.Count > 0) _setAside[asset] = null;
        }
        var (sortedTo, firstUs, lastUs) = await _region.Runs.ReadExtentAsync(_number, ct);
        _partition.Readings.Stored(firstUs, lastUs);
        await LoadReadingsAsync(sortedTo, ct);
        await _partition.Journal.LoadAsync(_ledger.Snapshot().Select(line => (line.Key, line.Value.Journalled)), ct);
    }

    /// <summary>The applied readings that are not sorted yet.</summary>
    private async Task LoadReadingsAsync(long from, CancellationToken ct)
    {
        var batch = new JournalBatch();
        while (from < _applied)
        {
            foreach (var block in await _partition.Journal.ReadAsync(from, ct))
            {
                if (block.Start >= _applied) break;
                batch.Clear();
                Take(batch, block);
                _partition.Readings.Add(batch.Readings.Span, block.End);
                from = block.End;
            }
        }
    }

    /// <summary>One last commit, so that whoever comes next has nothing to fold again. A turn that was not ended is none.</summary>
    private async Task CommitLastAsync()
    {
        if (_isLost || _isTurning) return;
        try
        {
            await CommitAsync();
            await _committing;
        }
        catch (Exception e) when (e is NotTheWriterException or OperationCanceledException or InvalidDataException || PostgresFault.Is(e))
        {
            // It is folded again from the journal.
        }
    }

    /// <summary>
    /// A partition that others have taken over, or that failed, ends: the next activation starts from what is stored. Whoever
    /// waits for one of its loops is told, because nothing ends before its calls do.
    /// </summary>
    private void End(Exception cause)
    {
        _isLost |= cause is NotTheWriterException;
        if (cause is NotTheWriterException) PartitionLog.Taken(logger, _number);
        else SetFault($"Partition {_number} starts anew: {PostgresFault.Reason(cause)}.");
        if (cause is not (NotTheWriterException or OperationCanceledException) && !PostgresFault.Is(cause)) PartitionLog.Failed(logger, cause, _number);
        _stop.Cancel();
        Wake();
        DeactivateOnIdle();
    }

    /// <summary>The loops look whether they shall stop.</summary>
    private void Wake()
    {
        _partition.Journal.Wake();
        _partition.Journal.Appended.Set();
        _hurry.Set();
    }

    private void MoveHome()
    {
        var home = HomeDirector.HomeOf(this.GetPrimaryKeyString(), silos.GetActiveSilos());
        _beatsAway = home is null || home.Equals(here.SiloAddress) ? 0 : _beatsAway + 1;
        if (_beatsAway < BeatsUntilMove) return;
        if (_isMoving) return;
        _isMoving = true;
        PartitionLog.Moves(logger, _number, home!.ToString());
        // Not merely deactivated: messages that are on their way would make it here again.
        RequestContext.Set(IPlacementDirector.PlacementHintKey, home);
        this.MigrateOnIdle();
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
    }

    private void SetFault(string? fault)
    {
        _fault = fault;
        _region.SetFault(_number, fault);
    }

    private static long Now() => Stopwatch.GetTimestamp();
}

internal static partial class PartitionLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "Partition {Number} starts anew for a fault of this program")]
    public static partial void Failed(ILogger logger, Exception exception, int number);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Partition {Number} was taken over by another silo")]
    public static partial void Taken(ILogger logger, int number);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Partition {Number} moves to {Home}")]
    public static partial void Moves(ILogger logger, int number, string home);
}
