using System.Net;
using System.Net.Sockets;

namespace MekongTwin.Contracts.Mqtt;

/// <summary>A way to a broker that the test can cut, and that sees what passes.</summary>
public sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _open = [];
    private readonly int _target;
    private readonly Task _accepting;
    private int _connections;
    private int _pings;
    private int _farewells;

    public Relay(int target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>PINGREQ that came alone.</summary>
    public int Pings => Volatile.Read(ref _pings);

    /// <summary>DISCONNECT that came alone.</summary>
    public int Farewells => Volatile.Read(ref _farewells);

    /// <summary>Breaks what is open; new connections may follow.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _open.ForEach(static client => client.Dispose());
            _open.Clear();
        }
    }

    /// <summary>Breaks what is open, and nothing more comes through. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = Keep(await _listener.AcceptTcpClientAsync());
                Interlocked.Increment(ref _connections);
                _ = PassAsync(client);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private TcpClient Keep(TcpClient client)
    {
        lock (_lock)
        {
            _open.Add(client);
        }

        client.NoDelay = true;
        return client;
    }

    private async Task PassAsync(TcpClient client)
    {
        TcpClient broker = Keep(new TcpClient());
        try
        {
            await broker.ConnectAsync(IPAddress.Loopback, _target);
            await Task.WhenAny(CopyAsync(client, broker, isClient: true), CopyAsync(broker, client, isClient: false));
        }
        catch (SocketException)
        {
            // The broker is away.
        }

        client.Dispose();
        broker.Dispose();
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool isClient)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            NetworkStream source = from.GetStream();
            NetworkStream target = to.GetStream();
            while (await source.ReadAsync(buffer) is > 0 and int count)
            {
                Count(buffer.AsSpan(0, count), isClient);
                await target.WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception end) when (end is IOException or InvalidOperationException)
        {
            // Cut.
        }
    }

    private void Count(ReadOnlySpan<byte> bytes, bool isClient)
    {
        if (isClient && bytes.SequenceEqual<byte>([0xC0, 0]))
        {
            Interlocked.Increment(ref _pings);
        }
        else if (isClient && bytes.Length <= 4 && bytes[0] == 0xE0)
        {
            Interlocked.Increment(ref _farewells);
        }
    }
}
