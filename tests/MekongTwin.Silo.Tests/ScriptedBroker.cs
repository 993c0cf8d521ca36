using System.Net;
using System.Net.Sockets;
using System.Text;
using MekongTwin.Contracts.Mqtt;
using MekongTwin.Ingest.Mqtt;
using MekongTwin.Silo.Mqtt;

namespace MekongTwin.Silo.Tests;

/// <summary>A broker played by the test, byte by byte, and the shared subscriber that comes to it.</summary>
internal sealed class ScriptedBroker : IAsyncDisposable
{
    public static readonly byte[] Accepts = [0x20, 3, 0, 0, 0];
    public static readonly byte[] Resumes = [0x20, 3, 1, 0, 0];
    public static readonly byte[] Grants = [0x90, 5, 0, 1, 0, 1, 0];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _accepted = [];

    public ScriptedBroker(FakeJournal journal, Func<BrokerOptions, BrokerOptions>? with = null)
    {
        _listener.Start();
        var options = new BrokerOptions
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            Filter = "mt/v1/#",
            SharedGroup = "silos",
            ClientId = "silo-1",
            MinBackoff = TimeSpan.FromMilliseconds(1),
            MaxBackoff = TimeSpan.FromMilliseconds(10),
        };
        Twin = new(new SharedSubscriber(with?.Invoke(options) ?? options, journal, TimeProvider.System), journal);
    }

    public Subscribed Twin { get; }

    /// <summary>A message in 5.0; an alias goes with it where it is not zero.</summary>
    public static byte[] Publish(string topic, string payload, int qos = 0, int id = 0, byte alias = 0)
    {
        byte[] body =
        [
            0, (byte)topic.Length, .. Encoding.UTF8.GetBytes(topic),
            .. qos > 0 ? new byte[] { (byte)(id >> 8), (byte)id } : [],
            .. alias > 0 ? new byte[] { 3, 0x23, 0, alias } : [0],
            .. Encoding.UTF8.GetBytes(payload),
        ];
        return [(byte)(0x30 | (qos << 1)), (byte)body.Length, .. body];
    }

    /// <summary>The next connection, not answered yet.</summary>
    public async Task<Link> AcceptAsync()
    {
        var client = await _listener.AcceptTcpClientAsync().WaitAsync(Wait.Limit);
        _accepted.Add(client);
        return new(client);
    }

    /// <summary>The next connection, brought to where messages flow.</summary>
    public async Task<Link> ServeAsync(byte[]? answer = null)
    {
        var link = await AcceptAsync();
        await link.ReadAsync();
        await link.SendAsync(answer ?? Accepts);
        await link.ReadAsync();
        await link.SendAsync(Grants);
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        var leaving = Twin.DisposeAsync();
        _accepted.ForEach(static client => client.Dispose());
        await leaving;
        _listener.Dispose();
    }

    internal sealed class Link(TcpClient client)
    {
        public async Task SendAsync(params byte[][] packets) => await client.GetStream().WriteAsync(packets.SelectMany(static packet => packet).ToArray());

        /// <summary>One packet of less than 128 bytes; empty when the subscriber has closed.</summary>
        public async Task<byte[]> ReadAsync()
        {
            var head = new byte[2];
            if (await client.GetStream().ReadAtLeastAsync(head, 2, throwOnEndOfStream: false).AsTask().WaitAsync(Wait.Limit) < 2) return [];
            var packet = new byte[2 + head[1]];
            head.CopyTo(packet, 0);
            await client.GetStream().ReadExactlyAsync(packet.AsMemory(2)).AsTask().WaitAsync(Wait.Limit);
            return packet;
        }

        public void HangUp() => client.Dispose();
    }
}
