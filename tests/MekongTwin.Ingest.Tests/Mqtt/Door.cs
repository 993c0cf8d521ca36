using System.Buffers;
using System.IO.Pipelines;
using MekongTwin.Domain.Access;
using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>A server with everything around it faked.</summary>
internal sealed class Door : IAsyncDisposable
{
    public Door(MqttOptions? options = null, FakeJournal? journal = null, IAccess? access = null)
    {
        Journal = journal ?? new FakeJournal();
        Server = new MqttServer(options ?? new MqttOptions(), access ?? new FakeAccess(), Journal, Outputs, Time, Log);
    }

    public FakeTime Time { get; } = new();

    public FakeJournal Journal { get; }

    public FakeOutputs Outputs { get; } = new();

    /// <summary>Counts errors.</summary>
    public ErrorLog Log { get; } = new();

    public MqttServer Server { get; }

    /// <summary>A client that has said nothing yet.</summary>
    public RawClient Open(int segmentSize = 0, long pauseAt = 0)
    {
        PipePair pair = new(segmentSize, pauseAt);
        return new RawClient(pair.Client, ServeAsync(pair.Server));
    }

    /// <summary>A client whose CONNECT was accepted.</summary>
    public async Task<RawClient> ConnectAsync(
        ProtocolVersion version = ProtocolVersion.V311, string clientId = "sensor-1", bool clean = true, int keepAlive = 0,
        byte[]? properties = null, int segmentSize = 0, long pauseAt = 0, string? user = null)
    {
        RawClient client = Open(segmentSize, pauseAt);
        await client.SendAsync(Bytes.Connect(version, clientId, clean, keepAlive, user, user is null ? null : "secret", properties));
        byte[] answer = await client.ReadAsync();
        Assert.Equal(PacketType.ConnAck, RawClient.TypeOf(answer));
        Assert.Equal(0, answer[3]);
        client.SessionPresent = answer[2] == 1;
        return client;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private async Task<CloseReason> ServeAsync(DuplexPipe transport)
    {
        CloseReason reason = await Server.RunAsync(transport, CancellationToken.None);
        await transport.Output.CompleteAsync();
        await transport.Input.CompleteAsync();
        return reason;
    }
}

/// <summary>A client that sends bytes and reads packets.</summary>
internal sealed class RawClient(IDuplexPipe pipe, Task<CloseReason> served)
{
    public bool SessionPresent { get; set; }

    /// <summary>Why the server ended the connection.</summary>
    public Task<CloseReason> ClosedAsync() => served.WaitAsync(Wait.Limit);

    public bool IsClosed => served.IsCompleted;

    public static PacketType TypeOf(byte[] packet) => (PacketType)(packet[0] >> 4);

    public async Task SendAsync(params byte[][] packets)
    {
        foreach (byte[] packet in packets)
        {
            pipe.Output.Write(packet);
        }

        await pipe.Output.FlushAsync();
    }

    /// <summary>The client is gone.</summary>
    public ValueTask HangUpAsync() => pipe.Output.CompleteAsync();

    /// <summary>The next packet; empty when the server has closed.</summary>
    public async Task<byte[]> ReadAsync()
    {
        while (true)
        {
            ReadResult read = await pipe.Input.ReadAsync().AsTask().WaitAsync(Wait.Limit);
            byte[] bytes = System.Buffers.BuffersExtensions.ToArray(read.Buffer);
            if (FixedHeader.TryRead(bytes, out FixedHeader header) && header.Size <= bytes.Length)
            {
                pipe.Input.AdvanceTo(read.Buffer.GetPosition(header.Size));
                return bytes[..header.Size];
            }

            pipe.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                Assert.Empty(bytes);
                return [];
            }
        }
    }

    /// <summary>What one flush of the server brought: everything there is now, at least one byte.</summary>
    public async Task<byte[]> ReadChunkAsync()
    {
        ReadResult read = await pipe.Input.ReadAsync().AsTask().WaitAsync(Wait.Limit);
        byte[] bytes = System.Buffers.BuffersExtensions.ToArray(read.Buffer);
        pipe.Input.AdvanceTo(read.Buffer.End);
        return bytes;
    }

    /// <summary>Sends a ping and expects its answer next: everything sent before has been handled, and nothing was answered.</summary>
    public async Task BarrierAsync()
    {
        await SendAsync(Bytes.Ping);
        Assert.Equal([0xD0, 0], await ReadAsync());
    }
}
