using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MekongTwin.Domain.Access;
using MekongTwin.History.Journal;
using MekongTwin.Host.Cities;

namespace MekongTwin.Host.Running;

/// <summary>One line of users.json: passwords and tokens only as salted hashes (PBKDF2-SHA256).</summary>
internal sealed record UserEntry(string Name, Role Role, string Salt, string PasswordHash, string TokenHash, int Iterations);

/// <summary>The users of a data directory, for HTTP and MQTT alike. A change of the file is seen at once.</summary>
internal sealed class Users : IAccess
{
    private const int Iterations = 210_000;

    private static readonly TimeSpan HashingWait = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    private readonly string _file;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Principal> _verified = new(StringComparer.Ordinal);
    private readonly Lock _hashing = new();
    private IReadOnlyList<UserEntry> _entries = [];
    private DateTime _stamp;
    private volatile bool _wasClosed;
    private (string Name, string Password, Principal Principal)? _transient;
    private long _nextLook;

    public Users(string file)
    {
        _file = file;
        Refresh();
    }

    /// <summary>Once there were users it stays closed until the next start, even when the last one is revoked.</summary>
    public bool IsOpen => Entries.Count == 0 && !_wasClosed;

    private IReadOnlyList<UserEntry> Entries
    {
        get
        {
            if (Environment.TickCount64 >= Volatile.Read(ref _nextLook)) Refresh();
            return Volatile.Read(ref _entries);
        }
    }

    /// <summary>Adds or replaces a user and gives the new password and token, shown this once.</summary>
    public static (string Password, string Token) Add(string file, string name, Role role, string? password)
    {
        if (name.Length is 0 or > 64 || name.Any(c => char.IsControl(c) || c == ':')) throw new InputException($"'{name}' cannot be a user's name: 1 to 64 characters, no colon.");
        password ??= NewSecret(12);
        var token = "mt_" + NewSecret(32);
        var salt = RandomNumberGenerator.GetBytes(16);
        var entry = new UserEntry(name, role, Convert.ToHexString(salt), Hash(Encoding.UTF8.GetBytes(password), salt, Iterations), TokenHash(token), Iterations);
        Write(file, [.. Read(file).Where(user => user.Name != name), entry]);
        return (password, token);
    }

    public static bool Revoke(string file, string name)
    {
        var entries = Read(file);
        if (entries.All(user => user.Name != name)) return false;
        Write(file, [.. entries.Where(user => user.Name != name)]);
        return true;
    }

    public static IReadOnlyList<UserEntry> Read(string file)
    {
        if (!File.Exists(file)) return [];
        try
        {
            var entries = JsonSerializer.Deserialize<List<UserEntry?>>(File.ReadAllBytes(file), Json) ?? [];
            var broken = entries.FindIndex(static entry => !IsWhole(entry));
            return broken < 0 ? [.. entries.Select(static entry => entry!)] : throw new InputException($"{file}: $[{broken}]: not a whole user. Mend it or restore it from a backup.");
        }
        catch (JsonException e)
        {
            throw new InputException($"{file}:{(e.LineNumber ?? 0) + 1}: {e.Path}: not a users file. Mend it or restore it from a backup.");
        }
    }

    private static bool IsWhole(UserEntry? entry) =>
        entry is { Name.Length: > 0, Salt: not null, PasswordHash: not null, TokenHash: not null, Iterations: > 0 } && Enum.IsDefined(entry.Role);

    /// <summary>A user of this process alone, with a password nobody else learns: for a child of the program.</summary>
    public (string Name, string Password) AddTransient(string name, Role role)
    {
        var password = NewSecret(18);
        _transient = (name, password, new Principal(name, role));
        return (name, password);
    }

    public Principal? Verify(string name, ReadOnlySpan<byte> password)
    {
        if (IsOpen) return Principal.Open;
        if (_transient is { } own && own.Name == name && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(own.Password), password)) return own.Principal;
        var entry = Entries.FirstOrDefault(user => user.Name == name);
        if (entry is null || password.Length > 1024) return null;
        // A verified password is remembered by a fast hash of it under the entry's salt, so that reconnects cost nothing.
        var key = Convert.ToHexString(SHA256.HashData([.. Encoding.UTF8.GetBytes(entry.PasswordHash), .. password]));
        if (_verified.TryGetValue(key, out var known)) return known;
        // One at a time: guessing passwords costs at most one core. Who waits long is sent away.
        if (!_hashing.TryEnter(HashingWait)) return null;
        try
        {
            var hash = Hash(password, Convert.FromHexString(entry.Salt), entry.Iterations);
            if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(entry.PasswordHash))) return null;
        }
        finally
        {
            _hashing.Exit();
        }
        return _verified[key] = new(entry.Name, entry.Role);
    }

    public Principal? VerifyToken(string token)
    {
        if (IsOpen) return Principal.Open;
        var hash = TokenHash(token);
        var entry = Entries.FirstOrDefault(user => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(user.TokenHash), Encoding.ASCII.GetBytes(hash)));
        return entry is null ? null : new(entry.Name, entry.Role);
    }

    private void Refresh()
    {
        lock (_gate)
        {
            Volatile.Write(ref _nextLook, Environment.TickCount64 + 1000);
            var stamp = File.Exists(_file) ? File.GetLastWriteTimeUtc(_file) : default;
            if (stamp == _stamp) return;
            try
            {
                Volatile.Write(ref _entries, Read(_file));
            }
            catch (InputException) when (_wasClosed)
            {
                // A broken file does not open the doors: the users known so far stay.
                return;
            }
            _wasClosed |= _entries.Count > 0;
            _stamp = stamp;
            _verified.Clear();
        }
    }

    private static void Write(string file, IReadOnlyList<UserEntry> entries)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var temporary = file + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, options))
        {
            JsonSerializer.Serialize(stream, entries, Json);
        }
        DiskFiles.MakeDurable(temporary);
        File.Move(temporary, file, overwrite: true);
        DiskFiles.MakeDurable(file);
    }

    private static string Hash(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations) =>
        Convert.ToHexString(Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32));

    // Tokens are random and long: a fast hash is enough.
    private static string TokenHash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static string NewSecret(int bytes) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)).Replace('+', '-').Replace('/', '_').TrimEnd('=');
}
