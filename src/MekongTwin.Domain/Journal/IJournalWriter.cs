namespace MekongTwin.Domain.Journal;

/// <summary>The journal's front: frames in, group commits out. Thread-safe.</summary>
public interface IJournalWriter
{
    /// <summary>
    /// Adds whole frames to the next group commit and gives its ticket. False when there is no room: await
    /// <see cref="WaitRoomAsync"/> and try again. An urgent append waits
    /// at most the journal's patience (<c>JournalOptions.Patience</c>, 2 ms) for others to share its commit, another one its linger.
    /// </summary>
    bool TryAppend(ReadOnlySpan<byte> frames, bool urgent, out long ticket);

    /// <summary>Completes when there is room: the bytes not yet on disk and those not yet folded are below their bounds.</summary>
    ValueTask WaitRoomAsync(CancellationToken ct);
}
