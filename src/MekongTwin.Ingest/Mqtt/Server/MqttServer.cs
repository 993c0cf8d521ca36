using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using MekongTwin.Domain.Access;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// What all MQTT connections share: options, sessions, counters and one timer that looks at every deadline
/// and at every change of the users. It takes
/// connections as pipes; <see cref="MqttConnectionHandler"/> brings those of Kestrel. Thread-safe.
/// </summary>
public sealed class MqttServer : IAsyncDisposable
{
    /// <summary>Connections above the maximum that are still told why they are refused; more are dropped unheard.</summary>
    private const int PoliteRefusals = 64;

    private readonly ConcurrentDictionary<MqttConnection, byte> _connections = new();
    private readonly long[] _closes = new long[Enum.GetValues<CloseReason>().Length];
    private readonly long[] _publishes = new long[3];
    private readonly ITimer _sweep;
    private long _takeovers;
    private long _buffered;
    private int _count;
    private volatile bool _isClosing;

    public MqttServer(
        MqttOptions options, IAccess access, IAdmissions admissions, IOutputs outputs, TimeProvider time,
        ILogger<MqttServer>? logger = null)
    {
        Options = options;
        Access = access;
        Admissions = admissions;
        Outputs = outputs;
        Time = time;
        Logger = logger ?? NullLogger<MqttServer>.Instance;
        Faults = new AdmissionFaults(Logger, time);
        Sessions = new SessionTable(options.MaxDetachedSessions, time);
        _sweep = time.CreateTimer(_ => Sweep(), null, options.SweepInterval, options.SweepInterval);
    }

    /// <summary>The door now. Walks all connections: for people, not for hot paths.</summary>
    public MqttServerStatus Status => new(
        Volatile.Read(ref _count),
        Sessions.DetachedCount,
        _connections.Keys.Sum(connection => (long)connection.InFlight),
        OldestInFlightSeconds(),
        Interlocked.Read(ref _buffered),
        Interlocked.Read(ref _takeovers),
        [.. _publishes],
        Faults.Count,
        Enum.GetValues<CloseReason>().Where(reason => _closes[(int)reason] > 0)
            .ToDictionary(reason => reason, reason => Interlocked.Read(ref _closes[(int)reason])));

    internal MqttOptions Options { get; }

    internal IAccess Access { get; }

    internal IAdmissions Admissions { get; }

    internal IOutputs Outputs { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal AdmissionFaults Faults { get; }

    internal SessionTable Sessions { get; }

    internal bool IsOverfull => Volatile.Read(ref _count) > Options.MaxConnections;

    /// <summary>
    /// Serves one connection to its end and returns why it ended. The transport stays the caller's to complete.
    /// </summary>
    public async Task<CloseReason> RunAsync(IDuplexPipe transport, CancellationToken stopping)
    {
        using MqttConnection connection = new(this, transport);
        int count = Interlocked.Increment(ref _count);
        MqttMeters.Connections.Add(1);
        _connections.TryAdd(connection, 0);
        if (_isClosing)
        {
            connection.Close(CloseReason.ShuttingDown);
        }
        else if (count > Options.MaxConnections + PoliteRefusals)
        {
            connection.Close(CloseReason.QuotaExceeded);
        }

        try
        {
            using CancellationTokenRegistration registration = stopping.UnsafeRegister(
                static state => ((MqttConnection)state!).Close(CloseReason.ShuttingDown), connection);
            await connection.RunAsync();
            return connection.CloseReason;
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            Interlocked.Decrement(ref _count);
            MqttMeters.Connections.Add(-1);
            Interlocked.Increment(ref _closes[(int)connection.CloseReason]);
            MqttMeters.Closed(connection.CloseReason);
        }
    }

    /// <summary>Tells every client that the door closes and waits for their connections to end.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        _isClosing = true;
        foreach (MqttConnection connection in _connections.Keys)
        {
            connection.Close(CloseReason.ShuttingDown);
        }

        await Task.WhenAll(_connections.Keys.Select(connection => connection.Completion)).WaitAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        await StopAsync(CancellationToken.None);
    }

    /// <summary>The user with this password; a password without a name is a bearer token.</summary>
    internal ValueTask<Verification> VerifyAsync(string? name, byte[] password, CancellationToken ct) => name is null
        ? ValueTask.FromResult(new Verification(Access.VerifyToken(Encoding.UTF8.GetString(password))))
        : Access.VerifyAsync(name, password, ct);

    internal void CountTakeover()
    {
        Interlocked.Increment(ref _takeovers);
        MqttMeters.Takeovers.Add(1);
    }

    internal void CountPublishes(int qos, int count)
    {
        if (count > 0)
        {
            Interlocked.Add(ref _publishes[qos], count);
            MqttMeters.Publishes(qos, count);
        }
    }

    internal long AddBuffered(long bytes) => Interlocked.Add(ref _buffered, bytes);

    private double OldestInFlightSeconds()
    {
        long? oldest = _connections.Keys.Min(connection => connection.OldestInFlightSince);
        return oldest is { } since ? Time.GetElapsedTime(since).TotalSeconds : 0;
    }

    private void Sweep()
    {
        int accessVersion = Access.Version;
        foreach (KeyValuePair<MqttConnection, byte> connection in _connections)
        {
            connection.Key.CheckDeadlines();
            connection.Key.CheckAccess(accessVersion);
        }

        Sessions.Sweep();
    }
}
