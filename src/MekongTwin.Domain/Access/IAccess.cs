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

/// <summary>The one list of users behind HTTP and MQTT. Thread-safe.</summary>
public interface IAccess
{
    /// <summary>True when no credentials are configured: every caller is <see cref="Principal.Open"/>.</summary>
    bool IsOpen { get; }

    /// <summary>The user with this name and password (UTF-8), or null. Costs a password hash at most once per change.</summary>
    Principal? Verify(string name, ReadOnlySpan<byte> password);

    /// <summary>The user who holds this bearer token, or null.</summary>
    Principal? VerifyToken(string token);
}
