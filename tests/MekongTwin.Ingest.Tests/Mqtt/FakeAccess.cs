using MekongTwin.Domain.Access;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>Users whose password is "secret"; open when there are none.</summary>
internal sealed class FakeAccess(params Principal[] users) : IAccess
{
    private Principal[] _users = users;

    public bool IsOpen => _users.Length == 0;

    /// <summary>Nobody's turn comes.</summary>
    public bool IsBusy { get; init; }

    public int Version { get; private set; }

    /// <summary>Other users from now on.</summary>
    public void Change(params Principal[] users)
    {
        _users = users;
        Version++;
    }

    public bool IsCurrent(Principal principal) => IsOpen ? principal == Principal.Open : _users.Contains(principal);

    public ValueTask<Verification> VerifyAsync(string name, ReadOnlyMemory<byte> password, CancellationToken ct) => ValueTask.FromResult(
        IsBusy ? Verification.Busy
        : new Verification(password.Span.SequenceEqual("secret"u8) ? _users.FirstOrDefault(user => user.Name == name) : null));

    public Principal? VerifyToken(string token) => _users.FirstOrDefault(user => $"token-{user.Name}" == token);
}
