using System.Buffers;
using System.Diagnostics;
using MekongTwin.Simulators.Mqtt;

namespace MekongTwin.Simulators.Load;

/// <summary>
/// One connection of a load run: sends its messages in large writes, keeps the window of unacknowledged ones, and after a
/// loss sends those again. One loop owns it.
/// </summary>
internal sealed class LoadConnection(
    LoadPlan plan, MqttEndpoint endpoint, string clientId, LoadMessages messages, AckLog? log, TimeSpan reconnectMax) : IMqttReplySink, IDisposable
{
    /// <summary>A server that owes answers and gives none for this long counts as lost.</summary>
    public static readonly TimeSpan StallMax = TimeSpan.FromSeconds(60);

    private const int WriteMessagesMax = 1024;
    private const int LogMessages = 64;
    private static readonly TimeSpan ReconnectPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PacingPause = TimeSpan.FromMilliseconds(5);

    private readonly bool[] _isAcknowledged = new bool[ushort.MaxValue + 1];
    private readonly List<long> _acknowledged = [];
    private readonly ArrayBufferWriter<byte> _lines = new();
    private CancellationTokenSource _stall = new();
    private MqttConnection? _connection;
    private long _oldest;
    private long _next;
    private long _start;
    private bool _hasPong;

    /// <summary>Messages sent, each counted once.</summary>
    public long Sent => _next;

    public long Resent { get; private set; }

    public long Acknowledged { get; private set; }

    /// <summary>Publishes the server answered with an MQTT 5 error reason.</summary>
    public long Refused { get; private set; }

    public long Reconnects { get; private set; }

    public async Task OpenAsync(CancellationToken ct)
    {
        _stall.Dispose();
        _stall = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _connection = await MqttConnection.OpenAsync(endpoint, clientId, this, ct);
    }

    /// <summary>Sends everything. Ends when the last message is acknowledged or, at QoS 0, when the server has read it (it answers a ping).</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        _start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (plan.Qos == 0) await SendUnacknowledgedAsync(ct);
                else await SendInWindowAsync(ct);
                await _connection!.SendAsync(MqttPacket.Disconnect.ToArray(), ct);
                return;
            }
            catch (MqttException) when (plan.Qos == 0 || _oldest < messages.Count)
            {
                await ReopenAsync(ct);
            }
            catch (MqttException)
            {
                return;
            }
        }
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _stall.Dispose();
    }

    void IMqttReplySink.OnConnected(byte reason, int receiveMaximum) => throw new InvalidDataException("A second CONNACK.");

    void IMqttReplySink.OnAcknowledged(ushort id, byte reason)
    {
        var ahead = (id - 1 - _oldest % ushort.MaxValue + ushort.MaxValue) % ushort.MaxValue;
        var number = _oldest + ahead;
        if (number >= _next || _isAcknowledged[id]) return;
        _isAcknowledged[id] = true;
        if (reason >= 0x80) Refused++;
        else _acknowledged.Add(number);
        for (var oldest = LoadMessages.PacketId(_oldest); _oldest < _next && _isAcknowledged[oldest]; oldest = LoadMessages.PacketId(_oldest))
        {
            _isAcknowledged[oldest] = false;
            _oldest++;
        }
    }

    void IMqttReplySink.OnPong() => _hasPong = true;

    void IMqttReplySink.OnDisconnected(byte reason) => throw new InvalidDataException($"The server disconnected: reason 0x{reason:x2}.");

    private async ValueTask SendUnacknowledgedAsync(CancellationToken ct)
    {
        while (_next < messages.Count)
        {
            var count = Allowed(Math.Min(WriteMessagesMax, messages.Count - _next));
            if (count == 0) await Task.Delay(PacingPause, ct);
            else _next += await WriteAsync(_next, count, ct);
        }
        _hasPong = false;
        await _connection!.SendAsync(MqttPacket.PingRequest.ToArray(), ct);
        while (!_hasPong) await ReceiveAsync(0, ct);
    }

    /// <summary>Refills the window only when a quarter of it is free: few large writes instead of one per acknowledgement.</summary>
    private async ValueTask SendInWindowAsync(CancellationToken ct)
    {
        var window = Math.Min(plan.InFlight, _connection!.ReceiveMaximum);
        var refill = Math.Max(1, window / 4);
        while (_oldest < messages.Count)
        {
            var room = Math.Min(window - (_next - _oldest), messages.Count - _next);
            var isWorthWhile = room >= refill || room == messages.Count - _next;
            var count = room > 0 && isWorthWhile ? Allowed(room) : 0;
            if (count > 0) _next += await WriteAsync(_next, count, ct);
            else if (room > 0 && isWorthWhile && !_connection.HasReplies) await Task.Delay(PacingPause, ct);
            else await ReceiveAsync(Math.Min(refill, Owed), ct);
        }
    }

    /// <summary>Acknowledgements the server still owes for what was sent.</summary>
    private long Owed => _next - Acknowledged - Refused;

    /// <summary>
    /// Takes replies; sleeps until that many are there. Fewer wake it where they are to be logged, the first one where the
    /// rate leaves time for it. At 0 any byte does: the answer to a ping is shorter than an acknowledgement.
    /// </summary>
    private async ValueTask ReceiveAsync(long acknowledgements, CancellationToken ct)
    {
        _connection!.WakeAt(plan.Rate > 0 ? Math.Min(1, acknowledgements) : log is null ? acknowledgements : Math.Min(LogMessages, acknowledgements));
        _stall.CancelAfter(StallMax);
        try
        {
            await _connection.ReceiveAsync(_stall.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new MqttException($"{clientId}: no answer for {StallMax.TotalSeconds:0} s.");
        }
        finally
        {
            Settle();
        }
    }

    /// <summary>Logs what was just acknowledged, then counts it.</summary>
    private void Settle()
    {
        if (log is not null && _acknowledged.Count > 0)
        {
            foreach (var number in _acknowledged) messages.Describe(number, _lines);
            log.Append(_lines.WrittenSpan);
            _lines.ResetWrittenCount();
        }
        Acknowledged += _acknowledged.Count;
        _acknowledged.Clear();
    }

    private async ValueTask<int> WriteAsync(long first, long countMax, CancellationToken ct)
    {
        var bytes = messages.Patch(first, (int)countMax, out var count);
        await _connection!.SendAsync(bytes, ct);
        return count;
    }

    private long Allowed(long wanted)
    {
        if (plan.Rate <= 0) return wanted;
        var due = (long)(Stopwatch.GetElapsedTime(_start).TotalSeconds * plan.Rate / plan.Connections) + 1;
        return Math.Clamp(due - _next, 0, wanted);
    }

    private async Task ReopenAsync(CancellationToken ct)
    {
        var lostAt = Stopwatch.GetTimestamp();
        while (true)
        {
            _connection?.Dispose();
            try
            {
                await OpenAsync(ct);
                Reconnects++;
                await ResendAsync(ct);
                return;
            }
            catch (MqttException exception)
            {
                if (Stopwatch.GetElapsedTime(lostAt) > reconnectMax) throw new MqttException($"{clientId}: not back in time: {exception.Message}", exception);
                await Task.Delay(ReconnectPause, ct);
            }
        }
    }

    /// <summary>The same messages with the same times; a server that had stored them without a word sees copies.</summary>
    private async ValueTask ResendAsync(CancellationToken ct)
    {
        if (plan.Qos == 0) return;
        var window = Math.Min(plan.InFlight, _connection!.ReceiveMaximum);
        for (var number = _oldest; number < _next; number++)
        {
            if (_isAcknowledged[LoadMessages.PacketId(number)]) continue;
            while (number - _oldest >= window) await ReceiveAsync(1, ct);
            if (number < _oldest || _isAcknowledged[LoadMessages.PacketId(number)]) continue;
            await WriteAsync(number, 1, ct);
            Resent++;
        }
    }
}
