using System.Runtime.InteropServices;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// The totals of the assets that others add up to. A delta takes the place of what its child said before: the difference climbs both trees,
/// level by level, so a late one costs its way up however many children a parent has. What the children say and what the parents hold must be
/// stored together: nobody adds up again. Pure; one loop owns it.
/// </summary>
public sealed class Totals
{
    /// <summary>Windows held: two hours back from the newest. What older ones had is read from the store.</summary>
    public const long HotUs = 2 * Instant.Hour;

    /// <summary>Most contributions held, some 43 MB of them where only energy flows, and the windows held however many assets there are.</summary>
    public const int HeldMax = 1 << 20;
    public const int HeldWindowsMin = 2;

    /// <summary>Entries whose memory is kept from batch to batch.</summary>
    private const int EntriesKept = 16 << 10;

    private readonly SortedSet<long> _held = [];

    /// <summary>Of the windows that are held; made when something is asked of one.</summary>
    private readonly Dictionary<long, TotalsSheet> _sheets = [];

    /// <summary>What older windows had, as of this batch.</summary>
    private Dictionary<(int Asset, long StartUs), Contribution> _older = [];

    /// <summary>By how much the totals of each level changed in this batch.</summary>
    private Dictionary<(int Asset, long StartUs), Contribution>[] _changes = [];
    private Model _model = Model.Empty;
    private int[] _levels = [];

    public Totals(Model model) => Extend(model);

    /// <summary>Goes on under a model with more in it: what is new has added nothing yet. Between batches.</summary>
    public void Extend(Model model)
    {
        _model = model;
        var children = model.ChildrenByParent();
        _levels = new int[model.Assets.Length];
        foreach (var top in model.Assets) Height(top.Number, children);
        _changes = [.. Enumerable.Range(0, _levels.DefaultIfEmpty().Max() + 1).Select(_ => new Dictionary<(int, long), Contribution>())];
        foreach (var sheet in _sheets.Values) sheet.Widen(model.Assets.Length);
    }

    /// <summary>Takes a batch of deltas and gives the totals that they change. None of them may be in the store yet.</summary>
    public List<AssetWindow> Climb(IReadOnlyList<AssetWindow> deltas, ITotalsSource store)
    {
        var totals = new List<AssetWindow>();
        Hold(deltas);
        foreach (var delta in deltas)
        {
            var change = delta.Total - Replace(delta, store);
            if (!change.IsZero) Give(delta.Asset, delta.StartUs, change);
        }
        foreach (var level in _changes)
        {
            foreach (var ((asset, startUs), change) in level)
            {
                if (change.IsZero) continue;
                var total = new AssetWindow(asset, startUs, Read(asset, startUs, store) + change);
                Replace(total, store);
                totals.Add(total);
                Give(asset, startUs, change);
            }
        }
        Empty(ref _older);
        foreach (ref var level in _changes.AsSpan()) Empty(ref level);
        return totals;
    }

    /// <summary>A batch may be half a million readings where history is folded again; its memory is not kept for the small ones that follow.</summary>
    private static void Empty(ref Dictionary<(int Asset, long StartUs), Contribution> entries)
    {
        if (entries.Count > EntriesKept) entries = [];
        else entries.Clear();
    }

    private void Give(int asset, long startUs, in Contribution change)
    {
        var child = _model.Assets[asset];
        Add(child.ElectricalParent, startUs, change);
        if (child.AdministrativeParentAt(startUs) is var parent && parent != child.ElectricalParent) Add(parent, startUs, change);
    }

    private void Add(int parent, long startUs, in Contribution change)
    {
        if (parent < 0) return;
        ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_changes[_levels[parent]], (parent, startUs), out _);
        sum += change;
    }

    /// <summary>Puts a contribution in the place of the one there was, and gives that.</summary>
    private Contribution Replace(in AssetWindow contribution, ITotalsSource store)
    {
        var before = Read(contribution.Asset, contribution.StartUs, store);
        if (_sheets.TryGetValue(contribution.StartUs, out var sheet)) sheet.Put(contribution.Asset, contribution.Total);
        else _older[(contribution.Asset, contribution.StartUs)] = contribution.Total;
        return before;
    }

    private Contribution Read(int asset, long startUs, ITotalsSource store)
    {
        if (SheetAt(startUs) is not { } sheet)
        {
            if (!_older.TryGetValue((asset, startUs), out var older)) _older[(asset, startUs)] = older = store.ReadTotal(asset, startUs);
            return older;
        }
        if (!sheet.Knows(asset)) sheet.Put(asset, store.ReadTotal(asset, startUs));
        return sheet[asset];
    }

    /// <summary>The sheet of a window that is held, or null.</summary>
    private TotalsSheet? SheetAt(long startUs)
    {
        if (_sheets.TryGetValue(startUs, out var sheet)) return sheet;
        return _held.Contains(startUs) ? _sheets[startUs] = new TotalsSheet(_levels.Length) : null;
    }

    /// <summary>Settles which windows are held before anything is read or put: within a batch none is let go, for what it has is not stored yet.</summary>
    private void Hold(IReadOnlyList<AssetWindow> deltas)
    {
        foreach (var delta in deltas) _held.Add(delta.StartUs);
        var windowsMax = Math.Max(HeldWindowsMin, HeldMax / Math.Max(1, _levels.Length));
        while (_held.Count > windowsMax || (_held.Count > 0 && _held.Min < _held.Max - HotUs))
        {
            _sheets.Remove(_held.Min);
            _held.Remove(_held.Min);
        }
    }

    private int Height(int asset, ILookup<int, Asset> children)
    {
        if (_levels[asset] == 0 && children.Contains(asset)) _levels[asset] = 1 + children[asset].Max(child => Height(child.Number, children));
        return _levels[asset];
    }
}
