namespace MekongTwin.Domain.Access;

/// <summary>A user whose password or token was verified.</summary>
public sealed record Principal(string Name, Role Role)
{
    /// <summary>Everybody, when no user is configured and the doors are bound to loopback.</summary>
    public static Principal Open { get; } = new("open", Role.Admin);

    /// <summary>True when this user may do what <paramref name="needed"/> may do.</summary>
    public bool May(Role needed) => Role >= needed;

    /// <summary>True when this user may send readings: devices, engineers and above.</summary>
    public bool MayPublish => Role is Role.Device or >= Role.Engineer;
}

/// <summary>What came of a name and a password.</summary>
/// <param name="Principal">The user; null when the two do not belong together, or nobody has looked.</param>
/// <param name="IsBusy">True: too many wait to be verified already; this one may come again.</param>
public readonly record struct Verification(Principal? Principal, bool IsBusy = false)
{
    public static Verification Busy => new(null, IsBusy: true);
}

/// <summary>The one list of users behind HTTP and MQTT. Thread-safe; nothing here throws or blocks.</summary>
public interface IAccess
{
    /// <summary>True when no credentials are configured: every caller is <see cref="Principal.Open"/>.</summary>
    bool IsOpen { get; }

    /// <summary>
    /// Rises with every change of the list. Who serves a user for long compares it every now and then, which is also what
    /// makes a change noticed, and asks <see cref="IsCurrent"/> when it differs.
    /// </summary>
    int Version { get; }

    /// <summary>False once the user who was verified is revoked, has another role, or has other credentials.</summary>
    bool IsCurrent(Principal principal);

    /// <summary>
    /// The user with this name and password (UTF-8). A password hash is computed at most once per change; a password that
    /// was verified before does not wait behind those that are guessed.
    /// </summary>
    ValueTask<Verification> VerifyAsync(string name, ReadOnlyMemory<byte> password, CancellationToken ct);

    /// <summary>The user who holds this bearer token, or null.</summary>
    Principal? VerifyToken(string token);
}
