using System.Collections.Immutable;
using MekongTwin.Domain.Assets;
using MekongTwin.Domain.Readings;

namespace MekongTwin.Domain.Twins;

/// <summary>A position in every partition of the journal.</summary>
public sealed record JournalCut(ImmutableArray<long> Offsets);

/// <summary>One door's readings within a batch: who sent them and when they were received.</summary>
public readonly record struct BatchSlice(int Source, long ReceivedUs, int Start, int Count);

/// <summary>A stretch of one journal partition, (From, To]; the slices cover its readings. The memory belongs to the caller and is not kept.</summary>
public sealed record PartitionBatch(int Partition, long From, long To, ReadOnlyMemory<Reading> Readings, IReadOnlyList<BatchSlice> Slices);

/// <summary>
/// What became of a batch, reading by reading (valid until the next batch), whose readings of it were set aside because their twins
/// failed, and what became of readings that were set aside before.
/// </summary>
public sealed record ApplyResult(long To, ReadOnlyMemory<FoldOutcome> Outcomes, IReadOnlyList<AssetId> Faulted, IReadOnlyList<LateOutcome> Late);

/// <summary>A point's newest value.</summary>
public readonly record struct LatestValue(Point Point, Reading Reading);

/// <summary>An asset as it stands: its points' newest values, and whether its twin failed on its last readings.</summary>
public sealed record TwinView(Asset Asset, IReadOnlyList<LatestValue> Latest, bool Faulted);

/// <summary>Assets that changed since the watcher last looked; <see cref="Skipped"/> counts states it never saw.</summary>
public sealed record TwinChanges(IReadOnlyList<TwinView> Views, long Skipped);

/// <summary>Which changes a watcher wants: the assets of these paths and everything below them; an empty path is everything.</summary>
public sealed record WatchFilter(ImmutableArray<string> PathPrefixes, TimeSpan Interval)
{
    public bool Matches(AssetId id) => PathPrefixes.Any(prefix =>
        id.Path.StartsWith(prefix, StringComparison.Ordinal) && (prefix.Length == 0 || id.Path.Length == prefix.Length || id.Path[prefix.Length] == '/'));
}

/// <summary>A twin's facts up to an instant.</summary>
public sealed record TwinSnapshot(Asset Asset, IReadOnlyList<LatestValue> Latest);

/// <summary>A city at one cut: every twin folded exactly that far.</summary>
public sealed record CitySnapshot(JournalCut Cut, IReadOnlyList<TwinSnapshot> Twins);

/// <summary>
/// The seam between the editions: the city's twins, wherever they live. Called by journal tailers and by the API.
/// Every member is thread-safe.
/// </summary>
public interface ITwins
{
    /// <summary>
    /// Folds one stretch of a partition: many twins, any order, copies count once. Stretches are contiguous: one that does not
    /// begin where the last ended is refused with an <see cref="ArgumentException"/>. Awaits room; completes when the readings are
    /// folded and the parents took the deltas. A failing twin is listed and the cursor still advances: its readings are set aside,
    /// it is tried again in later batches, and then its facts are those of all its readings.
    /// </summary>
    ValueTask<ApplyResult> ApplyAsync(PartitionBatch batch, CancellationToken ct);

    /// <summary>The assets as they stand, in the order asked; unknown numbers are left out.</summary>
    ValueTask<IReadOnlyList<TwinView>> ViewAsync(IReadOnlyList<AssetId> ids, CancellationToken ct);

    /// <summary>How far the journal is folded.</summary>
    ValueTask<JournalCut> AppliedAsync(CancellationToken ct);

    /// <summary>Full state first, then coalesced states: a slow reader gets the newest and a skipped count.</summary>
    IAsyncEnumerable<TwinChanges> WatchAsync(WatchFilter filter, CancellationToken ct);

    /// <summary>
    /// Every asset of a city with its facts of event times up to the instant, all at the one cut that the answer names: what is
    /// folded when it is asked.
    /// </summary>
    ValueTask<CitySnapshot> SnapshotAsync(string city, DateTimeOffset asOf, CancellationToken ct);
}
