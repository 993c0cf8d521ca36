using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MekongTwin.Silo.Tests;

/// <summary>
/// A switch and rooms of the network around it (Linux network namespaces, joined by a bridge): each room has an address on it
/// and a loopback of its own, and its cable can be cut. Needs root.
/// </summary>
internal sealed class NetworkSwitch : IDisposable
{
    private static int _switches;

    // A few letters: the name of a link has at most 15. A /24 of its own each.
    private readonly string _name = $"mt{Environment.ProcessId % 100_000}-{Interlocked.Increment(ref _switches)}";
    private readonly int _subnet = Environment.ProcessId % 200 + 20;
    private readonly List<NetworkRoom> _rooms = [];

    /// <summary>This machine's address on the switch, for the broker.</summary>
    public IPAddress Broker => AddressOf(1);

    /// <summary>Another one, for the database: each can be lost by itself.</summary>
    public IPAddress Database => AddressOf(2);

    public string Subnet => $"10.77.{_subnet}.0/24";

    /// <summary>Makes it, or skips the test with the reason why that is not possible here.</summary>
    public static NetworkSwitch MakeOrSkip()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Network namespaces are Linux's.");
        var made = new NetworkSwitch();
        var refusal = Try("ip", "link", "add", made._name, "type", "bridge");
        Assert.SkipUnless(refusal is null, $"Network namespaces cannot be made here: {refusal}");
        foreach (var address in (IPAddress[])[made.Broker, made.Database]) Run("ip", "addr", "add", $"{address}/24", "dev", made._name);
        Run("ip", "link", "set", made._name, "up");
        return made;
    }

    /// <summary>A room on the switch.</summary>
    public NetworkRoom AddRoom()
    {
        var number = _rooms.Count + 1;
        var (room, outside, inside) = ($"{_name}-{number}", $"{_name}o{number}", $"{_name}i{number}");
        var refusal = Try("ip", "netns", "add", room);
        Assert.SkipUnless(refusal is null, $"Network namespaces cannot be made here: {refusal}");
        var made = new NetworkRoom(room, outside, inside, AddressOf(10 + number));
        _rooms.Add(made);
        Run("ip", "link", "add", outside, "type", "veth", "peer", "name", inside);
        Run("ip", "link", "set", inside, "netns", room);
        Run("ip", "link", "set", outside, "master", _name, "up");
        foreach (var words in new string[][] { ["link", "set", "lo", "up"], ["addr", "add", $"{made.Address}/24", "dev", inside], ["link", "set", inside, "up"] }) Run("ip", ["-n", room, .. words]);
        return made;
    }

    public void Dispose()
    {
        foreach (var room in _rooms) Try("ip", "netns", "del", room.Name);
        Try("ip", "link", "del", _name);
    }

    public static void Run(string program, params string[] words)
    {
        if (Try(program, words) is { } refusal) Assert.Fail(refusal);
    }

    private static string? Try(string program, params string[] words)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, words) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{program} {string.Join(' ', words)}: {said.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return $"{program}: {e.Message}";
        }
    }

    private IPAddress AddressOf(int host) => new([10, 77, (byte)_subnet, (byte)host]);
}

/// <summary>One network namespace with its cable to the switch.</summary>
internal sealed class NetworkRoom(string name, string outside, string inside, IPAddress address)
{
    public string Name => name;

    public IPAddress Address => address;

    /// <summary>What a command is written behind to run in the room.</summary>
    public string[] Prefix => ["ip", "netns", "exec", name];

    public void Cut() => NetworkSwitch.Run("ip", "link", "set", outside, "down");

    public void Mend() => NetworkSwitch.Run("ip", "link", "set", outside, "up");

    /// <summary>Packets to this address go nowhere from now on, without a word.</summary>
    public void Lose(IPAddress other) => NetworkSwitch.Run("ip", "-n", name, "neigh", "replace", $"{other}", "lladdr", "02:00:00:00:00:01", "dev", inside, "nud", "permanent");

    /// <summary>The address is found again.</summary>
    public void Find(IPAddress other) => NetworkSwitch.Run("ip", "-n", name, "neigh", "del", $"{other}", "dev", inside);

    /// <summary>Connects to a port of the room's loopback, whether its cable is cut or not.</summary>
    public async Task<Socket> ConnectAsync(int port, CancellationToken ct)
    {
        var socket = MakeSocket();
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, ct);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A socket belongs to the room that its thread was in when it was made.</summary>
    private Socket MakeSocket()
    {
        Socket? made = null;
        var thread = new Thread(() =>
        {
            using var room = File.OpenHandle($"/run/netns/{name}");
            if (SetNamespace((int)room.DangerousGetHandle(), 0) == 0) made = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        });
        thread.Start();
        thread.Join();
        return made ?? throw new HttpRequestException($"The network namespace {name} cannot be entered.");
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNamespace(int file, int kind);
}
