using System.Net;
using System.Net.Sockets;
using System.Text;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Tests;

public sealed class MqttTests
{
    [Fact]
    public void PublishIsWrittenAsTheStandardDrawsIt()
    {
        var packet = new byte[MqttPacket.PublishSize(3, 2, 1, 4)];
        Assert.Equal(packet.Length, MqttPacket.WritePublish(packet, "a/b"u8, "hi"u8, 1, 10, 4));
        Assert.Equal([0x32, 9, 0, 3, (byte)'a', (byte)'/', (byte)'b', 0, 10, (byte)'h', (byte)'i'], packet);
        Assert.Equal(1 + 2 + 2 + 3 + 200, MqttPacket.PublishSize(3, 200, 0, 4));
    }

    [Theory]
    [InlineData("broker:1884", "broker", 1884)]
    [InlineData("broker", "broker", 1883)]
    [InlineData("[::1]:1884", "::1", 1884)]
    [InlineData("[::1]", "::1", 1883)]
    [InlineData("::1", "::1", 1883)]
    public void EndpointsAreRead(string text, string host, int port)
    {
        Assert.True(MqttEndpoint.TryParse(text, out var endpoint));
        Assert.Equal((host, port), (endpoint.Host, endpoint.Port));
        Assert.True(MqttEndpoint.TryParse(endpoint.ToString(), out var again));
        Assert.Equal(endpoint, again);
    }

    [Theory]
    [InlineData("broker:0")]
    [InlineData("broker:x")]
    [InlineData(":1883")]
    [InlineData("broker:70000")]
    public void BadEndpointsAreRefused(string text) => Assert.False(MqttEndpoint.TryParse(text, out _));

    [Fact]
    public void RepliesAreReadHoweverTheyAreCut()
    {
        byte[] stream = [0x20, 6, 0, 0, 3, 0x21, 0, 20, 0x40, 2, 0, 1, 0xD0, 0, 0x40, 4, 0, 2, 0x10, 0, 0x40, 3, 1, 0, 0x87, 0xE0, 2, 0x8B, 0];
        for (var size = 1; size <= stream.Length; size++)
        {
            var sink = new Sink();
            var replies = new MqttReplies(sink);
            foreach (var piece in stream.Chunk(size)) replies.Feed(piece);
            Assert.Equal("connected 0 20, ack 1 0, pong, ack 2 16, ack 256 135, gone 139", string.Join(", ", sink.Words));
        }
    }

    [Fact]
    public void NonsenseIsRefused() => Assert.Throws<InvalidDataException>(() => new MqttReplies(new Sink()).Feed([0x40, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]));

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public async Task EverythingPublishedArrivesInOrder(byte version, bool isFragmenting)
    {
        await using var server = new FakeServer { IsFragmenting = isFragmenting };
        var endpoint = new MqttEndpoint("127.0.0.1", server.Port) { Version = version, User = "sim", Password = "secret" };
        await using (var publisher = new MqttPublisher(endpoint, "device", 1, 8, _ => { }))
        {
            for (var i = 0; i < 100; i++) await publisher.PublishAsync("t"u8.ToArray(), Encoding.UTF8.GetBytes($"{i}"), CancellationToken.None);
            await publisher.DrainAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
            Assert.Equal(100, publisher.Acknowledged);
        }
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), server.Publishes.Select(heard => heard.Payload));
        Assert.EndsWith("device\0\u0003sim\0\u0006secret", Encoding.UTF8.GetString(server.Connects.Single()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatWasNotAcknowledgedIsSentAgain()
    {
        await using var server = new FakeServer { CutAfter = 40 };
        await using (var publisher = new MqttPublisher(new("127.0.0.1", server.Port), "device", 1, 25, _ => { }))
        {
            for (var i = 0; i < 100; i++) await publisher.PublishAsync("t"u8.ToArray(), Encoding.UTF8.GetBytes($"{i}"), CancellationToken.None);
            await publisher.DrainAsync(TimeSpan.FromSeconds(10), CancellationToken.None);
            Assert.Equal(100, publisher.Acknowledged);
            Assert.Equal(2, publisher.Connections);
        }
        Assert.Equal(100, server.Publishes.Select(heard => heard.Payload).Distinct().Count());
        Assert.Equal(server.Publishes.Where(heard => heard.Connection == 1).Select(heard => int.Parse(heard.Payload)).Order(),
            server.Publishes.Where(heard => heard.Connection == 1).Select(heard => int.Parse(heard.Payload)));
    }

    [Fact]
    public async Task ARefusalSaysItsReason()
    {
        await using var server = new FakeServer { ConnectReason = 5 };
        var exception = await Assert.ThrowsAsync<MqttException>(() => MqttConnection.OpenAsync(new("127.0.0.1", server.Port), "x", new Sink(), CancellationToken.None));
        Assert.Contains("0x05", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryAddressIsTriedUntilOneAnswers()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "One loopback address only.");
        await using var server = new FakeServer(IPAddress.Parse("127.0.0.2"));
        using var socket = await Dialer.ConnectAsync([IPAddress.IPv6Loopback, IPAddress.Loopback, IPAddress.Parse("127.0.0.2")], server.Port, CancellationToken.None);
        Assert.Equal(server.Port, ((IPEndPoint)socket.RemoteEndPoint!).Port);
        var nobody = await Assert.ThrowsAsync<MqttException>(() => Dialer.ConnectAsync([IPAddress.IPv6Loopback, IPAddress.Loopback], server.Port, CancellationToken.None));
        Assert.Contains("::1 (", nobody.Message, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1 (", nobody.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAddressOfVersionSixIsDialled()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using var server = new FakeServer(IPAddress.IPv6Loopback);
        Assert.True(MqttEndpoint.TryParse($"[::1]:{server.Port}", out var endpoint));
        using var connection = await MqttConnection.OpenAsync(endpoint, "x", new Sink(), CancellationToken.None);
        Assert.Single(server.Connects);
    }

    private sealed class Sink : IMqttReplySink
    {
        public List<string> Words { get; } = [];

        public void OnConnected(byte reason, int receiveMaximum) => Words.Add($"connected {reason} {receiveMaximum}");

        public void OnAcknowledged(ushort id, byte reason) => Words.Add($"ack {id} {reason}");

        public void OnPong() => Words.Add("pong");

        public void OnDisconnected(byte reason) => Words.Add($"gone {reason}");
    }
}
