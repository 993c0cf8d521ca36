namespace MekongTwin.Ingest.Mqtt;

/// <summary>Takes the streams of a broker the city already has. Each edition has its own; one contract suite holds for both.</summary>
public interface IBrokerSubscriber
{
    /// <summary>The subscription now. Any thread.</summary>
    BrokerStatus Status { get; }

    /// <summary>Connects, receives and reconnects until cancelled; never ends by itself, whatever the broker does.</summary>
    Task RunAsync(CancellationToken ct);
}
