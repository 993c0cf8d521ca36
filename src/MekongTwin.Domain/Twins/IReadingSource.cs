using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>The applied readings of the journal, for what is no longer hot in a twin.</summary>
public interface IReadingSource
{
    /// <summary>
    /// Appends the point's applied readings with fromUs &lt;= time &lt; toUs, in any order, copies included. False when they
    /// are not at hand yet: the twin keeps what waits for them, and settles it when asked again. A reading is applied once its
    /// twin has settled it: served before, it would look like a copy of itself.
    /// </summary>
    bool TryRead(int point, long fromUs, long toUs, List<Reading> into);
}

/// <summary>Readings that can be counted before they are read, so that a question has a bound.</summary>
public interface IReadingArchive : IReadingSource
{
    /// <summary>At least as many readings as <see cref="IReadingSource.TryRead"/> would go through for this.</summary>
    long CountAtMost(int point, long fromUs, long toUs);

    /// <summary>Readings of the point before this instant are gone: its city keeps them no longer. MinValue where all are kept.</summary>
    long ReadingsFrom(int point) => long.MinValue;
}

/// <summary>The stored windows of points, for a twin that catches up.</summary>
public interface IWindowSource
{
    /// <summary>A point's window as stored; false when nothing happened in it.</summary>
    bool TryReadWindow(int point, long startUs, out PointWindow window);
}

/// <summary>The stored totals of windows that are no longer held.</summary>
public interface ITotalsSource
{
    /// <summary>What an asset adds to a window, as stored last; nothing where it has nothing.</summary>
    Contribution ReadTotal(int asset, long startUs);
}
