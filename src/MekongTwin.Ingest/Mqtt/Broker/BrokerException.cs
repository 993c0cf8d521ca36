namespace MekongTwin.Ingest.Mqtt;

/// <summary>A broker refused the connection or the subscription, or ended it.</summary>
internal sealed class BrokerException(string message, ReasonCode reason) : Exception(message)
{
    public ReasonCode Reason { get; } = reason;

    /// <summary>CONNACK says no.</summary>
    public static BrokerException Refused(ReasonCode reason, BrokerOptions options)
    {
        string advice = reason == ReasonCode.UnsupportedProtocolVersion && options.SharedGroup is not null
            ? " A shared subscription needs MQTT 5.0: let the broker accept it, or subscribe without a shared group, with one subscriber."
            : "";
        return new BrokerException($"The broker refuses the connection: {reason}.{advice}", reason);
    }
}
