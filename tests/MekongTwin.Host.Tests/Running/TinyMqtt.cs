using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace MekongTwin.Host.Tests.Running;

/// <summary>MQTT 3.1.1 in a few lines, for one message at a time.</summary>
internal sealed class TinyMqtt : IAsyncDisposable
{
    private readonly TcpClient _tcp = new() { NoDelay = true };
    private ushort _id;

    private NetworkStream Stream => _tcp.GetStream();

    /// <summary>Connects; the server's answer is 0 when it lets the client in.</summary>
    public static async Task<(TinyMqtt Client, byte Answer)> ConnectAsync(int port, string id, string? user = null, string? password = null)
    {
        var client = new TinyMqtt();
        await client._tcp.ConnectAsync("127.0.0.1", port).WaitAsync(Patience.Long);
        var flags = (byte)(2 | (user is null ? 0 : 0xC0));
        byte[] body = [0, 4, .. "MQTT"u8, 4, flags, 0, 60, .. Text(id), .. user is null ? [] : Text(user), .. user is null ? [] : Text(password!)];
        await client.SendAsync(0x10, body);
        var (_, answer) = await client.ReceiveAsync();
        return (client, answer[1]);
    }

    public static async Task<TinyMqtt> OpenAsync(int port, string id = "tiny")
    {
        var (client, answer) = await ConnectAsync(port, id);
        Assert.Equal(0, answer);
        return client;
    }

    /// <summary>Publishes at QoS 1 and waits for the acknowledgement.</summary>
    public async Task PublishAsync(string topic, string payload)
    {
        var id = ++_id;
        await SendAsync(0x32, [.. Text(topic), (byte)(id >> 8), (byte)id, .. Encoding.UTF8.GetBytes(payload)]);
        var (type, body) = await ReceiveAsync();
        Assert.Equal(0x40, type);
        Assert.Equal(id, BinaryPrimitives.ReadUInt16BigEndian(body));
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(byte type, byte[] body)
    {
        var length = new List<byte>();
        for (var left = body.Length; ; left >>= 7)
        {
            length.Add((byte)(left > 127 ? left & 127 | 128 : left));
            if (left <= 127) break;
        }
        await Stream.WriteAsync(new byte[] { type }.Concat(length).Concat(body).ToArray());
    }

    private async Task<(byte Type, byte[] Body)> ReceiveAsync()
    {
        var header = new byte[2];
        await Stream.ReadExactlyAsync(header).AsTask().WaitAsync(Patience.Long);
        Assert.InRange(header[1], 0, 127);
        var body = new byte[header[1]];
        await Stream.ReadExactlyAsync(body).AsTask().WaitAsync(Patience.Long);
        return (header[0], body);
    }

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
    }
}
