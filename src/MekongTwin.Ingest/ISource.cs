using MekongTwin.Domain.Access;

namespace MekongTwin.Ingest;

/// <summary>
/// What became of one publish at the door, the best that any part of it came to. What is neither refused nor rejected
/// reaches the journal whole.
/// </summary>
public enum Admission
{
    /// <summary>At least one reading was admitted; parts that were not are counted by reason.</summary>
    Admitted,

    /// <summary>Kept in quarantine with its reason (unknown point, unknown unit, implausible time).</summary>
    Quarantined,

    /// <summary>Kept in quarantine whole: nobody could read the payload.</summary>
    Undecodable,

    /// <summary>Read, but no value of it can be taken: out of range, or older than the retention. Counted by reason.</summary>
    Refused,

    /// <summary>The topic is not one of the twin's input topics, or the user may not publish. Counted by reason.</summary>
    Rejected,
}

/// <summary>
/// The route a topic leads to, resolved once: a number that stays valid while <see cref="ISource.RoutesVersion"/> does.
/// Zero is no route yet (resolve it).
/// </summary>
public readonly record struct Route(int Handle);

/// <summary>
/// One connection's way into the journal. Not thread-safe: one read loop owns it.
/// Publishes are decoded into a batch; <see cref="SubmitAsync"/> hands the batch to the journal's next group commit.
/// </summary>
public interface ISource : IDisposable
{
    /// <summary>Rises whenever the model or a mapping changes: cached routes (topic aliases) must be resolved again.</summary>
    int RoutesVersion { get; }

    /// <summary>Finds the route of a topic (UTF-8, already validated as a topic name). Allocates nothing.</summary>
    Route Resolve(ReadOnlySpan<byte> topic);

    /// <summary>
    /// Decodes one publish into the current batch. Never throws for hostile payloads. Allocates nothing for admitted ones.
    /// <paramref name="topic"/> is needed for quarantine records and may be the alias' topic.
    /// </summary>
    Admission Admit(Route route, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload);

    /// <summary>True when the current batch holds anything.</summary>
    bool HasBatch { get; }

    /// <summary>
    /// Stamps the batch with its receive time, waits while the journal has no room (back-pressure), hands it over,
    /// and returns its ticket: it is durable once <see cref="ICommits.Durable"/> has reached it.
    /// Returns the last ticket at once when the batch is empty.
    /// </summary>
    ValueTask<long> SubmitAsync(CancellationToken ct);
}

/// <summary>The journal's progress as the doors see it.</summary>
public interface ICommits
{
    /// <summary>Every ticket up to and including this one is on disk.</summary>
    long Durable { get; }

    /// <summary>Completes when <paramref name="ticket"/> is durable. Waits through a full disk; ends only by cancellation.</summary>
    ValueTask WaitDurableAsync(long ticket, CancellationToken ct);
}

/// <summary>Opens sources for connections.</summary>
public interface IAdmissions
{
    /// <summary>
    /// A source named after its device or broker, e.g. <c>mqtt:sensor-12</c>, for the ledger. Names are bounded:
    /// beyond the bound sources share one line of the ledger.
    /// </summary>
    ISource Open(string name, Principal principal);

    ICommits Commits { get; }
}

/// <summary>One message of the twin's own outputs: live values and alarms.</summary>
public readonly record struct OutputMessage(string Topic, ReadOnlyMemory<byte> Payload);

/// <summary>The twin's own outputs as MQTT topics.</summary>
public interface IOutputs
{
    /// <summary>True for filters under <c>mt/v1/live/</c> and <c>mt/v1/alarms/</c> (wildcards allowed below those).</summary>
    bool IsServed(string filter);

    /// <summary>
    /// The newest message of every matching topic first, then changes, coalesced: a slow reader gets the newest value of
    /// each topic, never a growing queue.
    /// </summary>
    IAsyncEnumerable<OutputMessage> WatchAsync(string filter, CancellationToken ct);
}
