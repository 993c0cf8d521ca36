using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace MekongTwin.Contracts.Mqtt;

/// <summary>A mosquitto of the test's own, with a folder that goes with it. A test is skipped where mosquitto is not installed.</summary>
public sealed class MosquittoBroker : IAsyncDisposable
{
    private readonly string _configuration;
    private Process? _process;

    /// <param name="lines">What its configuration says besides: a plain listener, no bound on queues.</param>
    public MosquittoBroker(params string[] lines)
    {
        Programs.SkipWithout("mosquitto");
        Programs.SkipWithout("mosquitto_pub");
        Folder = Directory.CreateTempSubdirectory("mosquitto-").FullName;
        _configuration = Path.Combine(Folder, "mosquitto.conf");
        File.WriteAllLines(
            _configuration,
            [$"listener {Port} 127.0.0.1", "max_inflight_messages 0", "max_queued_messages 0", "sys_interval 1", "log_type none", "user root", .. lines]);
        Start();
    }

    /// <summary>For the files its configuration names.</summary>
    public string Folder { get; }

    public int Port { get; } = Programs.FreePort();

    /// <summary>A line for a password file.</summary>
    public static string PasswordLine(string user, string password)
    {
        const int iterations = 101;
        byte[] salt = RandomNumberGenerator.GetBytes(12);
        byte[] hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, 64);
        return $"{user}:$7${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    public void Start() => _process = Programs.Start("mosquitto", "-c", _configuration);

    /// <summary>Listens on its port: a program that does not try again may come.</summary>
    public Task ListensAsync() => Wait.UntilAsync(CanConnect, "the broker to listen");

    /// <summary>Ends it like a power cut.</summary>
    public async Task KillAsync()
    {
        if (_process is null)
        {
            return;
        }

        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Wait.Limit);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Publishes messages and waits until the broker has acknowledged them.</summary>
    public async Task PublishAsync(string topic, int qos, IEnumerable<string> payloads, params string[] arguments)
    {
        using Process publisher = Programs.Start(
            "mosquitto_pub",
            ["-h", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-q", $"{qos}", "-t", topic, "-l", .. arguments]);
        await publisher.StandardInput.WriteAsync(string.Concat(payloads.Select(payload => payload + "\n")));
        publisher.StandardInput.Close();
        await publisher.WaitForExitAsync().WaitAsync(Wait.Limit);
        Assert.Equal(0, publisher.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private bool CanConnect()
    {
        try
        {
            using TcpClient client = new("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
