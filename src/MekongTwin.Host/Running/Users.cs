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

/// <summary>The users of a data directory, for HTTP and MQTT alike. A change of the file is seen within a second of being asked.</summary>
internal sealed class Users : IAccess
{
    private const int Iterations = 210_000;

    /// <summary>Most passwords in the queue to be hashed, the one at work included: a second or two of waiting.</summary>
    public const int WaitingMax = 16;

    private const int PasswordMax = 1024;

    /// <summary>Hashed in place of users there are not, so that the time an answer takes does not tell their names.</summary>
    private static readonly Known Nobody = new(new("", Role.Device, NewSalt(), NewSalt(), "", Iterations), new("", Role.Device));

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    private readonly string _file;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Known> _verified = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _hashing = new(1);
    private int _waiting;
    private volatile Dictionary<string, Known> _known = [];
    private int _version;
    private DateTime _stamp;
    private volatile bool _wasClosed;
    private (string Name, string Password, Principal Principal)? _transient;
    private long _nextLook;

    public Users(string file)
    {
        _file = file;
        Load(Stamp());
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
            if (Environment.TickCount64 >= Volatile.Read(ref _nextLook)) Refresh();
            return _known;
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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be read: {e.Message} Let this user read it, or give another data directory.");
        }
        catch (JsonException e)
        {
            throw new InputException($"{file}:{(e.LineNumber ?? 0) + 1}: {e.Path}: not a users file. Mend it or restore it from a backup.");
        }
    }

    private static bool IsWhole(UserEntry? entry) =>
        entry is { Name.Length: > 0, Salt: not null, PasswordHash: not null, TokenHash: not null, Iterations: > 0 } && Enum.IsDefined(entry.Role)
        && entry.Salt.Length % 2 == 0 && entry.Salt.All(char.IsAsciiHexDigit);

    /// <summary>A user of this process alone, with a password nobody else learns: for a child of the program.</summary>
    public (string Name, string Password) AddTransient(string name, Role role)
    {
        var password = NewSecret(18);
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
                if (!_verified.ContainsKey(key) && !Matches(user.Entry, password.Span)) return default;
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
        var hash = Encoding.ASCII.GetBytes(TokenHash(token));
        return List.Values.FirstOrDefault(user => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(user.Entry.TokenHash), hash))?.Principal;
    }

    private static bool Matches(UserEntry entry, ReadOnlySpan<byte> password)
    {
        var hash = Hash(password, Convert.FromHexString(entry.Salt), entry.Iterations);
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(entry.PasswordHash));
    }

    private DateTime Stamp() => File.Exists(_file) ? File.GetLastWriteTimeUtc(_file) : default;

    private void Refresh()
    {
        lock (_gate)
        {
            Volatile.Write(ref _nextLook, Environment.TickCount64 + 1000);
            try
            {
                var stamp = Stamp();
                if (stamp != _stamp) Load(stamp);
            }
            catch (Exception e) when (e is InputException or IOException or UnauthorizedAccessException)
            {
                // A file that cannot be read does not open the doors, and closes open ones: the users known so far stay.
                if (_wasClosed) return;
                _wasClosed = true;
                Interlocked.Increment(ref _version);
            }
        }
    }

    /// <summary>Who has not changed stays the same principal: that is how <see cref="IsCurrent"/> knows.</summary>
    private void Load(DateTime stamp)
    {
        var known = new Dictionary<string, Known>(StringComparer.Ordinal);
        foreach (var entry in Read(_file)) known.TryAdd(entry.Name, _known.TryGetValue(entry.Name, out var before) && before.Entry == entry ? before : new(entry, new(entry.Name, entry.Role)));
        _known = known;
        _wasClosed |= known.Count > 0;
        _stamp = stamp;
        foreach (var (key, user) in _verified)
        {
            if (known.GetValueOrDefault(user.Entry.Name)?.Entry.PasswordHash != user.Entry.PasswordHash) _verified.TryRemove(key, out _);
        }
        Interlocked.Increment(ref _version);
    }

    private static void Write(string file, IReadOnlyList<UserEntry> entries)
    {
        var temporary = file + ".new";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(temporary, options))
            {
                JsonSerializer.Serialize(stream, entries, Json);
            }
            DiskFiles.MakeDurable(temporary);
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw new InputException($"{file}: cannot be written: {e.Message} Nothing was changed. Give a data directory that this user may write to.");
        }
        try
        {
            DiskFiles.MakeDurable(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: was changed, but a power cut may undo it: {e.Message} Mend the disk and do it again.");
        }
    }

    private static string Hash(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations) =>
        Convert.ToHexString(Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32));

    // Tokens are random and long: a fast hash is enough.
    private static string TokenHash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static string NewSalt() => Convert.ToHexString(RandomNumberGenerator.GetBytes(32));

    private static string NewSecret(int bytes) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)).Replace('+', '-').Replace('/', '_').TrimEnd('=');

    /// <summary>A user of the list, with the one principal that stands for the entry.</summary>
    private sealed record Known(UserEntry Entry, Principal Principal);
}
