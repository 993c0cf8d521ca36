using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Contracts;

/// <summary>A store of facts in memory.</summary>
public sealed class MemoryStore : ITwinStore
{
    private readonly Dictionary<(int, long), PointWindow> _windows = [];
    private readonly Dictionary<(int Asset, long StartUs), Contribution> _totals = [];
    private readonly Dictionary<int, Reading> _latest = [];
    private readonly Dictionary<(int Point, int Source), SetAsideReadings> _setAside = [];

    public IReadOnlyCollection<Reading> Latest => _latest.Values;

    /// <summary>How often a total was read.</summary>
    public int TotalsRead { get; private set; }

    public Facts Facts => new(_latest.Values, _windows.Values, _totals.Select(total => new AssetWindow(total.Key.Asset, total.Key.StartUs, total.Value)));

    public void Put(in PointWindow window) => _windows[(window.Point, window.StartUs)] = window;

    public void Put(in AssetWindow total) => _totals[(total.Asset, total.StartUs)] = total.Total;

    public void PutLatest(in Reading latest) => _latest[latest.Point] = latest;

    public bool TryReadWindow(int point, long startUs, out PointWindow window) => _windows.TryGetValue((point, startUs), out window);

    public void Put(in SetAsideReadings readings) => _setAside[(readings.Point, readings.Source)] = readings;

    public void ForgetSetAside(int point)
    {
        foreach (var key in _setAside.Keys.Where(key => key.Point == point).ToList()) _setAside.Remove(key);
    }

    public IReadOnlyList<SetAsideReadings> ReadSetAside() => [.. _setAside.Values];

    public Contribution ReadTotal(int asset, long startUs)
    {
        TotalsRead++;
        return _totals.GetValueOrDefault((asset, startUs));
    }
}

/// <summary>Applied readings in memory; look-ups of one point can be made to throw. Reads may come from several loops.</summary>
public sealed class MemoryReadings : IReadingSource
{
    private readonly Dictionary<int, List<Reading>> _byPoint = [];

    public int? Broken { get; set; }

    public void Add(ReadOnlySpan<Reading> readings)
    {
        foreach (var reading in readings)
        {
            if (!_byPoint.TryGetValue(reading.Point, out var list)) _byPoint[reading.Point] = list = [];
            list.Add(reading);
        }
    }

    public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
    {
        if (point == Broken) throw new IOException($"The readings of point {point} cannot be read.");
        if (!_byPoint.TryGetValue(point, out var list)) return true;
        foreach (var reading in list)
        {
            if (reading.TimeUs >= fromUs && reading.TimeUs < toUs) into.Add(reading);
        }
        return true;
    }
}
