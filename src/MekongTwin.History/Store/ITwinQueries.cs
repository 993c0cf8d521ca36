using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Store;

/// <summary>What pages read of the facts, whichever edition keeps them. Thread-safe.</summary>
public interface ITwinQueries
{
    /// <summary>Stored 15-minute windows of a point, ascending, fromUs &lt;= start &lt; toUs.</summary>
    ValueTask<IReadOnlyList<PointWindow>> PointWindowsAsync(int point, long fromUs, long toUs, CancellationToken ct);

    /// <summary>
    /// Stored 15-minute totals of an asset, ascending, fromUs &lt;= start &lt; toUs: whole, or the one part of them that a
    /// long series needs, the rest zero.
    /// </summary>
    ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(int asset, long fromUs, long toUs, TotalPart? part, CancellationToken ct);

    /// <summary>Stored 15-minute totals of many assets in one question, each one's ascending, fromUs &lt;= start &lt; toUs.</summary>
    ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(IReadOnlyCollection<int> assets, long fromUs, long toUs, CancellationToken ct);

    /// <summary>
    /// The point's applied readings with fromUs &lt;= time &lt; toUs, in any order, copies included; null when more than
    /// <paramref name="readingsMax"/> would have to be gone through for them.
    /// </summary>
    ValueTask<IReadOnlyList<Reading>?> ReadingsAsync(int point, long fromUs, long toUs, long readingsMax, CancellationToken ct);

    /// <summary>Readings of the point before this instant are gone: its city keeps them no longer. MinValue where all are kept.</summary>
    long ReadingsFrom(int point) => long.MinValue;

    /// <summary>Everything in quarantine by kind, newest first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<QuarantineGroup>> QuarantineAsync(int limit, CancellationToken ct);

    /// <summary>One kind of thing in quarantine; null when there is none with that id.</summary>
    ValueTask<QuarantineGroup?> QuarantineGroupAsync(long id, CancellationToken ct);
}
