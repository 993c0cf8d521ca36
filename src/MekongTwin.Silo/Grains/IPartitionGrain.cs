using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>
/// One partition of a region's journal: hands its readings to the asset grains and their deltas up the trees, batch after
/// batch. Keyed <c>region|number</c>.
/// </summary>
[Alias("mt.partition")]
public interface IPartitionGrain : IGrainWithStringKey
{
    /// <summary>Folds (From, To]. <paramref name="caller"/> learns the changes from the answer, the other watchers are told.</summary>
    [Alias("apply")]
    Task<WireApplied> ApplyAsync(WireBatch batch, IChangesObserver? caller);

    /// <summary>The latest readings of these assets, by number.</summary>
    [Alias("view")]
    Task<WireView> ViewAsync(int[] assets);

    /// <summary>How far the partition is folded.</summary>
    [Alias("applied")]
    Task<long> AppliedAsync();

    /// <summary>Tells this observer of changes until it has not asked again for <see cref="PartitionGrain.ObserverExpiry"/>.</summary>
    [Alias("observe")]
    Task ObserveAsync(IChangesObserver observer);
}

/// <summary>Hears which assets changed, by number.</summary>
[Alias("mt.changes")]
public interface IChangesObserver : IGrainObserver
{
    [Alias("changed")]
    void Changed(int[] assets);
}
