using MekongTwin.Contracts;
using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Twins;

namespace MekongTwin.Silo.Tests;

/// <summary>A store in memory that many grains use at once.</summary>
internal sealed class SharedStore : ITwinStore
{
    private readonly Lock _gate = new();
    private readonly MemoryStore _store = new();

    public Facts Facts
    {
        get
        {
            lock (_gate) return _store.Facts;
        }
    }

    public IEnumerable<Reading> LatestOf(IReadOnlyCollection<int> points)
    {
        lock (_gate) return [.. _store.Latest.Where(reading => points.Contains(reading.Point))];
    }

    public void Put(in PointWindow window)
    {
        lock (_gate) _store.Put(window);
    }

    public void Put(in Delta total)
    {
        lock (_gate) _store.Put(total);
    }

    public void PutLatest(in Reading latest)
    {
        lock (_gate) _store.PutLatest(latest);
    }

    public void Put(in SetAsideReadings readings)
    {
        lock (_gate) _store.Put(readings);
    }

    public void ForgetSetAside(int point)
    {
        lock (_gate) _store.ForgetSetAside(point);
    }

    public IReadOnlyList<SetAsideReadings> ReadSetAside()
    {
        lock (_gate) return [.. _store.ReadSetAside()];
    }

    public bool TryReadWindow(int point, long startUs, out PointWindow window)
    {
        lock (_gate) return _store.TryReadWindow(point, startUs, out window);
    }

    public bool TryReadTotal(int asset, long startUs, out Delta total)
    {
        lock (_gate) return _store.TryReadTotal(asset, startUs, out total);
    }
}

/// <summary>Applied readings in memory that many grains read at once.</summary>
internal sealed class SharedReadings : IReadingSource
{
    private readonly Lock _gate = new();
    private readonly MemoryReadings _readings = new();

    public int? Broken
    {
        get => _readings.Broken;
        set => _readings.Broken = value;
    }

    public void Add(ReadOnlySpan<Reading> readings)
    {
        lock (_gate) _readings.Add(readings);
    }

    public bool TryRead(int point, long fromUs, long toUs, List<Reading> into)
    {
        lock (_gate) return _readings.TryRead(point, fromUs, toUs, into);
    }
}
