using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Twins;

/// <summary>
/// What a partition's twins say of themselves, on its way to the database, and the part of what is there that is needed again.
/// Its asset grains put into it, on one silo and at the same time. Thread-safe.
/// </summary>
internal sealed class PartitionFacts(Func<PartitionMap> map) : ITwinStore
{
    /// <summary>Quarters kept in memory: those before the newest one that are still often restated. Older ones are read again for a commit.</summary>
    private const long KeptUs = 2 * Instant.Quarter;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Reading> _latest = [];
    private readonly Dictionary<(int Point, int Source), SetAsideReadings> _setAside = [];
    private readonly Dictionary<(int Asset, long StartUs), Quarter> _quarters = [];
    private readonly HashSet<(int Asset, long StartUs)> _changedQuarters = [];
    private readonly HashSet<int> _changedAssets = [];

    // Assets of which every stored quarter from there on is in memory.
    private readonly Dictionary<int, long> _heldFrom = [];
    private readonly Dictionary<int, long> _wantedFrom = [];
    private int _trims;

    /// <summary>Rows that wait for a commit.</summary>
    public int Changes
    {
        get
        {
            lock (_gate) return _changedAssets.Count + _changedQuarters.Count;
        }
    }

    public void Load(AssetState state)
    {
        lock (_gate)
        {
            foreach (var reading in state.Latest) _latest[reading.Point] = reading;
            foreach (var row in state.SetAside) _setAside[(row.Point, row.Source)] = row;
        }
    }

    public void Put(in PointWindow window)
    {
        var asset = map().AssetOf(window.Point);
        lock (_gate)
        {
            At(asset, window.StartUs).Put(window);
            _changedQuarters.Add((asset, window.StartUs));
        }
    }

    public void Put(in AssetWindow total)
    {
        lock (_gate)
        {
            var quarter = At(total.Asset, total.StartUs);
            (quarter.Sum, quarter.HasSum) = (total.Total, true);
            _changedQuarters.Add((total.Asset, total.StartUs));
        }
    }

    public void PutLatest(in Reading latest)
    {
        var asset = map().AssetOf(latest.Point);
        lock (_gate)
        {
            if (_latest.TryGetValue(latest.Point, out var before) && before == latest) return;
            _latest[latest.Point] = latest;
            _changedAssets.Add(asset);
        }
    }

    public void Put(in SetAsideReadings readings)
    {
        var asset = map().AssetOf(readings.Point);
        lock (_gate)
        {
            _setAside[(readings.Point, readings.Source)] = readings;
            _changedAssets.Add(asset);
        }
    }

    public void ForgetSetAside(int point)
    {
        var asset = map().AssetOf(point);
        lock (_gate)
        {
            foreach (var key in _setAside.Keys.Where(key => key.Point == point).ToList()) _setAside.Remove(key);
            _changedAssets.Add(asset);
            _heldFrom.Remove(asset);
        }
    }

    public IReadOnlyList<SetAsideReadings> ReadSetAside()
    {
        lock (_gate) return [.. _setAside.Values.OrderBy(row => row.Point).ThenBy(row => row.Source)];
    }

    /// <summary>An asset's newest readings, points ascending, and what is set aside of it.</summary>
    public AssetState StateOf(int asset)
    {
        var points = map().Model.PointsOf(asset);
        lock (_gate)
        {
            var latest = new List<Reading>(points.Length);
            foreach (var point in points)
            {
                if (_latest.TryGetValue(point, out var reading)) latest.Add(reading);
            }
            return new(latest, _setAside.Count == 0 ? [] : [.. _setAside.Values.Where(row => points.Contains(row.Point)).OrderBy(row => row.Point).ThenBy(row => row.Source)]);
        }
    }

    public bool TryReadWindow(int point, long startUs, out PointWindow window)
    {
        var asset = map().AssetOf(point);
        window = default;
        lock (_gate)
        {
            if (_quarters.TryGetValue((asset, startUs), out var quarter) && quarter.IsLoaded) return quarter.TryFind(point, out window) && !window.IsEmpty;
            if (_heldFrom.TryGetValue(asset, out var from) && startUs >= from) return quarter is not null && quarter.TryFind(point, out window);
            _wantedFrom[asset] = Math.Min(startUs, _wantedFrom.GetValueOrDefault(asset, long.MaxValue));
            throw new NotAtHandException();
        }
    }

    public Contribution ReadTotal(int asset, long startUs) => throw new NotSupportedException("Totals are added up by the database.");

    public bool Wants(int asset)
    {
        lock (_gate) return _wantedFrom.ContainsKey(asset);
    }

    /// <summary>From where on an asset's stored quarters are wanted in memory, and since when they are asked for.</summary>
    public bool TryTakeWanted(int asset, out long fromUs, out int trims)
    {
        lock (_gate)
        {
            trims = _trims;
            return _wantedFrom.Remove(asset, out fromUs);
        }
    }

    /// <summary>All stored quarters of an asset from one on. They stay while something of the asset is set aside.</summary>
    public void Load(int asset, long fromUs, IReadOnlyList<(int Asset, long StartUs, byte[] Body)> rows, int trims)
    {
        lock (_gate)
        {
            // They may have been read before what was let go meanwhile was committed: they are asked for again.
            if (trims != _trims) return;
            foreach (var row in rows) At(asset, row.StartUs).Load(row.Body, row.StartUs);
            foreach (var (key, quarter) in _quarters)
            {
                if (key.Asset == asset && key.StartUs >= fromUs) quarter.IsLoaded = true;
            }
            _heldFrom[asset] = fromUs;
        }
    }

    /// <summary>Changed quarters of which it is not known what is stored.</summary>
    public IReadOnlyCollection<(int Asset, long StartUs)> Unloaded()
    {
        lock (_gate) return [.. _changedQuarters.Where(key => !_quarters[key].IsLoaded)];
    }

    /// <summary>What is stored of these quarters; of those that have no row, nothing is.</summary>
    public void Load(IReadOnlyCollection<(int Asset, long StartUs)> asked, IReadOnlyList<(int Asset, long StartUs, byte[] Body)> rows)
    {
        lock (_gate)
        {
            foreach (var row in rows) _quarters[(row.Asset, row.StartUs)].Load(row.Body, row.StartUs);
            foreach (var key in asked) _quarters[key].IsLoaded = true;
        }
    }

    /// <summary>Moves everything that changed into a change to be committed. Between turns, when all that changed is loaded.</summary>
    public void TakeInto(FactsChange change)
    {
        var known = map();
        var totals = new Dictionary<(int Asset, long StartUs), Contribution>();
        lock (_gate)
        {
            foreach (var key in _changedQuarters)
            {
                var quarter = _quarters[key];
                var windows = quarter.Windows.Where(window => !window.IsEmpty).ToList();
                change.Windows.Add((key.Asset, key.StartUs, windows.Count == 0 && quarter.Sum.IsZero ? [] : FactsCodec.Of(windows, quarter.Sum)));
                var added = quarter.Sum - quarter.Committed;
                quarter.Committed = quarter.Sum;
                if (added.IsZero) continue;
                foreach (var above in known.Above(key.Asset, key.StartUs)) totals[(above, key.StartUs)] = totals.GetValueOrDefault((above, key.StartUs)) + added;
            }
            _changedQuarters.Clear();
        }
        change.Totals.AddRange(totals.Where(pair => !pair.Value.IsZero).Select(pair => new AssetWindow(pair.Key.Asset, pair.Key.StartUs, pair.Value)));
        int[] assets;
        lock (_gate)
        {
            assets = [.. _changedAssets];
            _changedAssets.Clear();
        }
        foreach (var asset in assets) change.States.Add((asset, FactsCodec.Of(StateOf(asset))));
    }

    /// <summary>Lets go of old quarters that nobody needs.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            if (_quarters.Count == 0) return;
            _trims++;
            var keptFrom = _quarters.Keys.Max(key => key.StartUs) - KeptUs;
            foreach (var key in _quarters.Keys.Where(key => key.StartUs < keptFrom && !_changedQuarters.Contains(key) && !_heldFrom.ContainsKey(key.Asset)).ToList()) _quarters.Remove(key);
        }
    }

    private Quarter At(int asset, long startUs)
    {
        if (!_quarters.TryGetValue((asset, startUs), out var quarter)) _quarters[(asset, startUs)] = quarter = new() { IsLoaded = _heldFrom.TryGetValue(asset, out var from) && startUs >= from };
        return quarter;
    }

    private sealed class Quarter
    {
        private PointWindow[] _windows = [];

        /// <summary>By point, ascending. An asset has few.</summary>
        public IReadOnlyList<PointWindow> Windows => _windows;

        public Contribution Sum { get; set; }

        /// <summary>What the totals above hold of it, or will when the commit under way is through.</summary>
        public Contribution Committed { get; set; }

        /// <summary>The sum is newer than what is stored.</summary>
        public bool HasSum { get; set; }

        public bool IsLoaded { get; set; }

        public void Put(in PointWindow window)
        {
            var at = 0;
            while (at < _windows.Length && _windows[at].Point < window.Point) at++;
            if (at < _windows.Length && _windows[at].Point == window.Point) _windows[at] = window;
            else _windows = [.. _windows.AsSpan(0, at), window, .. _windows.AsSpan(at)];
        }

        public bool TryFind(int point, out PointWindow window)
        {
            foreach (ref readonly var known in _windows.AsSpan())
            {
                if (known.Point != point) continue;
                window = known;
                return true;
            }
            window = default;
            return false;
        }

        /// <summary>Takes in what is stored, where nothing newer is here.</summary>
        public void Load(ReadOnlySpan<byte> body, long startUs)
        {
            if (IsLoaded) return;
            var (windows, sum) = FactsCodec.ReadWindows(body, startUs);
            foreach (var window in windows)
            {
                if (!TryFind(window.Point, out _)) Put(window);
            }
            Committed = sum;
            if (!HasSum) Sum = sum;
            IsLoaded = true;
        }
    }
}
