using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Twins;

/// <summary>One worker's share of the twins in a turn: folds their readings, settles them, and holds what they emit.</summary>
internal sealed class Shard
{
    private readonly TwinTable _twins;
    private readonly IReadingSource _source;
    private readonly int _worker;
    private readonly Action<PointWindow> _addWindow;
    private readonly HashSet<int> _failed = [];
    private readonly List<SettledReading> _settled = [];
    private Part[] _parts;

    /// <summary>Why a twin failed last.</summary>
    private string? _reason;

    public Shard(TwinTable twins, IReadingSource source, int worker)
    {
        (_twins, _source, _worker) = (twins, source, worker);
        _parts = new Part[twins.Model.Assets.Length];
        _addWindow = Windows.Add;
    }

    /// <summary>What an asset does in this turn.</summary>
    private enum Part : byte
    {
        None,
        Touched,
        SetAside,
    }

    /// <summary>Assets that had readings.</summary>
    public List<int> Touched { get; } = [];

    /// <summary>Assets whose twins failed, and failed again from the journal, for this reason.</summary>
    public List<(int Asset, string? Reason)> Faulted { get; } = [];

    public List<PointWindow> Windows { get; } = [];

    public List<AssetWindow> Deltas { get; } = [];

    /// <summary>Folds every reading, whoever's it is.</summary>
    public void FoldAll(ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        for (var i = 0; i < readings.Length; i++)
        {
            if (_twins.TryFind(readings[i].Point, out var asset, out var slot)) Fold(asset, slot, readings[i], i, outcomes);
            else outcomes[i] = FoldOutcome.Faulted;
        }
        Settle(readings, outcomes);
    }

    /// <summary>Folds the readings of the twins that this worker owns; those of points nobody knows are the first worker's.</summary>
    public void FoldShare(ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        for (var i = 0; i < readings.Length; i++)
        {
            if (!_twins.TryFind(readings[i].Point, out var asset, out var slot))
            {
                if (_worker == 0) outcomes[i] = FoldOutcome.Faulted;
            }
            else if (_twins.WorkerOf(asset) == _worker) Fold(asset, slot, readings[i], i, outcomes);
        }
        Settle(readings, outcomes);
    }

    public void Clear()
    {
        foreach (var asset in Touched) _parts[asset] = Part.None;
        Touched.Clear();
        Faulted.Clear();
        Windows.Clear();
        Deltas.Clear();
        _failed.Clear();
    }

    /// <summary>Makes room for the assets that the table has now. Between turns.</summary>
    public void Extend() => Array.Resize(ref _parts, _twins.Model.Assets.Length);

    /// <summary>Takes a twin out of the turns: its readings are set aside unseen. Between turns.</summary>
    public void Exclude(int asset) => _parts[asset] = Part.SetAside;

    /// <summary>Takes it in again.</summary>
    public void Include(int asset) => _parts[asset] = Part.None;

    private void Fold(int asset, int slot, in Reading reading, int index, Span<FoldOutcome> outcomes)
    {
        if (_parts[asset] != Part.Touched)
        {
            if (_parts[asset] == Part.SetAside)
            {
                outcomes[index] = FoldOutcome.Faulted;
                return;
            }
            _parts[asset] = Part.Touched;
            Touched.Add(asset);
        }
        try
        {
            outcomes[index] = _twins[asset]!.Fold(slot, reading, index);
        }
        catch (Exception)
        {
            _failed.Add(asset);
        }
    }

    private void Settle(ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        foreach (var asset in Touched)
        {
            if (!_failed.Contains(asset) && !TrySettle(asset, outcomes)) _failed.Add(asset);
        }
        foreach (var asset in _failed)
        {
            if (!TryRefold(asset, readings, outcomes)) SetAside(asset, readings, outcomes);
        }
    }

    /// <summary>
    /// Ends a twin's batch; what it emitted before it failed is taken back. A past that is not at hand is a failure here: the
    /// index answers at once or not at all.
    /// </summary>
    private bool TrySettle(int asset, Span<FoldOutcome> outcomes)
    {
        var (windows, deltas) = (Windows.Count, Deltas.Count);
        try
        {
            _settled.Clear();
            if (_twins[asset]!.TrySettle(_source, _settled, Deltas))
            {
                _twins[asset]!.TakeEmissions(_addWindow);
                // A ticket is the reading's place in the batch: none waits longer.
                foreach (var (ticket, outcome) in _settled) outcomes[(int)ticket] = outcome;
                return true;
            }
            _reason = "The readings before these are not at hand";
        }
        catch (Exception e)
        {
            // Tried once more from the journal, then set aside.
            _reason = e.Message;
        }
        Windows.RemoveRange(windows, Windows.Count - windows);
        Deltas.RemoveRange(deltas, Deltas.Count - deltas);
        return false;
    }

    /// <summary>A twin that failed starts again from the journal.</summary>
    private bool TryRefold(int asset, ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        var twin = _twins.Renew(asset);
        try
        {
            for (var i = 0; i < readings.Length; i++)
            {
                if (_twins.TryFind(readings[i].Point, out var owner, out var slot) && owner == asset) outcomes[i] = twin.Fold(slot, readings[i], i);
            }
        }
        catch (Exception e)
        {
            _reason = e.Message;
            return false;
        }
        return TrySettle(asset, outcomes);
    }

    /// <summary>A twin that failed again: its readings of this batch are set aside.</summary>
    private void SetAside(int asset, ReadOnlySpan<Reading> readings, Span<FoldOutcome> outcomes)
    {
        Faulted.Add((asset, _reason));
        _twins.Renew(asset);
        for (var i = 0; i < readings.Length; i++)
        {
            if (_twins.TryFind(readings[i].Point, out var owner, out _) && owner == asset) outcomes[i] = FoldOutcome.Faulted;
        }
    }
}
