using MekongTwin.Ingest.Mqtt;
using MQTTnet;
using MQTTnet.LowLevelClient;
using MQTTnet.Packets;

namespace MekongTwin.Silo.Mqtt;

/// <summary>
/// One connection to a broker through MQTTnet's packet client: its loop receives, admits batch by batch and never waits
/// for the journal to be written; acknowledgements follow in a loop of their own. Ends by an exception that says why.
/// </summary>
internal sealed partial class SharedConnection : IDisposable
{
    /// <summary>Messages of one batch.</summary>
    private const int BatchMessagesMax = 512;

    /// <summary>Bytes of payload after which a batch is handed over.</summary>
    private const int BatchBytesMax = 256 * 1024;

    private readonly BrokerOptions _options;
    private readonly BrokerSession _session;
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly ILowLevelMqttClient _client = new MqttClientFactory().CreateLowLevelMqttClient();
    private readonly TopicTable _topics;
    private readonly SharedAcknowledger _acknowledger;
    private readonly PublishIntake _intake;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenSource _closing;
    private readonly CancellationTokenSource _sending;
    private Task<MqttPacket> _receiving = null!;
    private Task _pinging = Task.CompletedTask;
    private int _batchMessages;
    private long _batchBytes;
    private long _lastPacket;
    private TimeSpan _keepAlive;
    private volatile bool _isConnected;
    private volatile bool _isWaitingItself;
    private volatile Exception? _failure;

    public SharedConnection(BrokerOptions options, BrokerSession session, Stream stream, TimeProvider time, CancellationToken ct)
    {
        _options = options;
        _session = session;
        _stream = stream;
        _time = time;
        _topics = new(options.TopicAliasMaximum, options.MaxTopicLength);
        _acknowledger = new(session.Commits, options.ReceiveMaximum, pending => SendAsync(SharedPackets.Acknowledgement(pending)));
        _intake = new(
            session.Source, _topics, session.Unreleased, _acknowledger, new PublishPolicy(MayPublish: true, WithReasons: false),
            session.Faults, time);
        _stopping = ct;
        _closing = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _sending = new(Timeout.InfiniteTimeSpan, time);
        _keepAlive = options.KeepAlive;
        _lastPacket = time.GetTimestamp();
    }

    /// <summary>Called once, when the broker has accepted; the flag says whether it resumed the session.</summary>
    public Action<bool>? Connected { get; init; }

    public int InFlight => _acknowledger.InFlight;

    private bool IsBatchFull => _batchMessages >= BatchMessagesMax || _batchBytes >= BatchBytesMax;

    /// <summary>Runs until the broker ends it, it fails, or the caller cancels.</summary>
    public async Task RunAsync()
    {
        // Whoever is stopped while it waits for room must not wait for acknowledgements that never will be sent.
        await using var waking = _closing.Token.UnsafeRegister(static waiting => ((SharedAcknowledger)waiting!).Wake(), _acknowledger);
        await _client.ConnectAsync(SharedPackets.Over(_stream), _closing.Token);
        var tick = Min(_options.KeepAlive, _options.ConnectTimeout) / 2;
        var acknowledging = AcknowledgeAsync();
        _receiving = _client.ReceiveAsync(CancellationToken.None);
        try
        {
            await using var timer = _time.CreateTimer(_ => OnTick(), null, tick, tick);
            await SendAsync(SharedPackets.Connect(_options));
            while (true) await ReceiveAsync();
        }
        catch (Exception end) when (_failure is not null || end is not OperationCanceledException)
        {
            await KeepReceivedAsync();
            throw _failure ?? end;
        }
        finally
        {
            await CloseAsync(acknowledging);
            // The client is disposed: what it was receiving has ended, and nobody else looks how.
            await _receiving.ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _closing.Dispose();
        _sending.Dispose();
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    /// <summary>Handles the next packet and begins to receive another. A batch ends when nothing more is there for the moment.</summary>
    private async ValueTask ReceiveAsync()
    {
        if (!_receiving.IsCompleted || IsBatchFull) await SubmitAsync();
        var packet = await _receiving.WaitAsync(_closing.Token);
        Volatile.Write(ref _lastPacket, _time.GetTimestamp());
        await HandleAsync(packet);
        _receiving = _client.ReceiveAsync(CancellationToken.None);
    }

    private async ValueTask SubmitAsync()
    {
        _batchMessages = 0;
        _batchBytes = 0;
        if (!_intake.HasWork) return;
        _isWaitingItself = true;
        await _intake.SubmitAsync(_closing.Token);
        EndWait();
    }

    /// <summary>A broker that sends more than it may, or faster than it is acknowledged, waits.</summary>
    private async ValueTask WaitRoomAsync()
    {
        await SubmitAsync();
        _isWaitingItself = true;
        while (!_acknowledger.HasRoom)
        {
            _closing.Token.ThrowIfCancellationRequested();
            await _acknowledger.WaitRoomAsync();
        }
        EndWait();
    }

    private void EndWait()
    {
        Volatile.Write(ref _lastPacket, _time.GetTimestamp());
        _isWaitingItself = false;
    }

    /// <summary>What came before a violation, or before the connection broke, came in good order.</summary>
    private async Task KeepReceivedAsync()
    {
        if (!_closing.IsCancellationRequested) await SubmitAsync();
    }

    private async Task AcknowledgeAsync()
    {
        try
        {
            await _acknowledger.RunAsync(_closing.Token);
        }
        catch (Exception) when (_closing.IsCancellationRequested)
        {
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
    }

    private void OnTick()
    {
        var silence = _time.GetElapsedTime(Volatile.Read(ref _lastPacket));
        if (!_isConnected && silence >= _options.ConnectTimeout) Fail(new TimeoutException("The broker does not answer CONNECT."));
        else if (_isConnected && !_isWaitingItself && silence >= 1.5 * _keepAlive) Fail(new TimeoutException("The broker has fallen silent."));
        else if (_isConnected && _pinging.IsCompleted) _pinging = PingAsync();
    }

    private async Task PingAsync()
    {
        try
        {
            await SendAsync(MqttPingReqPacket.Instance);
        }
        catch (Exception fault)
        {
            Fail(fault);
        }
    }

    private Task SendAsync(MqttPacket packet) => _client.SendAsync(packet, _sending.Token);

    private void Fail(Exception failure)
    {
        _failure ??= failure;
        _sending.Cancel();
        _closing.Cancel();
    }

    /// <summary>DISCONNECT, so that the broker need not wait for the keep-alive; the session stays [MQTT-3.14.4].</summary>
    private async Task CloseAsync(Task acknowledging)
    {
        await _closing.CancelAsync();
        _sending.CancelAfter(_options.ConnectTimeout);
        await acknowledging;
        _acknowledger.Abandon();
        try
        {
            if (_isConnected && _client.IsConnected) await SendAsync(new MqttDisconnectPacket());
            while (_isConnected && _failure is null && _stopping.IsCancellationRequested) await PassOverAsync();
        }
        catch (Exception)
        {
            // The connection ended.
        }
        _client.Dispose();
        await _pinging;
    }

    /// <summary>
    /// Until the broker has closed, within the time there is: closing on what is still unread would reset the connection, and
    /// the last acknowledgements would be lost on their way.
    /// </summary>
    private async Task PassOverAsync()
    {
        await _receiving.WaitAsync(_sending.Token);
        _receiving = _client.ReceiveAsync(CancellationToken.None);
    }
}
