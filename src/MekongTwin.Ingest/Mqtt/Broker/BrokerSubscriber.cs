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
    Func<BrokerOptions, CancellationToken, Task<BrokerTransport>>? connect = null) : IBrokerSubscriber
{
    private readonly Func<BrokerOptions, CancellationToken, Task<BrokerTransport>> _connect = connect ?? BrokerTransport.ConnectAsync;
    private readonly Reconnector _reconnector = new(options, admissions, time, logger ?? NullLogger<BrokerSubscriber>.Instance);
    private ProtocolVersion _version = ProtocolVersion.V5;
    private bool _transportOpened;

    public BrokerStatus Status => _reconnector.Status;

    public Task RunAsync(CancellationToken ct) => _reconnector.RunAsync(ServeAsync, TryOtherVersion, ct);

    private async Task ServeAsync(BrokerSession session, CancellationToken ct)
    {
        _transportOpened = false;
        using BrokerTransport transport = await _reconnector.OpenAsync(_connect, ct);
        _transportOpened = true;
        using BrokerConnection connection = new(options, session, _version, transport, time, ct)
        {
            Connected = resumed => _reconnector.OnConnected(_version, resumed),
        };
        _reconnector.OnOpened(() => connection.InFlight);
        await connection.RunAsync();
    }

    /// <summary>
    /// A broker that knows only the other version says so, or closes without an answer. True: try at once, the wait is for
    /// brokers that refuse both. A shared subscription needs 5.0: in 3.1.1 it may be a filter like any other, which nothing matches.
    /// </summary>
    private bool TryOtherVersion(Exception end)
    {
        bool refused = end is BrokerException { Reason: ReasonCode.UnsupportedProtocolVersion };
        bool silent = _transportOpened && end is IOException or MalformedPacketException;
        if (options.SharedGroup is not null || (!refused && !silent))
        {
            return false;
        }

        bool wasNewest = _version == ProtocolVersion.V5;
        _version = wasNewest ? ProtocolVersion.V311 : ProtocolVersion.V5;
        return refused && wasNewest;
    }
}
