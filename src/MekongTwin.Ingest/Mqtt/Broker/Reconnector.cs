using MekongTwin.Domain.Access;
using Microsoft.Extensions.Logging;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>What every subscriber does around its connections: serves one after another, waits between them, and knows the state.</summary>
internal sealed class Reconnector(BrokerOptions options, IAdmissions admissions, TimeProvider time, ILogger logger)
{
    private static readonly Principal Broker = new("broker", Role.Device);

    private readonly Backoff _backoff = new(options.MinBackoff, options.MaxBackoff);
    private readonly Lock _lock = new();
    private BrokerSession? _session;
    private Func<int>? _inFlight;
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
                    _inFlight?.Invoke() ?? 0, _session?.BrokerDropped,
                    _session?.Faults.Count ?? 0);
            }
        }
    }

    /// <summary>Serves connections until cancelled.</summary>
    /// <param name="serve">One connection, from opening to its end; ends by an exception that says why.</param>
    /// <param name="mayTryAtOnce">True when a connection that never stood may be followed by another without a wait.</param>
    public async Task RunAsync(Func<BrokerSession, CancellationToken, Task> serve, Func<Exception, bool> mayTryAtOnce, CancellationToken ct)
    {
        using ISource source = admissions.Open(options.Name, Broker);
        _session = new BrokerSession(source, admissions.Commits, new AdmissionFaults(logger, time));
        while (!ct.IsCancellationRequested)
        {
            long began = time.GetTimestamp();
            Exception end = await ServeOnceAsync(serve, _session, ct);
            if (ct.IsCancellationRequested)
            {
                break;
            }

            bool wasConnected = EndConnection(end.Message);
            if (wasConnected && time.GetElapsedTime(began) >= options.StableAfter)
            {
                _backoff.Reset();
            }

            if (!wasConnected && mayTryAtOnce(end))
            {
                continue;
            }

            TimeSpan delay = _backoff.Next(Random.Shared.NextDouble());
            MqttLog.BrokerDisconnected(logger, options.Name, end.Message, delay);
            await Task.Delay(delay, time, ct).ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        EndConnection(null);
    }

    /// <summary>Opens a way to the broker within the time there is for it.</summary>
    public async Task<T> OpenAsync<T>(Func<BrokerOptions, CancellationToken, Task<T>> open, CancellationToken ct)
    {
        using CancellationTokenSource deadline = new(options.ConnectTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            return await open(options, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException($"No connection to {options.Host}:{options.Port} within {options.ConnectTimeout}.");
        }
    }

    /// <summary>A connection has begun; <paramref name="inFlight"/> counts its messages that are not acknowledged yet.</summary>
    public void OnOpened(Func<int> inFlight)
    {
        lock (_lock)
        {
            _inFlight = inFlight;
        }
    }

    /// <summary>The broker has accepted; <paramref name="resumed"/> says whether it resumed the session.</summary>
    public void OnConnected(ProtocolVersion version, bool resumed)
    {
        lock (_lock)
        {
            _connected = true;
            _connections++;
            _since = time.GetUtcNow();
        }

        MqttLog.BrokerConnected(logger, options.Name, version, resumed);
    }

    private static async Task<Exception> ServeOnceAsync(Func<BrokerSession, CancellationToken, Task> serve, BrokerSession session, CancellationToken ct)
    {
        try
        {
            await serve(session, ct);
            return new IOException("The connection ended.");
        }
        catch (Exception end)
        {
            return end;
        }
    }

    private bool EndConnection(string? error)
    {
        lock (_lock)
        {
            bool was = _connected;
            _since = was ? time.GetUtcNow() : _since;
            _connected = false;
            _inFlight = null;
            _lastError = error ?? _lastError;
            return was;
        }
    }
}
