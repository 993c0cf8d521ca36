using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using MekongTwin.Domain.Access;

namespace MekongTwin.Host.Running;

/// <summary>The users of a list, for HTTP and MQTT alike, wherever the list is kept.</summary>
internal sealed class Users : IAccess
{
    /// <summary>Most passwords in the queue to be hashed, the one at work included: a second or two of waiting.</summary>
    public const int WaitingMax = 16;

    private const int PasswordMax = 1024;

    private static readonly Known Nobody = new(UserEntry.Nobody, new("", Role.Device));

    private readonly IUserList _list;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Known> _verified = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _hashing = new(1);
    private int _waiting;
    private volatile UserSnapshot? _seen;
    private volatile Dictionary<string, Known> _known = [];
    private int _version;
    private volatile bool _wasClosed;
    private (string Name, string Password, Principal Principal)? _transient;

    public Users(IUserList list)
    {
        _list = list;
        Refresh();
    }

    /// <summary>Once there were users it stays closed until the next start, even when the last one is revoked.</summary>
    public bool IsOpen => List.Count == 0 && !_wasClosed;

    public int Version
    {
        get
        {
            _ = List;
            return Volatile.Read(ref _version);
        }
    }

    private Dictionary<string, Known> List
    {
        get
        {
            if (!ReferenceEquals(_list.Look(), _seen)) Refresh();
            return _known;
        }
    }

    /// <summary>A user of this process alone, with a password nobody else learns: for a child of the program.</summary>
    public (string Name, string Password) AddTransient(string name, Role role)
    {
        var password = UserEntry.NewSecret(18);
        _transient = (name, password, new Principal(name, role));
        return (name, password);
    }

    public bool IsCurrent(Principal principal)
    {
        if (ReferenceEquals(principal, Principal.Open)) return IsOpen;
        if (_transient is { } own && ReferenceEquals(principal, own.Principal)) return true;
        return List.TryGetValue(principal.Name, out var user) && ReferenceEquals(principal, user.Principal);
    }

    public async ValueTask<Verification> VerifyAsync(string name, ReadOnlyMemory<byte> password, CancellationToken ct)
    {
        if (IsOpen) return new(Principal.Open);
        if (_transient is { } own && own.Name == name && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(own.Password), password.Span)) return new(own.Principal);
        if (password.Length > PasswordMax) return default;
        var user = List.GetValueOrDefault(name) ?? Nobody;
        // A verified password is remembered by a fast hash of it under the entry's own, so that reconnects cost nothing.
        var key = Convert.ToHexString(SHA256.HashData([.. Encoding.UTF8.GetBytes(user.Entry.PasswordHash), .. password.Span]));
        if (_verified.ContainsKey(key)) return new(user.Principal);
        // One at a time: guessing passwords costs at most one core, and no thread waits for it.
        try
        {
            if (Interlocked.Increment(ref _waiting) > WaitingMax) return Verification.Busy;
            await _hashing.WaitAsync(ct);
            try
            {
                if (!_verified.ContainsKey(key) && !user.Entry.HasPassword(password.Span)) return default;
            }
            finally
            {
                _hashing.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
        _verified[key] = user;
        return new(user.Principal);
    }

    public Principal? VerifyToken(string token)
    {
        if (IsOpen) return Principal.Open;
        var hash = Encoding.ASCII.GetBytes(UserEntry.HashToken(token));
        return List.Values.FirstOrDefault(user => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(user.Entry.TokenHash), hash))?.Principal;
    }

    private void Refresh()
    {
        lock (_gate)
        {
            // Looked at in here, so that no older list follows a newer one.
            var snapshot = _list.Look();
            if (!ReferenceEquals(snapshot, _seen)) Load(snapshot);
        }
    }

    /// <summary>
    /// Who has not changed stays the same principal: that is how <see cref="IsCurrent"/> knows. A list that cannot be read does
    /// not open the doors, and closes open ones: the users known so far stay.
    /// </summary>
    private void Load(UserSnapshot snapshot)
    {
        var known = new Dictionary<string, Known>(StringComparer.Ordinal);
        foreach (var entry in snapshot.Entries) known.TryAdd(entry.Name, _known.TryGetValue(entry.Name, out var before) && before.Entry == entry ? before : new(entry, new(entry.Name, entry.Role)));
        _wasClosed |= known.Count > 0 || snapshot.IsBroken;
        _known = known;
        foreach (var (key, user) in _verified)
        {
            if (known.GetValueOrDefault(user.Entry.Name)?.Entry.PasswordHash != user.Entry.PasswordHash) _verified.TryRemove(key, out _);
        }
        Interlocked.Increment(ref _version);
        _seen = snapshot;
    }

    /// <summary>A user of the list, with the one principal that stands for the entry.</summary>
    private sealed record Known(UserEntry Entry, Principal Principal);
}
