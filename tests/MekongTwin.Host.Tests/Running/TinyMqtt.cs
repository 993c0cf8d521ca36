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

    /// <summary>Publishes at QoS 0, all in one go, and waits until the server has taken them: it answers a ping in its turn.</summary>
    public async Task PublishAsync(IEnumerable<(ReadOnlyMemory<byte> Topic, ReadOnlyMemory<byte> Payload)> messages)
    {
        var bytes = new MemoryStream();
        foreach (var (topic, payload) in messages)
        {
            bytes.WriteByte(0x30);
            WriteLength(bytes, 2 + topic.Length + payload.Length);
            bytes.Write([(byte)(topic.Length >> 8), (byte)topic.Length]);
            bytes.Write(topic.Span);
            bytes.Write(payload.Span);
        }
        bytes.Write([0xC0, 0]);
        await Stream.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
        var (type, _) = await ReceiveAsync();
        Assert.Equal(0xD0, type);
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(byte type, byte[] body)
    {
        var bytes = new MemoryStream();
        bytes.WriteByte(type);
        WriteLength(bytes, body.Length);
        bytes.Write(body);
        await Stream.WriteAsync(bytes.ToArray());
    }

    private static void WriteLength(MemoryStream to, int length)
    {
        for (; length > 127; length >>= 7) to.WriteByte((byte)(length & 127 | 128));
        to.WriteByte((byte)length);
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
