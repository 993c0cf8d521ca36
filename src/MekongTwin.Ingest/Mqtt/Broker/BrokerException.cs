namespace MekongTwin.Ingest.Mqtt;

/// <summary>A broker refused the connection or the subscription, or ended it.</summary>
internal sealed class BrokerException(string message, ReasonCode reason) : Exception(message)
{
    public ReasonCode Reason { get; } = reason;
}
