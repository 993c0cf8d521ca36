using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;
using MekongTwin.Domain.Units;
using MekongTwin.History.Store;

namespace MekongTwin.Host.Scenarios;

/// <summary>
/// Means of the newest quarters of an hour of some points, kept as they are committed: a study branches without reading two weeks from
/// disk. What was committed before is filled in beside that. Thread-safe.
/// </summary>
internal sealed class WindowBook
{
    /// <summary>Nothing is known of a quarter yet, and nothing was measured in one.</summary>
    private const float Open = float.NegativeInfinity;
    private const float None = float.NaN;

    private readonly Lock _gate = new();
    private readonly int[] _points;
    private readonly int[] _rowOf;
    private readonly int _quarters;
    private readonly float[] _means;
    private readonly long[] _newest;
    private volatile bool _isFilled;

    /// <param name="points">Whose windows are kept.</param>
    /// <param name="quarters">How many of each.</param>
    /// <param name="nowUs">The quarter of this instant is the newest.</param>
    public WindowBook(IEnumerable<int> points, int quarters, long nowUs)
    {
        (_points, _quarters) = ([.. points], quarters);
        _rowOf = new int[_points.Length == 0 ? 0 : _points.Max() + 1];
        Array.Fill(_rowOf, -1);
        for (var row = 0; row < _points.Length; row++) _rowOf[_points[row]] = row;
        (_means, _newest) = (new float[_points.Length * quarters], new long[_points.Length]);
        Array.Fill(_means, Open);
        Array.Fill(_newest, QuarterOf(nowUs));
    }

    /// <summary>Mean of a window as studies take it: over the time that readings cover, else of the readings; null without any.</summary>
    public static float? MeanOf(in PointWindow window) =>
        window.CoveredUs > 0 ? (float)((double)window.IntegralMicro / FixedPoint.One * Instant.Hour / window.CoveredUs) : window.Count > 0 ? (float)((double)window.Sum / FixedPoint.One / window.Count) : null;

    /// <summary>Windows that were just committed.</summary>
    public void Put(IReadOnlyCollection<PointWindow> windows)
    {
        lock (_gate)
        {
            foreach (var window in windows)
            {
                if (window.Point >= _rowOf.Length || _rowOf[window.Point] is not (>= 0 and var row)) continue;
                Advance(row, QuarterOf(window.StartUs));
                if (PlaceOf(row, QuarterOf(window.StartUs)) is { } place) _means[place] = MeanOf(window) ?? None;
            }
        }
    }

    /// <summary>Fills in what was committed before. What came meanwhile is newer, and stays.</summary>
    public async Task FillAsync(ITwinQueries queries, CancellationToken ct)
    {
        for (var row = 0; row < _points.Length; row++)
        {
            ct.ThrowIfCancellationRequested();
            var end = _newest[row] + 1;
            var windows = await queries.PointWindowsAsync(_points[row], (end - _quarters) * Instant.Quarter, end * Instant.Quarter, ct);
            lock (_gate)
            {
                foreach (var window in windows)
                {
                    if (PlaceOf(row, QuarterOf(window.StartUs)) is { } place && _means[place] == Open) _means[place] = MeanOf(window) ?? None;
                }
            }
        }
        _isFilled = true;
    }

    /// <summary>Writes the means of a point's quarters, one after the other from an instant on, NaN where there is none; false when the book does not hold them all.</summary>
    public bool TryRead(int point, long fromUs, Span<double> into)
    {
        if (!_isFilled || point >= _rowOf.Length || _rowOf[point] is not (>= 0 and var row)) return false;
        lock (_gate)
        {
            var first = QuarterOf(fromUs);
            if (first <= _newest[row] - _quarters) return false;
            for (var i = 0; i < into.Length; i++) into[i] = PlaceOf(row, first + i) is { } place && _means[place] is var mean and not Open ? mean : double.NaN;
            return true;
        }
    }

    private static long QuarterOf(long us) => us / Instant.Quarter;

    private void Advance(int row, long quarter)
    {
        var newest = _newest[row];
        if (quarter <= newest) return;
        for (var next = Math.Max(newest + 1, quarter - _quarters + 1); next <= quarter; next++) _means[(row * _quarters) + (int)(next % _quarters)] = Open;
        _newest[row] = quarter;
    }

    private int? PlaceOf(int row, long quarter) => quarter > _newest[row] || quarter <= _newest[row] - _quarters ? null : (row * _quarters) + (int)(quarter % _quarters);
}
