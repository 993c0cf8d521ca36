namespace MekongTwin.Host.Running;

/// <summary>The users as they were read at one time.</summary>
/// <param name="Entries">The users.</param>
/// <param name="IsBroken">True: what is kept now cannot be read, these are the users known before. Open doors close.</param>
internal sealed record UserSnapshot(IReadOnlyList<UserEntry> Entries, bool IsBroken = false);

/// <summary>Where the users are kept. It was read when it was opened: from then on there are users known so far.</summary>
internal interface IUserList
{
    /// <summary>
    /// The users as last read, the same object until they change; a change shows within about a second. Thread-safe; it does
    /// not throw.
    /// </summary>
    UserSnapshot Look();

    /// <summary>Adds a user or replaces the one of that name, wholly or not at all.</summary>
    Task AddAsync(UserEntry entry, CancellationToken ct);

    /// <summary>False when there is nobody of that name.</summary>
    Task<bool> RevokeAsync(string name, CancellationToken ct);
}
