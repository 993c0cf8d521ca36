using MekongTwin.Domain.Access;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>Users whose password is "secret"; open when there are none.</summary>
internal sealed class FakeAccess(params Principal[] users) : IAccess
{
    public bool IsOpen => users.Length == 0;

    public Principal? Verify(string name, ReadOnlySpan<byte> password) =>
        password.SequenceEqual("secret"u8) ? users.FirstOrDefault(user => user.Name == name) : null;

    public Principal? VerifyToken(string token) => users.FirstOrDefault(user => $"token-{user.Name}" == token);
}
