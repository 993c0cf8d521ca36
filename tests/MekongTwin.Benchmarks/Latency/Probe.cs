using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MekongTwin.Benchmarks.Latency;

/// <summary>A device with one point: publishes a value at QoS 0 and remembers when. MQTT 3.1.1.</summary>
internal sealed class Probe(Socket socket, string topic) : IDisposable
{
    private readonly byte[] _topic = Encoding.UTF8.GetBytes(topic);

    public static async Task<Probe> ConnectAsync(int port, string topic, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("localhost", port, ct);
        await socket.SendAsync((byte[])[0x10, 17, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, 5, .. "probe"u8], ct);
        var answer = new byte[4];
        if (await socket.ReceiveAsync(answer, ct) != 4 || answer[3] != 0) throw new InvalidOperationException("The twin refused the probe.");
        return new(socket, topic);
    }

    /// <summary>Sends a value and returns the Stopwatch time just before.</summary>
    public async Task<long> SendAsync(double value, CancellationToken ct)
    {
        var payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"v\":{value:0.00},\"t\":\"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.ffffff}Z\",\"q\":\"good\"}}"));
        var began = Stopwatch.GetTimestamp();
        await socket.SendAsync((byte[])[0x30, (byte)(2 + _topic.Length + payload.Length), 0, (byte)_topic.Length, .. _topic, .. payload], ct);
        return began;
    }

    public void Dispose() => socket.Dispose();
}
