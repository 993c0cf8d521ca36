using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MekongTwin.Simulators.Tests;

/// <summary>A publish as the fake server read it.</summary>
internal sealed record Heard(int Connection, string Topic, string Payload, int Id);

/// <summary>
/// The least server that a publisher needs, on loopback: CONNACK, PUBACK in one byte writes where asked, PINGRESP. It can hang
/// up after a number of publishes without acknowledging the last ones.
/// </summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public FakeServer(IPAddress? address = null)
    {
        _listener = new(address ?? IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public ConcurrentQueue<Heard> Publishes { get; } = new();

    public ConcurrentQueue<byte[]> Connects { get; } = new();

    public byte ConnectReason { get; init; }

    /// <summary>The first connection is cut when this many publishes were read; the last ten of them stay unacknowledged.</summary>
    public int CutAfter { get; init; } = int.MaxValue;

    public bool IsFragmenting { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            for (var number = 0; ; number++) serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), number));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using var held = client;
        client.NoDelay = true;
        var stream = client.GetStream();
        var count = 0;
        try
        {
            while (true)
            {
                var (type, body) = await ReadPacketAsync(stream);
                if (type >> 4 == 3 && number == 0 && ++count >= CutAfter - 10)
                {
                    Publishes.Enqueue(Parse(number, type, body));
                    if (count >= CutAfter) return;
                    continue;
                }
                await WriteAsync(stream, Answer(number, type, body));
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client has left.
        }
    }

    private byte[] Answer(int number, byte type, byte[] body)
    {
        switch (type >> 4)
        {
            case 1:
                Connects.Enqueue(body);
                return body[6] == 5 ? [0x20, 6, 0, ConnectReason, 3, 0x21, 0, 8] : [0x20, 2, 0, ConnectReason];
            case 3:
                var heard = Parse(number, type, body);
                Publishes.Enqueue(heard);
                return heard.Id == 0 ? [] : [0x40, 2, (byte)(heard.Id >> 8), (byte)heard.Id];
            case 12:
                return [0xD0, 0];
            default:
                return [];
        }
    }

    private Heard Parse(int number, byte type, byte[] body)
    {
        var topic = (body[0] << 8) | body[1];
        var hasId = (type & 0x06) != 0;
        var at = 2 + topic;
        var id = hasId ? (body[at] << 8) | body[at + 1] : 0;
        at += (hasId ? 2 : 0) + (Connects.Last()[6] == 5 ? 1 : 0);
        return new(number, Encoding.UTF8.GetString(body, 2, topic), Encoding.UTF8.GetString(body.AsSpan(at)), id);
    }

    private async Task WriteAsync(NetworkStream stream, byte[] answer)
    {
        if (!IsFragmenting)
        {
            await stream.WriteAsync(answer, _stop.Token);
            return;
        }
        foreach (var octet in answer) await stream.WriteAsync(new[] { octet }, _stop.Token);
    }

    private async Task<(byte Type, byte[] Body)> ReadPacketAsync(NetworkStream stream)
    {
        var one = new byte[1];
        await stream.ReadExactlyAsync(one, _stop.Token);
        var type = one[0];
        var length = 0;
        for (var shift = 0; ; shift += 7)
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            length |= (one[0] & 0x7F) << shift;
            if (one[0] < 0x80) break;
        }
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return (type, body);
    }
}
