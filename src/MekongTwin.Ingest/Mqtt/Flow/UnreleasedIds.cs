namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Packet identifiers of QoS 2 messages admitted and not yet released by PUBREL [MQTT-4.3.3-10]: a repeat of one of them
/// is acknowledged, not admitted again. Belongs to the session; one connection at a time uses it. At most 65,535 by nature.
/// </summary>
internal sealed class UnreleasedIds
{
    private readonly Dictionary<ushort, long> _tickets = [];

    public int Count => _tickets.Count;

    /// <summary>The ticket under which the message was handed to the journal.</summary>
    public bool TryGetTicket(ushort packetId, out long ticket) => _tickets.TryGetValue(packetId, out ticket);

    public void Remember(ushort packetId) => _tickets[packetId] = long.MinValue;

    public void Commit(ushort packetId, long ticket)
    {
        if (_tickets.ContainsKey(packetId))
        {
            _tickets[packetId] = ticket;
        }
    }

    /// <summary>False when the identifier is not known.</summary>
    public bool Release(ushort packetId) => _tickets.Remove(packetId);

    public void Clear() => _tickets.Clear();
}
