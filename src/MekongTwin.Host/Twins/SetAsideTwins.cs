using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Host.Twins;

/// <summary>
/// Twins that failed, and failed again from the journal. What comes for them is counted and skipped until they have caught up.
/// Kept in the store, so that a restart goes on with it.
/// </summary>
internal sealed class SetAsideTwins
{
    /// <summary>Twins that are tried in one turn; with the stretch of <see cref="MissedReadings"/> it bounds what they add to a turn.</summary>
    public const int TriesMax = 4;

    private readonly TwinTable _twins;
    private readonly IReadingSource _source;
    private readonly ITwinStore _store;
    private readonly SortedDictionary<int, MissedReadings> _missed = [];
    private long _turn;

    public SetAsideTwins(TwinTable twins, IReadingSource source, ITwinStore store)
    {
        _twins = twins;
        _source = source;
        _store = store;
        foreach (var readings in store.ReadSetAside())
        {
            if (twins.TryFind(readings.Point, out var asset, out _)) Of(asset).Add(readings, twins[asset]!);
        }
    }

    /// <summary>Assets whose twins are set aside.</summary>
    public IReadOnlyCollection<int> Assets => _missed.Keys;

    public bool Contains(int asset) => _missed.ContainsKey(asset);

    /// <summary>Which are set aside, and why.</summary>
    public IReadOnlyList<TwinFault> Describe() => [.. _missed.Select(pair => new TwinFault(_twins.Model.Assets[pair.Key].Id, pair.Value.Failure))];

    /// <summary>A twin failed in this turn.</summary>
    public void Fail(int asset, string? reason)
    {
        var missed = Of(asset);
        missed.Failure = reason;
        missed.Postpone(_turn);
    }

    /// <summary>Counts the readings of a batch that were set aside. Gives the assets they are of.</summary>
    public IReadOnlyCollection<int> Count(PartitionBatch batch, ReadOnlySpan<FoldOutcome> outcomes)
    {
        if (_missed.Count == 0) return [];
        var assets = new HashSet<int>();
        var readings = batch.Readings.Span;
        foreach (var slice in batch.Slices)
        {
            for (var i = slice.Start; i < slice.Start + slice.Count; i++)
            {
                if (outcomes[i] != FoldOutcome.Faulted || !_twins.TryFind(readings[i].Point, out var asset, out _)) continue;
                _missed[asset].Count(readings[i], slice.Source, _twins[asset]!);
                assets.Add(asset);
            }
        }
        foreach (var asset in assets) _missed[asset].Store(_store);
        return assets;
    }

    /// <summary>Begins a turn: tries those whose time has come. Gives the assets that changed and, as late outcomes, what is accounted for now.</summary>
    public IReadOnlyCollection<int> Retry(List<AssetWindow> deltas, List<LateOutcome> late)
    {
        _turn++;
        if (_missed.Count == 0) return [];
        var due = _missed.Where(pair => pair.Value.RetryAt <= _turn && pair.Value.Any).OrderBy(pair => pair.Value.RetryAt).Take(TriesMax).ToList();
        foreach (var (asset, missed) in due)
        {
            if (missed.CatchUp(_twins.Renew(asset), _source, _store, _turn, deltas, late)) _missed.Remove(asset);
        }
        return [.. due.Select(pair => pair.Key)];
    }

    private MissedReadings Of(int asset) => _missed.TryGetValue(asset, out var missed) ? missed : _missed[asset] = new();
}
