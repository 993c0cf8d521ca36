using MekongTwin.Domain.Access;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Takes the streams of an existing broker: MQTT 5.0, 3.1.1 where the broker knows no better; a persistent session, so
/// that the broker keeps what arrives while the twin is away; acknowledged only when durable; connected again and again.
/// </summary>
public sealed class BrokerSubscriber(
    BrokerOptions options,
    IAdmissions admissions,
    TimeProvider time,
    ILogger<BrokerSubscriber>? logger = null,
    Func<BrokerOptions, CancellationToken, Task<BrokerTransport>>? connect = null)
{
    private static readonly Principal Broker = new("broker", Role.Device);

    private readonly ILogger _logger = logger ?? NullLogger<BrokerSubscriber>.Instance;
    private readonly Func<BrokerOptions, CancellationToken, Task<BrokerTransport>> _connect = connect ?? BrokerTransport.ConnectAsync;
    private readonly Backoff _backoff = new(options.MinBackoff, options.MaxBackoff);
    private readonly Lock _lock = new();
    private ProtocolVersion _version = ProtocolVersion.V5;
    private BrokerSession? _session;
    private BrokerConnection? _connection;
    private bool _transportOpened;
    private bool _connected;
    private DateTimeOffset _since = time.GetUtcNow();
    private string? _lastError;
    private int _connections;

    /// <summary>The subscription now. Any thread.</summary>
    public BrokerStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new BrokerStatus(
                    options.Name, _connected, _since, _lastError, _session?.Received ?? 0, Math.Max(0, _connections - 1),
                    _connection?.InFlight ?? 0, _session?.BrokerDropped,
                    _session?.Faults.Count ?? 0);
            }
        }
    }

    /// <summary>Connects, receives and reconnects until cancelled; never ends by itself, whatever the broker does.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using ISource source = admissions.Open(options.Name, Broker);
        _session = new BrokerSession(source, admissions.Commits, new AdmissionFaults(_logger, time));
        while (!ct.IsCancellationRequested)
        {
            long began = time.GetTimestamp();
            Exception end = await ServeOnceAsync(_session, ct);
            if (ct.IsCancellationRequested)
            {
                break;
            }

            bool wasConnected = EndConnection(end.Message);
            if (wasConnected && time.GetElapsedTime(began) >= options.StableAfter)
            {
                _backoff.Reset();
            }

            if (!wasConnected && TryOtherVersion(end))
            {
                continue;
            }

            TimeSpan delay = _backoff.Next(Random.Shared.NextDouble());
            MqttLog.BrokerDisconnected(_logger, options.Name, end.Message, delay);
            await Task.Delay(delay, time, ct).ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        EndConnection(null);
    }

    /// <summary>One connection, from opening to its end; returns why it ended.</summary>
    private async Task<Exception> ServeOnceAsync(BrokerSession session, CancellationToken ct)
    {
        _transportOpened = false;
        try
        {
            using BrokerTransport transport = await OpenAsync(ct);
            _transportOpened = true;
            using BrokerConnection connection = new(options, session, _version, transport, time, ct) { Connected = OnConnected };
            lock (_lock)
            {
                _connection = connection;
            }

            await connection.RunAsync();
            return new IOException("The connection ended.");
        }
        catch (Exception end)
        {
            return end;
        }
    }

    private async Task<BrokerTransport> OpenAsync(CancellationToken ct)
    {
        using CancellationTokenSource deadline = new(options.ConnectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            return await _connect(options, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException($"No connection to {options.Host}:{options.Port} within {options.ConnectTimeout}.");
        }
    }

    /// <summary>
    /// A broker that knows only the other version says so, or closes without an answer. True: try at once, the wait is for
    /// brokers that refuse both.
    /// </summary>
    private bool TryOtherVersion(Exception end)
    {
        bool refused = end is BrokerException { Reason: ReasonCode.UnsupportedProtocolVersion };
        bool silent = _transportOpened && end is IOException or MalformedPacketException;
        if (!refused && !silent)
        {
            return false;
        }

        bool wasNewest = _version == ProtocolVersion.V5;
        _version = wasNewest ? ProtocolVersion.V311 : ProtocolVersion.V5;
        return refused && wasNewest;
    }

    private void OnConnected(bool resumed)
    {
        lock (_lock)
        {
            _connected = true;
            _connections++;
            _since = time.GetUtcNow();
        }

        MqttLog.BrokerConnected(_logger, options.Name, _version, resumed);
    }

    private bool EndConnection(string? error)
    {
        lock (_lock)
        {
            bool was = _connected;
            _since = was ? time.GetUtcNow() : _since;
            _connected = false;
            _connection = null;
            _lastError = error ?? _lastError;
            return was;
        }
    }
}
