using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// One client. A read loop takes every complete packet of what has arrived, hands the messages among them to the journal
/// as one batch and goes on reading; a second loop acknowledges what has become durable. Closing may be asked for by any
/// thread and happens once.
/// </summary>
internal sealed partial class MqttConnection : IPacketSink, IDisposable
{
    private readonly MqttServer _server;
    private readonly MqttOptions _options;
    private readonly TimeProvider _time;
    private readonly PipeReader _input;
    private readonly PacketOutput _output;
    private readonly PacketSplitter _splitter;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ArrayBufferWriter<byte> _replies = new();
    private readonly long _opened;
    private long _lastPacket;
    private long _buffered;
    private int _closeReason;
    private string _closeDetail = "";
    private volatile bool _isWaitingItself;

    public MqttConnection(MqttServer server, IDuplexPipe transport)
    {
        _server = server;
        _options = server.Options;
        _time = server.Time;
        _input = transport.Input;
        _output = new PacketOutput(transport.Output, server.Time);
        _splitter = new PacketSplitter { MaximumPacketSize = server.Options.MaxConnectPacketSize };
        _opened = _lastPacket = server.Time.GetTimestamp();
    }

    /// <summary>Completes when the connection has let go of its session and its source.</summary>
    public Task Completion => _completion.Task;

    public CloseReason CloseReason => (CloseReason)Volatile.Read(ref _closeReason);

    /// <summary>Acknowledgements not sent yet.</summary>
    public int InFlight => _acknowledger?.InFlight ?? 0;

    /// <summary>Timestamp of the oldest of them.</summary>
    public long? OldestInFlightSince => _acknowledger?.OldestSince;

    public async Task RunAsync()
    {
        try
        {
            await ReadAsync();
        }
        catch (MalformedPacketException violation)
        {
            Close(violation);
        }
        catch (OperationCanceledException)
        {
            Close(CloseReason.ConnectionLost);
        }
        catch (IOException)
        {
            Close(CloseReason.ConnectionLost);
        }
        catch (Exception fault)
        {
            MqttLog.Failed(_server.Logger, fault, ClientId);
            Close(CloseReason.Fault);
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <summary>Ends the connection; the first reason counts. Any thread; does not wait.</summary>
    public void Close(CloseReason reason, string detail = "")
    {
        if (Interlocked.CompareExchange(ref _closeReason, (int)reason, (int)CloseReason.None) != (int)CloseReason.None)
        {
            return;
        }

        _closeDetail = detail;
        _ = _closing.CancelAsync();
        _acknowledger?.Wake();
        _input.CancelPendingRead();
        _output.End();
    }

    /// <summary>Closes the connection if one of its deadlines has passed. Called by the server's sweep.</summary>
    public void CheckDeadlines()
    {
        long now = _time.GetTimestamp();
        if (!_isConnected)
        {
            if (_time.GetElapsedTime(_opened, now) >= _options.ConnectDeadline)
            {
                Close(CloseReason.ConnectTimeout);
            }
        }
        else if (_silenceLimit > TimeSpan.Zero && !_isWaitingItself
            && _time.GetElapsedTime(Volatile.Read(ref _lastPacket), now) >= _silenceLimit)
        {
            Close(CloseReason.KeepAliveTimeout);
        }

        long blocked = _output.BlockedSince;
        if (blocked != 0 && _time.GetElapsedTime(blocked, now) >= _options.SendTimeout)
        {
            Close(CloseReason.SendTimeout);
        }
    }

    /// <summary>Closes the connection if its user is no longer who was let in. Called by the server's sweep.</summary>
    public void CheckAccess(int version)
    {
        if (!_isConnected || version == _accessVersion)
        {
            return;
        }

        _accessVersion = version;
        if (!_server.Access.IsCurrent(_principal))
        {
            Close(CloseReason.NotAuthorized, "The user was revoked or changed.");
        }
    }

    public void Dispose()
    {
        _closing.Dispose();
        _output.Dispose();
        _splitter.Dispose();
    }

    private async Task ReadAsync()
    {
        while (true)
        {
            ReadResult read = await ReadMoreAsync();
            if (_closing.IsCancellationRequested)
            {
                return;
            }

            ReadOnlySequence<byte> buffer = read.Buffer;
            PacketStep step = Split(ref buffer, out MalformedPacketException? violation);
            _hasLookedAhead &= step != PacketStep.Next;
            CountPass(step == PacketStep.Next ? buffer.Length : 0);
            _input.AdvanceTo(buffer.Start, step == PacketStep.Next ? buffer.End : buffer.Start);
            await FinishPassAsync(step);
            if (violation is not null)
            {
                Close(violation);
            }
            else if (_isLeaving)
            {
                Close(CloseReason.ClientDisconnected);
            }

            if (_closing.IsCancellationRequested)
            {
                return;
            }

            if (read.IsCompleted && step == PacketStep.Next)
            {
                Close(CloseReason.ConnectionLost);
                return;
            }
        }
    }

    /// <summary>Messages before a violation were received in good order: they are kept, so the violation is returned.</summary>
    private PacketStep Split(ref ReadOnlySequence<byte> buffer, out MalformedPacketException? violation)
    {
        try
        {
            violation = null;
            return _splitter.Split(ref buffer, this);
        }
        catch (MalformedPacketException caught)
        {
            violation = caught;
            return PacketStep.Stop;
        }
    }

    private void CountPass(long incompleteBytes)
    {
        int packets = _splitter.TakeCount();
        if (packets > 0)
        {
            Volatile.Write(ref _lastPacket, _time.GetTimestamp());
            MqttMeters.Packets.Add(packets);
            for (int qos = 0; qos <= 2 && _intake is not null; qos++)
            {
                _server.CountPublishes(qos, _intake.TakePublishes(qos));
            }
        }

        if (incompleteBytes != _buffered)
        {
            long total = _server.AddBuffered(incompleteBytes - _buffered);
            bool grows = incompleteBytes > _buffered;
            _buffered = incompleteBytes;
            if (grows && total > _options.MaxBufferedBytes)
            {
                Close(CloseReason.QuotaExceeded, "Too many bytes of incomplete packets.");
            }
        }
    }

    /// <summary>
    /// Replies first: they do not wait for the journal. While the connection waits itself it does not read, so the client's
    /// silence is not the client's doing.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FinishPassAsync(PacketStep step)
    {
        _isWaitingItself = true;
        if (_replies.WrittenCount > 0)
        {
            await SendRepliesAsync();
        }

        StartSubscriptions();
        if (_connect is { } connect)
        {
            _connect = null;
            await EstablishAsync(connect);
        }

        if (_intake is { HasWork: true } intake)
        {
            await WaitAsync(intake.SubmitAsync(_closing.Token));
        }

        if (step == PacketStep.Later)
        {
            await WaitAsync(WaitForRoomAsync());
        }

        _isWaitingItself = false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendRepliesAsync()
    {
        await _output.EnterAsync(_closing.Token);
        _output.Writer.Write(_replies.WrittenSpan);
        _replies.ResetWrittenCount();
        if (!await _output.LeaveAsync())
        {
            Close(CloseReason.ConnectionLost);
        }
    }

    private void Close(MalformedPacketException violation) => Close(CloseReasons.From(violation.Reason), violation.Message);

    private async Task EndAsync()
    {
        Close(CloseReason.ConnectionLost);
        await StopLoopsAsync();
        await TellClientAsync();
        _acknowledger?.Abandon();
        _server.AddBuffered(-_buffered);
        _source?.Dispose();
        if (_predecessor is not null)
        {
            await Task.WhenAny(_predecessor.Completion, Task.Delay(_options.CloseGrace, _time));
        }

        if (_session is not null)
        {
            _server.Sessions.Release(_session, this, _sessionExpiry);
        }

        MqttLog.Closed(_server.Logger, ClientId, CloseReason, _closeDetail);
        _completion.SetResult();
    }

    private async Task StopLoopsAsync()
    {
        foreach (OutputSubscription subscription in _subscriptions.Values)
        {
            subscription.Stop();
        }

        _acknowledger?.Wake();
        Task loops = Task.WhenAll([_acknowledging, .. _subscriptions.Values.Select(subscription => subscription.Completion)]);
        await Task.WhenAny(loops, Task.Delay(_options.CloseGrace, _time));
    }

    /// <summary>A last DISCONNECT with the reason (5.0), if the way out is free [MQTT-4.13.1].</summary>
    private async Task TellClientAsync()
    {
        if (_version != ProtocolVersion.V5 || !_isConnected || CloseReasons.ToReasonCode(CloseReason) is not { } reason
            || !_output.TryEnter())
        {
            return;
        }

        ServerPackets.Disconnect(_output.Writer, reason);
        await Task.WhenAny(_output.LeaveAsync().AsTask(), Task.Delay(_options.CloseGrace, _time));
    }
}
