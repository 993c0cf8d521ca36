namespace MekongTwin.Ingest.Mqtt;

/// <summary>A PUBACK or PUBREC that waits until <see cref="Ticket"/> is durable.</summary>
internal readonly record struct PendingAcknowledgement(PacketType Type, ushort PacketId, ReasonCode Reason, long Ticket, long Since)
{
    /// <summary>True when this ends the exchange and frees the packet identifier: PUBACK, or PUBREC with an error [MQTT-4.3.3-9].</summary>
    public bool IsFinal => Type == PacketType.PubAck || Reason >= ReasonCode.Unspecified;
}
