using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace MekongTwin.Silo.Grains;

/// <summary>A partition's home is a function of the silos there are: the same on every silo, and most stay when one comes or goes.</summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("mt.partition-placement")]
public sealed class PartitionPlacement : PlacementStrategy;

[AttributeUsage(AttributeTargets.Class)]
internal sealed class PartitionPlacementAttribute() : PlacementAttribute(new PartitionPlacement());

internal sealed class PartitionDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(HomeOf(target.GrainIdentity.Key.ToString()!, context.GetCompatibleSilos(target)));

    /// <summary>Rendezvous hashing: the silo whose hash with the key is the highest.</summary>
    public static SiloAddress HomeOf(string key, IReadOnlyCollection<SiloAddress> silos) =>
        silos.MaxBy(silo => (Weight(key, silo.Endpoint.ToString()), silo.Endpoint.ToString()))!;

    private static ulong Weight(string key, string silo)
    {
        // FNV-1a, then mixed: neighbouring keys shall fall apart.
        var hash = 14695981039346656037ul;
        foreach (var letter in key) hash = (hash ^ letter) * 1099511628211ul;
        foreach (var letter in silo) hash = (hash ^ letter) * 1099511628211ul;
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccdul;
        return hash ^ (hash >> 33);
    }
}
