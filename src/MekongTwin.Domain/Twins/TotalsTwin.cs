using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>
/// The twin of an asset whose totals come from below (feeder, substation, zone, district, city): keeps each child's whole
/// contribution per window and replaces, never adds. Pure; one loop owns it.
/// </summary>
public sealed class TotalsTwin
{
    /// <summary>Windows always held: two hours back from the newest.</summary>
    public const long HotUs = 2 * Instant.Hour;

    /// <summary>Older windows held at once while late data passes through them.</summary>
    public const int ColdWindowsMax = 64;

    /// <summary>
    /// Most contributions that a parent holds between turns, about 120 MB of them, and the windows that it holds however many children there are. What is
    /// let go is read from the store, child by child, when it changes again: late data costs a parent of hundreds of thousands that much each time.
    /// </summary>
    public const int HeldMax = 2 << 20;
    public const int HeldWindowsMin = 2;

    private readonly Dictionary<int, int> _slots = [];
    private readonly SortedList<long, TotalsSheet> _sheets = [];
    private readonly List<long> _changed = [];
    private readonly long _epoch;
    private int[] _children = [];
    private long _revision;

    public TotalsTwin(int asset, IEnumerable<int> children, long epoch)
    {
        Asset = asset;
        _epoch = epoch;
        Adopt(children);
    }

    public int Asset { get; }

    public IReadOnlyList<int> Children => _children;

    /// <summary>Takes children beside those it has: they have added nothing yet. Between batches.</summary>
    public void Adopt(IEnumerable<int> children)
    {
        int[] added = [.. children.Where(child => !_slots.ContainsKey(child)).Order()];
        foreach (var child in added) _slots.Add(child, _slots.Count);
        _children = [.. _children, .. added];
        foreach (var sheet in _sheets.Values) sheet.Widen(_children.Length);
    }

    /// <summary>Takes a child's delta. False when that changes nothing: it is no newer than what is there already.</summary>
    public bool Take(in Delta delta, ITotalsSource source)
    {
        if (!_slots.TryGetValue(delta.Child, out var slot)) return false;
        var sheet = SheetAt(delta.StartUs, source, out var isBehind);
        var isNewer = sheet.TryTake(slot, delta);
        if (!isNewer && !isBehind) return false;
        if (!_changed.Contains(delta.StartUs)) _changed.Add(delta.StartUs);
        return true;
    }

    /// <summary>Ends a batch: emits the totals that changed, to be stored and for the parents.</summary>
    public void Settle(List<Delta> deltas)
    {
        foreach (var start in _changed) deltas.Add(new(Asset, start, _epoch, ++_revision, _sheets[start].Total));
        _changed.Clear();
        Trim();
    }

    /// <param name="startUs">The window.</param>
    /// <param name="source">What is stored.</param>
    /// <param name="isBehind">The stored children add up to something else than the stored total: some stored theirs, and were not heard.</param>
    private TotalsSheet SheetAt(long startUs, ITotalsSource source, out bool isBehind)
    {
        isBehind = false;
        if (_sheets.TryGetValue(startUs, out var sheet)) return sheet;
        sheet = new TotalsSheet(_children.Length);
        for (var slot = 0; slot < _children.Length; slot++)
        {
            if (source.TryReadTotal(_children[slot], startUs, out var stored)) sheet.Put(slot, stored);
        }
        source.TryReadTotal(Asset, startUs, out var own);
        isBehind = sheet.Total != own.Contribution;
        _sheets.Add(startUs, sheet);
        return sheet;
    }

    private void Trim()
    {
        if (_sheets.Count == 0) return;
        var hotFrom = _sheets.Keys[^1] - HotUs;
        var cold = 0;
        while (cold < _sheets.Count && _sheets.Keys[cold] < hotFrom) cold++;
        var windowsMax = Math.Max(HeldWindowsMin, HeldMax / Math.Max(1, _children.Length));
        for (; cold > ColdWindowsMax || _sheets.Count > windowsMax; cold--) _sheets.RemoveAt(0);
    }
}
