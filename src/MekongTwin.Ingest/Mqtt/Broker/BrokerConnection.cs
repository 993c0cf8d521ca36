using System.Buffers;
using System.IO.Pipelines;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// One connection to a broker, the client's side: CONNECT, SUBSCRIBE, then messages admitted batch by batch and
/// acknowledged when durable. Ends by an exception that says why.
/// </summary>
internal sealed partial class BrokerConnection : IPacketSink, IDisposable
{
    private readonly BrokerOptions _options;
    private readonly BrokerSession _session;
    private readonly ProtocolVersion _version;
    private readonly TimeProvider _time;
    private readonly PipeReader _input;
    private readonly PacketOutput _output;
    private readonly PacketSplitter _splitter;
    private readonly TopicTable _topics;
    private readonly Acknowledger _acknowledger;
    private readonly PublishIntake _intake;
    private readonly ArrayBufferWriter<byte> _replies = new();
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenSource _closing;
    private long _lastPacket;
    private TimeSpan _keepAlive;
    private volatile bool _isWaitingItself;
    private volatile Exception? _failure;

    public BrokerConnection(
        BrokerOptions options, BrokerSession session, ProtocolVersion version, IDuplexPipe transport, TimeProvider time, CancellationToken ct)
    {
        _options = options;
        _session = session;
        _version = version;
        _time = time;
        _input = transport.Input;
        _output = new PacketOutput(transport.Output, time);
        _splitter = new PacketSplitter { MaximumPacketSize = options.MaxPacketSize };
        _topics = new TopicTable(options.TopicAliasMaximum, options.MaxTopicLength);
        _acknowledger = new Acknowledger(_output, session.Commits, version, options.ReceiveMaximum);
        _intake = new PublishIntake(
            session.Source, _topics, session.Unreleased, _acknowledger, new PublishPolicy(MayPublish: true, WithReasons: false),
            session.Faults, time);
        _stopping = ct;
        _closing = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _keepAlive = options.KeepAlive;
        _lastPacket = time.GetTimestamp();
    }

    /// <summary>Called once, when the broker has accepted; the flag says whether it resumed the session.</summary>
    public Action<bool>? Connected { get; init; }

    public bool IsConnected { get; private set; }

    public int InFlight => _acknowledger.InFlight;

    /// <summary>Runs until the broker ends it, it fails, or the caller cancels.</summary>
    public async Task RunAsync()
    {
        using CancellationTokenRegistration registration = _closing.Token.UnsafeRegister(
            static state => ((BrokerConnection)state!).Interrupt(), this);
        TimeSpan tick = Min(_options.KeepAlive, _options.ConnectTimeout) / 2;
        await using ITimer timer = _time.CreateTimer(_ => OnTick(), null, tick, tick);
        ClientPackets.Connect(_replies, _version, Terms());
        await SendRepliesAsync();
        Task acknowledging = AcknowledgeAsync();
        try
        {
            await ReadAsync();
        }
        finally
        {
            await _closing.CancelAsync();
            _acknowledger.Wake();
            await acknowledging;
            await LeaveAsync();
            _acknowledger.Abandon();
        }
    }

    public void Dispose()
    {
        _closing.Dispose();
        _output.Dispose();
        _splitter.Dispose();
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private ClientTerms Terms() => new(
        _options.ClientId, (ushort)_options.KeepAlive.TotalSeconds, (uint)_options.SessionExpiry.TotalSeconds,
        _options.ReceiveMaximum, _options.MaxPacketSize, _options.UserName, _options.Password)
    {
        TopicAliasMaximum = _options.TopicAliasMaximum,
    };

    private async Task ReadAsync()
    {
        while (true)
        {
            ReadResult read = await _input.ReadAsync();
            if (_failure is not null || _closing.IsCancellationRequested)
            {
                _input.AdvanceTo(read.Buffer.Start);
                ThrowIfEnded();
            }

            ReadOnlySequence<byte> buffer = read.Buffer;
            PacketStep step = Split(ref buffer, out Exception? violation);
            _input.AdvanceTo(buffer.Start, step == PacketStep.Next ? buffer.End : buffer.Start);
            if (_splitter.TakeCount() > 0)
            {
                Volatile.Write(ref _lastPacket, _time.GetTimestamp());
            }

            await FinishPassAsync(step);
            ThrowIfEnded();
            if (violation is not null)
            {
                throw violation;
            }

            if (read.IsCompleted && step == PacketStep.Next)
            {
                throw new IOException("The broker closed the connection.");
            }
        }
    }

    /// <summary>Messages before a violation were received in good order: they are kept, so the violation is returned.</summary>
    private PacketStep Split(ref ReadOnlySequence<byte> buffer, out Exception? violation)
    {
        try
        {
            violation = null;
            return _splitter.Split(ref buffer, this);
        }
        catch (Exception caught) when (caught is MalformedPacketException or BrokerException)
        {
            violation = caught;
            return PacketStep.Stop;
        }
    }

    private async ValueTask FinishPassAsync(PacketStep step)
    {
        if (_replies.WrittenCount > 0)
        {
            await SendRepliesAsync();
        }

        _isWaitingItself = true;
        if (_intake.HasWork)
        {
            await _intake.SubmitAsync(_closing.Token);
        }

        while (step == PacketStep.Later && !_acknowledger.HasRoom && !_closing.IsCancellationRequested)
        {
            await _acknowledger.WaitRoomAsync();
            Volatile.Write(ref _lastPacket, _time.GetTimestamp());
        }

        _isWaitingItself = false;
    }

    private async Task SendRepliesAsync()
    {
        await _output.EnterAsync(_closing.Token);
        _output.Writer.Write(_replies.WrittenSpan);
        _replies.ResetWrittenCount();
        await _output.LeaveAsync();
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

    private void Fail(Exception failure)
    {
        _failure ??= failure;
        Interrupt();
    }

    private void Interrupt()
    {
        _input.CancelPendingRead();
        _output.End();
        _acknowledger.Wake();
    }

    private void ThrowIfEnded()
    {
        if (_failure is { } failure)
        {
            throw failure;
        }

        _closing.Token.ThrowIfCancellationRequested();
    }
}
