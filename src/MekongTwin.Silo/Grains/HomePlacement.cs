using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace MekongTwin.Silo.Grains;

/// <summary>
/// A partition's home is a function of the silos there are: the same on every silo, and most stay when one comes or goes. A
/// receiver's is the silo that its key names.
/// </summary>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("mt.partition-placement")]
public sealed class HomePlacement : PlacementStrategy;

[AttributeUsage(AttributeTargets.Class)]
internal sealed class HomePlacementAttribute() : PlacementAttribute(new HomePlacement());

internal sealed class HomeDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var key = target.GrainIdentity.Key.ToString()!;
        var silos = context.GetCompatibleSilos(target);
        var named = key[(key.IndexOf('|', StringComparison.Ordinal) + 1)..];
        // The others' keys are numbers.
        if (!named.Contains('@', StringComparison.Ordinal)) return Task.FromResult(HomeOf(key, silos)!);
        return Task.FromResult(silos.FirstOrDefault(silo => silo.ToParsableString() == named) ?? throw new SiloUnavailableException($"Silo {named} is gone."));
    }

    /// <summary>Rendezvous hashing: the silo whose hash with the key is the highest.</summary>
    public static SiloAddress? HomeOf(string key, IReadOnlyCollection<SiloAddress> silos) =>
        silos.MaxBy(silo => (Weight(key, silo.Endpoint.ToString()), silo.Endpoint.ToString()));

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
