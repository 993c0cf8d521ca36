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

    private readonly int[] _children;
    private readonly Dictionary<int, int> _slots;
    private readonly SortedList<long, Sheet> _sheets = [];
    private readonly List<long> _changed = [];
    private readonly long _epoch;
    private long _revision;

    public TotalsTwin(int asset, IEnumerable<int> children, long epoch)
    {
        Asset = asset;
        _children = [.. children.Order()];
        _slots = _children.Select((child, slot) => (child, slot)).ToDictionary(pair => pair.child, pair => pair.slot);
        _epoch = epoch;
    }

    public int Asset { get; }

    public IReadOnlyList<int> Children => _children;

    /// <summary>Takes a child's delta. False when it is older than what is there already.</summary>
    public bool Take(in Delta delta, ITotalsSource source)
    {
        if (!_slots.TryGetValue(delta.Child, out var slot)) return false;
        var sheet = SheetAt(delta.StartUs, source);
        ref var held = ref sheet.Held[slot];
        if (delta.Epoch < held.Epoch || (delta.Epoch == held.Epoch && delta.Revision <= held.Revision)) return false;
        sheet.Total = sheet.Total - held.Contribution + delta.Contribution;
        held = delta;
        if (!_changed.Contains(delta.StartUs)) _changed.Add(delta.StartUs);
        return true;
    }

    /// <summary>Ends a batch: emits the totals that changed, as windows and as deltas for the parents.</summary>
    public void Settle(List<AssetWindow> windows, List<Delta> deltas)
    {
        foreach (var start in _changed)
        {
            var total = _sheets[start].Total;
            windows.Add(new(Asset, start, total));
            deltas.Add(new(Asset, start, _epoch, ++_revision, total));
        }
        _changed.Clear();
        Trim();
    }

    private Sheet SheetAt(long startUs, ITotalsSource source)
    {
        if (_sheets.TryGetValue(startUs, out var sheet)) return sheet;
        sheet = new Sheet(_children.Length);
        for (var slot = 0; slot < _children.Length; slot++)
        {
            if (!source.TryReadTotal(_children[slot], startUs, out var stored)) continue;
            sheet.Held[slot] = new(_children[slot], startUs, 0, 0, stored);
            sheet.Total += stored;
        }
        _sheets.Add(startUs, sheet);
        return sheet;
    }

    private void Trim()
    {
        if (_sheets.Count == 0) return;
        var hotFrom = _sheets.Keys[^1] - HotUs;
        var cold = 0;
        while (cold < _sheets.Count && _sheets.Keys[cold] < hotFrom) cold++;
        for (; cold > ColdWindowsMax; cold--) _sheets.RemoveAt(0);
    }

    private sealed class Sheet(int children)
    {
        public Delta[] Held { get; } = new Delta[children];

        public Contribution Total { get; set; }
    }
}
