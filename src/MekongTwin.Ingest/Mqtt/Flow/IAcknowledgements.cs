namespace MekongTwin.Ingest.Mqtt;

/// <summary>Where acknowledgements wait until their messages are durable. One read loop stages and publishes.</summary>
internal interface IAcknowledgements
{
    /// <summary>What has been staged since the last <see cref="Publish"/>.</summary>
    ReadOnlySpan<PendingAcknowledgement> Staged { get; }

    /// <summary>Remembers an acknowledgement for the batch under way; <paramref name="ticketFloor"/> is an older batch it also waits for.</summary>
    void Stage(PacketType type, ushort packetId, ReasonCode reason, long ticketFloor = long.MinValue);

    /// <summary>The batch was handed to the journal under <paramref name="ticket"/>: its acknowledgements may follow.</summary>
    void Publish(long ticket, long now);
}
