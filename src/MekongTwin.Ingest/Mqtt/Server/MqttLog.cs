using Microsoft.Extensions.Logging;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>The few things the MQTT doors log.</summary>
internal static partial class MqttLog
{
    [LoggerMessage(1, LogLevel.Debug, "Connection of {ClientId} closed: {Reason} ({Detail})")]
    public static partial void Closed(ILogger logger, string clientId, CloseReason reason, string detail);

    [LoggerMessage(2, LogLevel.Error, "Connection of {ClientId} failed")]
    public static partial void Failed(ILogger logger, Exception exception, string clientId);

    [LoggerMessage(3, LogLevel.Warning, "A subscription of {ClientId} to {Filter} failed")]
    public static partial void SubscriptionFailed(ILogger logger, Exception exception, string clientId, string filter);

    [LoggerMessage(4, LogLevel.Information, "Broker {Broker} connected, protocol {Version}, resumed {Resumed}")]
    public static partial void BrokerConnected(ILogger logger, string broker, ProtocolVersion version, bool resumed);

    [LoggerMessage(5, LogLevel.Warning, "Broker {Broker} disconnected: {Error}; next attempt in {Delay}")]
    public static partial void BrokerDisconnected(ILogger logger, string broker, string error, TimeSpan delay);

    [LoggerMessage(6, LogLevel.Error, "A message to {Topic} was not taken: a fault of this program, number {Count}; others of this minute are counted only")]
    public static partial void AdmissionFailed(ILogger logger, Exception exception, string topic, long count);
}
