using MekongTwin.Domain.Readings;
using MekongTwin.Domain.Series;
using MekongTwin.Domain.Twins;
using MekongTwin.History.Store;
using MekongTwin.Silo.Storage;
using MekongTwin.Silo.Twins;
using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Running;

/// <summary>What pages read: committed facts from the database, readings from the partition that has them.</summary>
internal sealed class SiloQueries(Region region, StoredFacts facts, OrleansTwins twins) : ITwinQueries
{
    public async ValueTask<IReadOnlyList<PointWindow>> PointWindowsAsync(int point, long fromUs, long toUs, CancellationToken ct) =>
        await facts.PointWindowsAsync(region.Map.AssetOf(point), point, fromUs, toUs, ct);

    public async ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(int asset, long fromUs, long toUs, TotalPart? part, CancellationToken ct) =>
        await facts.AssetWindowsAsync([asset], fromUs, toUs, ct);

    public async ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(IReadOnlyCollection<int> assets, long fromUs, long toUs, CancellationToken ct) =>
        await facts.AssetWindowsAsync(assets, fromUs, toUs, ct);

    public async ValueTask<IReadOnlyList<Reading>?> ReadingsAsync(int point, long fromUs, long toUs, long readingsMax, CancellationToken ct)
    {
        var partition = twins.Partition(region.Map.PartitionOf(region.Map.AssetOf(point)));
        return await partition.ReadingsAsync(point, fromUs, toUs, readingsMax).WaitAsync(ct) is { } packed ? Packed.Readings(packed).ToArray() : null;
    }

    public async ValueTask<IReadOnlyList<QuarantineGroup>> QuarantineAsync(int limit, CancellationToken ct) => await region.Quarantine.ReadNewestAsync(limit, ct);

    public async ValueTask<QuarantineGroup?> QuarantineGroupAsync(long id, CancellationToken ct) => await region.Quarantine.FindAsync(id, ct);
}
