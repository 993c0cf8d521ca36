using System.Security.Cryptography;
using System.Text;
using MekongTwin.Domain.Access;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Running;

/// <summary>One user as a list keeps them: passwords and tokens only as salted hashes (PBKDF2-SHA256).</summary>
internal sealed record UserEntry(string Name, Role Role, string Salt, string PasswordHash, string TokenHash, int Iterations)
{
    private const int NewIterations = 210_000;

    /// <summary>Hashed in place of users there are not, so that the time an answer takes does not tell their names.</summary>
    public static UserEntry Nobody { get; } = new("", Role.Device, NewSalt(), NewSalt(), "", NewIterations);

    /// <summary>A user with a new token, and a new password where none is given; both are shown this once.</summary>
    public static (UserEntry Entry, string Password, string Token) Make(string name, Role role, string? password)
    {
        if (name.Length is 0 or > 64 || name.Any(c => char.IsControl(c) || c == ':')) throw new InputException($"'{name}' cannot be a user's name: 1 to 64 characters, no colon.");
        password ??= NewSecret(12);
        var token = "mt_" + NewSecret(32);
        var salt = RandomNumberGenerator.GetBytes(16);
        var entry = new UserEntry(name, role, Convert.ToHexString(salt), Hash(Encoding.UTF8.GetBytes(password), salt, NewIterations), HashToken(token), NewIterations);
        return (entry, password, token);
    }

    /// <summary>False for what cannot have been made here: nobody could be verified against it.</summary>
    public static bool IsWhole(UserEntry? entry) =>
        entry is { Name.Length: > 0, Salt: not null, PasswordHash: not null, TokenHash: not null, Iterations: > 0 } && Enum.IsDefined(entry.Role)
        && entry.Salt.Length % 2 == 0 && entry.Salt.All(char.IsAsciiHexDigit);

    // Tokens are random and long: a fast hash is enough.
    public static string HashToken(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>URL-safe text of random bytes.</summary>
    public static string NewSecret(int bytes) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)).Replace('+', '-').Replace('/', '_').TrimEnd('=');

    /// <summary>Computes the slow hash.</summary>
    public bool HasPassword(ReadOnlySpan<byte> password)
    {
        var hash = Hash(password, Convert.FromHexString(Salt), Iterations);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(PasswordHash));
    }

    private static string Hash(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations) =>
        Convert.ToHexString(Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32));

    private static string NewSalt() => Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
}
