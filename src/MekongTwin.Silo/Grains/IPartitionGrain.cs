using MekongTwin.Silo.Wire;

namespace MekongTwin.Silo.Grains;

/// <summary>
/// One partition of a region's journal: its only writer, and the loop that hands its readings to the asset grains. Keyed
/// <c>region|number</c>.
/// </summary>
[Alias("mt.partition")]
public interface IPartitionGrain : IGrainWithStringKey
{
    /// <summary>
    /// Puts frames at the journal's end; completes when they are durable. A door numbers its appends and has one under way: one
    /// that is sent again is recognised. One that takes long ends with a <see cref="TimeoutException"/> and may become durable
    /// all the same.
    /// </summary>
    [Alias("append")]
    Task AppendAsync(WireAppend append);

    /// <summary>Folds (From, To] of a journal that somebody else keeps. <paramref name="caller"/> learns the changes from the answer, the other watchers are told.</summary>
    [Alias("apply")]
    Task<WireApplied> ApplyAsync(WireBatch batch, IChangesObserver? caller);

    /// <summary>The latest readings of these assets, by number.</summary>
    [Alias("view")]
    Task<WireView> ViewAsync(int[] assets);

    /// <summary>The same as it was at an instant.</summary>
    [Alias("snapshot")]
    Task<WireView> SnapshotAsync(int[] assets, long untilUs);

    /// <summary>A point's applied readings; null when more than so many would have to be gone through.</summary>
    [Alias("readings")]
    Task<byte[]?> ReadingsAsync(int point, long fromUs, long toUs, long readingsMax);

    /// <summary>The sources' accounts: lines as they are stored.</summary>
    [Alias("ledger")]
    Task<WireLedger> LedgerAsync();

    /// <summary>Units of what quarantine keeps of a kind, each once.</summary>
    [Alias("quarantine-units")]
    Task<string[]> QuarantineUnitsAsync(WireQuarantineKind kind);

    /// <summary>Takes what quarantine keeps of a kind in as readings of a point; gives how many that were.</summary>
    [Alias("release")]
    Task<int> ReleaseAsync(WireQuarantineKind kind, int point);

    /// <summary>Throws away what quarantine keeps of a kind.</summary>
    [Alias("discard")]
    Task DiscardAsync(WireQuarantineKind kind);

    /// <summary>Folds and commits what is journalled now.</summary>
    [Alias("settle")]
    Task SettleAsync();

    /// <summary>
    /// How the partition is. Whoever asks every second keeps it active wherever it is wanted, and with an observer hears of
    /// changes until it has not asked for <see cref="PartitionGrain.ObserverExpiry"/>.
    /// </summary>
    [Alias("beat")]
    Task<WireStatus> BeatAsync(IChangesObserver? observer);

    /// <summary>Commits and goes: the next call activates it anew.</summary>
    [Alias("leave")]
    Task LeaveAsync();
}

/// <summary>Hears which assets changed, by number.</summary>
[Alias("mt.changes")]
public interface IChangesObserver : IGrainObserver
{
    [Alias("changed")]
    void Changed(int[] assets);
}
