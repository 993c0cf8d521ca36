using MekongTwin.Api;
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
        await ReadAsync(facts.PointWindowsAsync(region.Map.AssetOf(point), point, fromUs, toUs, ct));

    public async ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(int asset, long fromUs, long toUs, TotalPart? part, CancellationToken ct) =>
        await ReadAsync(facts.AssetWindowsAsync([asset], fromUs, toUs, ct));

    public async ValueTask<IReadOnlyList<AssetWindow>> AssetWindowsAsync(IReadOnlyCollection<int> assets, long fromUs, long toUs, CancellationToken ct) =>
        await ReadAsync(facts.AssetWindowsAsync(assets, fromUs, toUs, ct));

    public async ValueTask<IReadOnlyList<Reading>?> ReadingsAsync(int point, long fromUs, long toUs, long readingsMax, CancellationToken ct)
    {
        var partition = region.Map.PartitionOf(region.Map.AssetOf(point));
        return await twins.AskAsync(partition, grain => grain.ReadingsAsync(point, fromUs, toUs, readingsMax), ct) is { } packed ? Packed.Readings(packed).ToArray() : null;
    }

    public async ValueTask<IReadOnlyList<QuarantineGroup>> QuarantineAsync(int limit, CancellationToken ct) => await ReadAsync(region.Quarantine.ReadNewestAsync(limit, ct));

    public async ValueTask<QuarantineGroup?> QuarantineGroupAsync(long id, CancellationToken ct) => await ReadAsync(region.Quarantine.FindAsync(id, ct));

    /// <summary>A page does not wait for a database that is away.</summary>
    private static async Task<T> ReadAsync<T>(Task<T> reading)
    {
        try
        {
            return await reading;
        }
        catch (Exception e) when (PostgresFault.Is(e))
        {
            throw new UnavailableException($"PostgreSQL cannot be read: {PostgresFault.Reason(e)}. What is sent meanwhile waits at its sender; ask again when the database is back.", e);
        }
    }
}
