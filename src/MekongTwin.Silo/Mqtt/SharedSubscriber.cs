using MekongTwin.Ingest;
using MekongTwin.Ingest.Mqtt;
using Microsoft.Extensions.Logging.Abstractions;

namespace MekongTwin.Silo.Mqtt;

/// <summary>
/// One silo's part of the city's streams, through MQTTnet: MQTT 5.0, a shared subscription, a persistent session of the
/// silo's own, acknowledged only when durable; connected again and again.
/// </summary>
public sealed class SharedSubscriber(BrokerOptions options, IAdmissions admissions, TimeProvider time, ILogger<SharedSubscriber>? logger = null)
    : IBrokerSubscriber
{
    private readonly Reconnector _reconnector = new(options, admissions, time, logger ?? NullLogger<SharedSubscriber>.Instance);

    public BrokerStatus Status => _reconnector.Status;

    public Task RunAsync(CancellationToken ct) => _reconnector.RunAsync(ServeAsync, static _ => false, ct);

    /// <summary>A client of its own for every connection: what an old one received cannot be acknowledged on a new one.</summary>
    private async Task ServeAsync(BrokerSession session, CancellationToken ct)
    {
        await using var stream = await _reconnector.OpenAsync(BrokerTransport.OpenStreamAsync, ct);
        using var connection = new SharedConnection(options, session, stream, time, ct)
        {
            Connected = resumed => _reconnector.OnConnected(ProtocolVersion.V5, resumed),
        };
        _reconnector.OnOpened(() => connection.InFlight);
        await connection.RunAsync();
    }
}
