namespace MekongTwin.Ingest.Mqtt;

/// <summary>The MQTT door at one instant.</summary>
/// <param name="Connections">Open connections.</param>
/// <param name="DetachedSessions">Sessions kept for clients that are away.</param>
/// <param name="InFlight">QoS 1 and 2 messages received and not acknowledged yet.</param>
/// <param name="OldestInFlightSeconds">Age of the oldest of them; zero when there is none.</param>
/// <param name="BufferedBytes">Bytes of incomplete packets.</param>
/// <param name="Takeovers">Connections replaced by a newer one of the same client.</param>
/// <param name="PublishesByQos">PUBLISH packets received, index is the QoS.</param>
/// <param name="Faults">Messages lost to a fault of this program, logged.</param>
/// <param name="Closes">Connections ended, by reason.</param>
public sealed record MqttServerStatus(
    int Connections,
    int DetachedSessions,
    long InFlight,
    double OldestInFlightSeconds,
    long BufferedBytes,
    long Takeovers,
    IReadOnlyList<long> PublishesByQos,
    long Faults,
    IReadOnlyDictionary<CloseReason, long> Closes);
