using System.Buffers;
using System.Diagnostics;

namespace MekongTwin.Simulators.Mqtt;

/// <summary>
/// A device's client: queues publishes into one buffer, writes them in one go, keeps what is not acknowledged and sends it
/// again after a loss of the connection, which it opens anew with a growing pause. One caller at a time; the replies are
/// read beside it.
/// </summary>
internal sealed class MqttPublisher(MqttEndpoint endpoint, string clientId, int qos, int windowMax, Action<string> log) : IAsyncDisposable, IMqttReplySink
{
    private static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(5);
    private const int BufferBytesMax = 65_536;

    private readonly ArrayBufferWriter<byte> _buffer = new(BufferBytesMax);
    private readonly Lock _lock = new();
    private readonly Dictionary<ushort, byte[]> _inFlight = [];
    private readonly Queue<ushort> _order = new();
    private readonly SemaphoreSlim _progress = new(0);
    private MqttConnection? _connection;
    private Task _reading = Task.CompletedTask;
    private volatile bool _lost = true;
    private ushort _id;
    private long _sentAt;
    private long _heardAt;

    public long Sent { get; private set; }

    public long Acknowledged { get; private set; }

    public long Connections { get; private set; }

    /// <summary>Queues one publish; writes and waits while the buffer or the window is full.</summary>
    public async ValueTask PublishAsync(ReadOnlyMemory<byte> topic, ReadOnlyMemory<byte> payload, CancellationToken ct)
    {
        if (_buffer.WrittenCount > BufferBytesMax || (qos > 0 && Window() >= windowMax)) await MakeRoomAsync(ct);
        var size = MqttPacket.PublishSize(topic.Length, payload.Length, qos, endpoint.Version);
        var id = qos > 0 ? NextId() : (ushort)0;
        var packet = _buffer.GetSpan(size)[..size];
        MqttPacket.WritePublish(packet, topic.Span, payload.Span, qos, id, endpoint.Version);
        if (qos > 0) Keep(id, packet.ToArray());
        _buffer.Advance(size);
        Sent++;
    }

    /// <summary>Connects where needed, writes what is queued, and pings where the keep-alive asks for it.</summary>
    public async ValueTask FlushAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                if (_lost || IsDeaf()) await ConnectAsync(ct);
                var isIdle = _buffer.WrittenCount == 0;
                if (isIdle && !IsPingDue()) return;
                await _connection!.SendAsync(isIdle ? MqttPacket.PingRequest.ToArray() : _buffer.WrittenMemory, ct);
                _buffer.ResetWrittenCount();
                _sentAt = Stopwatch.GetTimestamp();
                return;
            }
            catch (MqttException exception)
            {
                Lose(exception.Message);
            }
        }
    }

    /// <summary>Waits until everything sent is acknowledged; false when the time is over before.</summary>
    public async ValueTask<bool> DrainAsync(TimeSpan timeout, CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        await FlushAsync(ct);
        while (Window() > 0 && Stopwatch.GetElapsedTime(start) < timeout)
        {
            await _progress.WaitAsync(TimeSpan.FromMilliseconds(50), ct);
            await FlushAsync(ct);
        }
        return Window() == 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection && !_lost)
        {
            try
            {
                await connection.SendAsync(MqttPacket.Disconnect.ToArray(), CancellationToken.None);
            }
            catch (MqttException)
            {
                _lost = true;
            }
        }
        _connection?.Dispose();
        await _reading;
        _progress.Dispose();
    }

    void IMqttReplySink.OnConnected(byte reason, int receiveMaximum) => throw new InvalidDataException("A second CONNACK.");

    void IMqttReplySink.OnAcknowledged(ushort id, byte reason)
    {
        lock (_lock)
        {
            if (!_inFlight.Remove(id)) return;
            Acknowledged++;
            while (_order.TryPeek(out var oldest) && !_inFlight.ContainsKey(oldest)) _order.Dequeue();
        }
    }

    void IMqttReplySink.OnPong()
    {
    }

    void IMqttReplySink.OnDisconnected(byte reason) => throw new InvalidDataException($"The server disconnected: reason 0x{reason:x2}.");

    private int Window()
    {
        lock (_lock) return _inFlight.Count;
    }

    private void Keep(ushort id, byte[] packet)
    {
        lock (_lock)
        {
            _inFlight[id] = packet;
            _order.Enqueue(id);
        }
    }

    private ushort NextId()
    {
        lock (_lock)
        {
            do
            {
                _id = (ushort)(_id == ushort.MaxValue ? 1 : _id + 1);
            }
            while (_inFlight.ContainsKey(_id));
        }
        return _id;
    }

    private async ValueTask MakeRoomAsync(CancellationToken ct)
    {
        await FlushAsync(ct);
        while (qos > 0 && Window() >= windowMax)
        {
            await _progress.WaitAsync(TimeSpan.FromSeconds(1), ct);
            await FlushAsync(ct);
        }
    }

    private async Task ConnectAsync(CancellationToken ct)
    {
        _connection?.Dispose();
        await _reading;
        for (var pause = BackOffMin; ; pause = pause * 2 < BackOffMax ? pause * 2 : BackOffMax)
        {
            try
            {
                _connection = await MqttConnection.OpenAsync(endpoint, clientId, this, ct);
                break;
            }
            catch (MqttException exception)
            {
                log($"{exception.Message} Next try in {pause.TotalSeconds:0.0} s.");
                await Task.Delay(pause, ct);
            }
        }
        Connections++;
        _lost = false;
        _heardAt = _sentAt = Stopwatch.GetTimestamp();
        QueueUnacknowledged();
        _reading = ReadAsync(_connection, ct);
    }

    /// <summary>A new session knows no packet of the old one: all that is not acknowledged goes out again, oldest first.</summary>
    private void QueueUnacknowledged()
    {
        if (qos == 0) return;
        _buffer.ResetWrittenCount();
        lock (_lock)
        {
            foreach (var id in _order) if (_inFlight.TryGetValue(id, out var packet)) _buffer.Write(packet);
        }
    }

    private async Task ReadAsync(MqttConnection connection, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await connection.ReceiveAsync(ct);
                _heardAt = Stopwatch.GetTimestamp();
                Signal();
            }
        }
        catch (Exception exception) when (exception is MqttException or OperationCanceledException)
        {
            if (ReferenceEquals(connection, _connection)) _lost = true;
            Signal();
        }
    }

    private void Signal()
    {
        if (_progress.CurrentCount == 0) _progress.Release();
    }

    private void Lose(string reason)
    {
        log(reason);
        _lost = true;
    }

    private bool IsPingDue() => endpoint.KeepAliveSeconds > 0 && Stopwatch.GetElapsedTime(_sentAt).TotalSeconds > endpoint.KeepAliveSeconds / 2.0;

    /// <summary>True when an answer is due and none came for twice the keep-alive: the other end is gone without a word.</summary>
    private bool IsDeaf()
    {
        var isDeaf = endpoint.KeepAliveSeconds > 0 && Stopwatch.GetElapsedTime(_heardAt).TotalSeconds > 2 * endpoint.KeepAliveSeconds
            && (qos > 0 && Window() > 0);
        if (isDeaf) log("The server has stopped answering.");
        return isDeaf;
    }
}
