using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;

namespace MekongTwin.History.Store;

/// <summary>
/// The facts of the embedded edition: windows, totals and quarantine from the projection, readings from their archive. Files of
/// this machine are read at once: every call is complete when it returns, and a question that began is answered.
/// </summary>
public sealed class StoredQueries(TwinQueries projection, IReadingArchive archive) : ITwinQueries
{
    public ValueTask<IReadOnlyList<PointWindow>> PointWindowsAsync(int point, long fromUs, long toUs, CancellationToken ct) =>
        new(projection.PointWindows(point, fromUs, toUs));

    public ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(int asset, long fromUs, long toUs, TotalPart? part, CancellationToken ct) =>
        new(part is { } needed ? projection.AssetWindows(asset, fromUs, toUs, needed) : projection.AssetWindows(asset, fromUs, toUs));

    public ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(IReadOnlyCollection<int> assets, long fromUs, long toUs, CancellationToken ct) =>
        new(projection.AssetWindows(assets, fromUs, toUs));

    public ValueTask<IReadOnlyList<Reading>?> ReadingsAsync(int point, long fromUs, long toUs, long readingsMax, CancellationToken ct)
    {
        if (archive.CountAtMost(point, fromUs, toUs) > readingsMax) return default;
        var readings = new List<Reading>();
        archive.TryRead(point, fromUs, toUs, readings);
        return new(readings);
    }

    public long ReadingsFrom(int point) => archive.ReadingsFrom(point);

    public ValueTask<IReadOnlyList<QuarantineGroup>> QuarantineAsync(int limit, CancellationToken ct) => new(projection.Quarantine(limit));

    public ValueTask<QuarantineGroup?> QuarantineGroupAsync(long id, CancellationToken ct) => new(projection.QuarantineGroup(id));
}
