using MekongTwin.Domain.Access;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>Users whose password is "secret"; open when there are none.</summary>
internal sealed class FakeAccess(params Principal[] users) : IAccess
{
    private Principal[] _users = users;

    public bool IsOpen => _users.Length == 0;

    /// <summary>Other users from now on.</summary>
    public void Change(params Principal[] users) => _users = users;

    public Principal? Verify(string name, ReadOnlySpan<byte> password) =>
        password.SequenceEqual("secret"u8) ? _users.FirstOrDefault(user => user.Name == name) : null;

    public Principal? VerifyToken(string token) => _users.FirstOrDefault(user => $"token-{user.Name}" == token);
}
