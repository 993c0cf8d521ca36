using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace MekongTwin.Silo.Grains;

/// <summary>
/// The door of one <see cref="AssetTwin"/>. It lives on the silo of its partition and shares memory with it; it waits for nothing.
/// What it needs of the past and does not find there, the partition fetches between two calls of the same turn.
/// </summary>
[PreferLocalPlacement]
internal sealed class AssetGrain(Regions regions, ILocalSiloDetails here) : Grain, IAssetGrain
{
    private readonly List<SettledReading> _settled = [];
    private readonly List<AssetWindow> _deltas = [];
    private readonly List<LateOutcome> _late = [];
    private Region _region = null!;
    private string _path = "";
    private Partition? _partition;
    private int _asset;
    private AssetTwin _twin = null!;
    private MissedReadings? _missed;
    private WireShare _share = null!;
    private TurnAnswers? _turn;
    private FoldOutcome[] _outcomes = [];
    private bool _isCaughtUp;

    // Of the turn: how often the twin began to fold its readings, and whether it is at it.
    private int _attempts;
    private bool _isFolding;
    private string? _failure;

    public override Task OnActivateAsync(CancellationToken ct)
    {
        (_region, _path) = regions.Resolve(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public Task<WireFolded> FoldAsync(WireShare share)
    {
        if (!TryOpen(share)) return Task.FromResult(Leave(share.Home));
        // One turn throughout: what is asked of an earlier one came late.
        var turn = _partition!.Turn;
        if (turn.Number != share.Turn) return Task.FromResult(new WireFolded { Step = FoldStep.Elsewhere });
        if (turn.TryBegin(_asset))
        {
            (_share, _turn) = (share, turn);
            _outcomes = new FoldOutcome[share.Readings.Length / Reading.Size];
            _late.Clear();
            _attempts = 0;
            _isFolding = false;
            // Before the readings: what it missed is among the applied ones, and they are not.
            _isCaughtUp = _missed is null || _missed.RetryAt > share.Turn;
        }
        return Task.FromResult(GoOn(turn));
    }

    public Task<WireFolded> ContinueAsync() =>
        Task.FromResult(_share is not null && TryOpen(_share) && _partition!.Turn is var turn && turn == _turn ? GoOn(turn) : new() { Step = FoldStep.Elsewhere });

    private bool TryOpen(WireShare share)
    {
        if (_region.Find(share.Partition, share.Epoch) is not { } partition) return false;
        if (ReferenceEquals(partition, _partition)) return true;
        (_partition, _share) = (partition, null!);
        var asset = _region.Model.FindAsset(_path)!;
        _asset = asset.Number;
        _twin = new(asset, [.. _region.Model.PointsOf(asset.Number).Select(number => _region.Model.Points[number])]);
        _missed = null;
        var state = partition.Facts.StateOf(_asset);
        foreach (var latest in state.Latest) _twin.SetLatest(_twin.SlotOf(latest.Point), latest);
        foreach (var missed in state.SetAside) (_missed ??= new()).Add(missed, _twin);
        return true;
    }

    /// <summary>Moves to its partition. A partition that ought to be here and is not is none any more: it gets no answer it could use.</summary>
    private WireFolded Leave(SiloAddress home)
    {
        (_partition, _share) = (null, null!);
        if (!home.Equals(here.SiloAddress))
        {
            RequestContext.Set(IPlacementDirector.PlacementHintKey, home);
            this.MigrateOnIdle();
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
        return new() { Step = FoldStep.Elsewhere };
    }

    /// <summary>What an activation before this one had begun is gone with it: the partition starts anew from what is stored.</summary>
    private WireFolded GoOn(TurnAnswers turn)
    {
        if (turn.Of(_asset) is { } answer) return answer;
        return _share is not null && turn == _turn ? Go() : throw new InvalidOperationException($"{_path} went away in the middle of a turn.");
    }

    private WireFolded Go()
    {
        if (!_isCaughtUp && !TryCatchUp()) return new() { Step = FoldStep.Wanting };
        if (_missed is null && _outcomes.Length > 0 && !TryFold()) return new() { Step = FoldStep.Wanting };
        if (_missed is not null) SetAside();
        PutLatest();
        var answer = new WireFolded { Step = FoldStep.Done, Outcomes = _outcomes, Late = [.. _late], SetAside = _missed is not null, Failure = _missed?.Failure };
        _turn!.Done(_asset, answer);
        return answer;
    }

    /// <summary>False when something has to be fetched first.</summary>
    private bool TryCatchUp()
    {
        var isDone = _missed!.CatchUp(_twin = _twin.Renewed(), _partition!.Readings, _partition.Facts, _share.Turn, _deltas, _late);
        if (!isDone && _partition.Wants(_asset)) return false;
        PutDeltas();
        if (isDone) _missed = null;
        _isCaughtUp = true;
        return true;
    }

    /// <summary>False when something has to be fetched first. A twin that fails starts again from the journal; when it fails again it is set aside.</summary>
    private bool TryFold()
    {
        while (_attempts < 2 || _isFolding)
        {
            if (TryFoldOnce() is not { } isFolded) return false;
            if (isFolded) return true;
        }
        _missed = new() { Failure = _failure };
        _missed.Postpone(_share.Turn);
        return true;
    }

    /// <summary>Null when something has to be fetched first.</summary>
    private bool? TryFoldOnce()
    {
        try
        {
            if (!_isFolding)
            {
                _attempts++;
                _isFolding = true;
                _settled.Clear();
                var readings = Packed.Readings(_share.Readings);
                for (var i = 0; i < readings.Length; i++) _outcomes[i] = _twin.Fold(_twin.SlotOf(readings[i].Point), readings[i], i);
            }
            if (_twin.TrySettle(_partition!.Readings, _settled, _deltas))
            {
                foreach (var (ticket, outcome) in _settled) _outcomes[(int)ticket] = outcome;
                _twin.TakeEmissions(window => _partition.Facts.Put(window));
                PutDeltas();
                _isFolding = false;
                return true;
            }
            if (_partition.Wants(_asset)) return null;
            _failure = "Readings of its past are not at hand.";
        }
        catch (Exception e)
        {
            _failure = e.Message;
        }
        _isFolding = false;
        _deltas.Clear();
        _twin = _twin.Renewed();
        return false;
    }

    private void SetAside()
    {
        if (_outcomes.Length == 0) return;
        _outcomes.AsSpan().Fill(FoldOutcome.Faulted);
        var readings = Packed.Readings(_share.Readings);
        for (var i = 0; i < readings.Length; i++) _missed!.Count(readings[i], _share.Sources[i], _twin);
        _missed!.Store(_partition!.Facts);
    }

    private void PutDeltas()
    {
        foreach (var delta in _deltas) _partition!.Facts.Put(delta);
        _deltas.Clear();
    }

    private void PutLatest()
    {
        for (var slot = 0; slot < _twin.PointCount; slot++)
        {
            if (_twin.TryLatest(slot, out var latest)) _partition!.Facts.PutLatest(latest);
        }
    }
}
