using MekongTwin.Ingest.Mqtt;

namespace MekongTwin.Ingest.Tests.Mqtt;

/// <summary>A broker played by the test: it waits for the subscriber's connections and speaks bytes.</summary>
internal sealed class FakeBroker : IAsyncDisposable
{
    private readonly System.Threading.Channels.Channel<RawClient> _accepted =
        System.Threading.Channels.Channel.CreateUnbounded<RawClient>();

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<RawClient> _links = [];
    private readonly Task _running;
    private readonly int _refusing;

    /// <param name="refusing">Attempts refused at the transport before the first succeeds.</param>
    public FakeBroker(FakeJournal? journal = null, int refusing = 0, BrokerOptions? options = null)
    {
        _refusing = refusing;
        Journal = journal ?? new FakeJournal();
        Subscriber = new BrokerSubscriber(options ?? Options, Journal, Time, connect: ConnectAsync);
        _running = Subscriber.RunAsync(_stopping.Token);
    }

    public static BrokerOptions Options { get; } = new() { Host = "city", Port = 1883, Filter = "mt/v1/#" };

    public FakeTime Time { get; } = new();

    public FakeJournal Journal { get; }

    public BrokerSubscriber Subscriber { get; }

    public int Attempts { get; private set; }

    /// <summary>The next connection of the subscriber.</summary>
    public Task<RawClient> AcceptAsync() => _accepted.Reader.ReadAsync().AsTask().WaitAsync(Wait.Limit);

    /// <summary>The next connection, brought to the point where messages flow.</summary>
    public async Task<RawClient> ServeAsync(ProtocolVersion version = ProtocolVersion.V5, bool sessionPresent = false)
    {
        RawClient link = await AcceptAsync();
        byte[] connect = await link.ReadAsync();
        Assert.Equal((byte)version, connect[8]);
        Assert.Equal(0, connect[9] & 2);
        byte present = sessionPresent ? (byte)1 : (byte)0;
        await link.SendAsync(version == ProtocolVersion.V5 ? [0x20, 3, present, 0, 0] : [0x20, 2, present, 0]);
        byte[] subscribe = await link.ReadAsync();
        Assert.Equal(PacketType.Subscribe, RawClient.TypeOf(subscribe));
        await link.SendAsync(version == ProtocolVersion.V5 ? [0x90, 5, 0, 1, 0, 1, 0] : [0x90, 4, 0, 1, 1, 0]);
        await Wait.UntilAsync(() => Subscriber.Status.Connected, "the subscriber to be connected");
        return link;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (RawClient link in _links)
        {
            await link.HangUpAsync();
        }

        await _running.WaitAsync(Wait.Limit);
        _stopping.Dispose();
    }

    private Task<BrokerTransport> ConnectAsync(BrokerOptions options, CancellationToken ct)
    {
        Attempts++;
        if (Attempts <= _refusing)
        {
            throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused);
        }

        PipePair pair = new();
        TaskCompletionSource<CloseReason> ended = new();
        RawClient link = new(pair.Server, ended.Task);
        _links.Add(link);
        _accepted.Writer.TryWrite(link);
        return Task.FromResult(new BrokerTransport(pair.Client.Input, pair.Client.Output, new Closer(pair.Client, ended)));
    }

    private sealed class Closer(DuplexPipe pipe, TaskCompletionSource<CloseReason> ended) : IDisposable
    {
        public void Dispose()
        {
            pipe.Input.Complete();
            pipe.Output.Complete();
            ended.TrySetResult(CloseReason.ConnectionLost);
        }
    }
}
