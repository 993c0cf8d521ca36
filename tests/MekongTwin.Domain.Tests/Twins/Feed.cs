using System.Collections.Immutable;
using MekongTwin.Contracts.Oracle;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;

namespace MekongTwin.Domain.Tests.Twins;

/// <summary>The applied readings, as a journal's index would serve them; it may say first that they are not at hand.</summary>
internal sealed class AppliedReadings : IReadingSource
{
    private readonly List<Reading> _applied = [];

    /// <summary>How many of the next reads find nothing at hand.</summary>
    public int Absent { get; set; }

    public int Reads { get; private set; }

    public void Add(IEnumerable<Reading> readings) => _applied.AddRange(readings);

    public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
    {
        Reads++;
        if (Absent > 0)
        {
            Absent--;
            return false;
        }
        into.AddRange(_applied.Where(reading => reading.Point == point && reading.TimeUs >= fromUs && reading.TimeUs < toUs));
        return true;
    }
}

/// <summary>Feeds one asset's twin the way a tailer does, keeps what it emits, and compares it with the oracle.</summary>
internal sealed class Feed : IWindowSource
{
    private readonly ImmutableArray<Point> _points;
    private readonly List<Reading> _all = [];
    private readonly List<Reading> _unsettled = [];
    private readonly List<FoldOutcome> _outcomes = [];
    private readonly Dictionary<(int, long), PointWindow> _windows = [];
    private readonly Dictionary<long, Contribution> _contributions = [];
    private readonly List<AssetWindow> _deltas = [];
    private AssetTwin _twin;

    public Feed(Asset asset, ImmutableArray<Point> points)
    {
        Asset = asset;
        _points = points;
        _twin = new AssetTwin(asset, points);
    }

    public Asset Asset { get; }

    public AppliedReadings Source { get; } = new();

    /// <summary>How often a window's emissions are taken while its settling still waits; the rows it gave are kept either way.</summary>
    public bool TakeWhileWaiting { get; set; }

    /// <summary>What became of every reading so far, in the order they were folded.</summary>
    public IReadOnlyList<FoldOutcome> Outcomes => _outcomes;

    public FoldOutcome[] Apply(IReadOnlyList<Reading> batch)
    {
        var from = _outcomes.Count;
        Fold(batch);
        for (var tries = 0; !TrySettle(); tries++) Assert.True(tries < 100, "The twin does not settle.");
        return [.. _outcomes[from..]];
    }

    /// <summary>Folds a batch. It need not be settled before the next one is.</summary>
    public void Fold(IReadOnlyList<Reading> batch)
    {
        foreach (var reading in batch) _outcomes.Add(_twin.Fold(SlotOf(reading.Point), reading, _outcomes.Count));
        _unsettled.AddRange(batch);
    }

    /// <summary>Asks the twin once to settle; what it has settled is applied.</summary>
    public bool TrySettle()
    {
        var settled = new List<SettledReading>();
        var done = _twin.TrySettle(Source, settled, _deltas);
        foreach (var (ticket, outcome) in settled) _outcomes[(int)ticket] = outcome;
        if (done || TakeWhileWaiting) Take();
        if (!done) return false;
        Source.Add(_unsettled);
        _all.AddRange(_unsettled);
        _unsettled.Clear();
        return true;
    }

    /// <summary>Another twin goes on from the stored latest values.</summary>
    public void Restart()
    {
        var next = new AssetTwin(Asset, _points);
        for (var slot = 0; slot < _points.Length; slot++) if (_twin.TryLatest(slot, out var latest)) next.SetLatest(slot, latest);
        _twin = next;
    }

    /// <summary>Readings that the journal has and the twin never folded, then a twin that catches up with them, some hours at a time. Gives how many were new.</summary>
    public long MissAndCatchUp(IReadOnlyList<Reading> missed)
    {
        Source.Add(missed);
        _all.AddRange(missed);
        if (missed.Count == 0) return 0;
        var (from, end) = _twin.Reach(missed.Min(reading => reading.TimeUs), missed.Max(reading => reading.TimeUs));
        var sum = 0L;
        for (; from < end; from += 6 * Instant.Hour)
        {
            Restart();
            Assert.True(_twin.TryRefold(from, Math.Min(from + 6 * Instant.Hour, end), Source, this, out var added));
            Assert.True(_twin.TrySettle(Source, [], _deltas));
            Take();
            sum += added.Sum();
        }
        return sum;
    }

    public bool TryReadWindow(int point, long startUs, out PointWindow window) => _windows.TryGetValue((point, startUs), out window) && !window.IsEmpty;

    public Reading? Latest(int point) => _twin.TryLatest(SlotOf(point), out var latest) ? latest : null;

    public IEnumerable<PointWindow> Windows(int point) =>
        _windows.Values.Where(window => window.Point == point && !window.IsEmpty).OrderBy(window => window.StartUs);

    /// <summary>Windows, latest values and contributions are those of the set of readings.</summary>
    public void AssertFacts()
    {
        var expected = new List<PointWindow>();
        foreach (var point in _points)
        {
            var readings = _all.Where(reading => reading.Point == point.Number).ToList();
            var windows = NaiveWindows.Windows(readings, point);
            Assert.Equal(windows, Windows(point.Number));
            Assert.Equal(NaiveWindows.Latest(readings), Latest(point.Number));
            expected.AddRange(windows);
        }
        var totals = NaiveTotals.Of(Models.Alone(Asset, _points), expected).ToDictionary(total => total.StartUs, total => total.Total);
        var emitted = _contributions.Where(said => !said.Value.IsZero).ToDictionary();
        Assert.Equal(totals.OrderBy(pair => pair.Key), emitted.OrderBy(pair => pair.Key));
    }

    private void Take()
    {
        _twin.TakeEmissions(window => _windows[(window.Point, window.StartUs)] = window);
        foreach (var delta in _deltas) _contributions[delta.StartUs] = delta.Total;
    }

    private int SlotOf(int point)
    {
        for (var slot = 0; slot < _points.Length; slot++) if (_points[slot].Number == point) return slot;
        throw new ArgumentOutOfRangeException(nameof(point));
    }
}

/// <summary>Small models for one asset.</summary>
internal static class Models
{
    public static Unit Unit(string code) => UnitTable.TryFind(code, out var unit) ? unit : throw new ArgumentException(code);

    public static Point Point(int number, string metric, string unit, PointKind kind, long holdUs) => new(number, 0, metric, Unit(unit), kind, holdUs);

    public static Model Alone(Asset asset, ImmutableArray<Point> points) =>
        new([new City("vn-dad", "Da Nang", "VN", "Asia/Ho_Chi_Minh")], [asset], points, [], []);

    public static Asset Transformer { get; } = new(0, new("vn-dad/tx/1"), AssetKind.Transformer, "1");

    public static Asset Detector { get; } = new(0, new("vn-dad/det/1"), AssetKind.Detector, "1") { FreeFlowKmh = 40, LengthKm = 0.8 };
}
