namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// What a client identifier keeps between connections (4.1): unreleased QoS 2 identifiers and subscriptions. Used by the
/// connection that owns it alone; ownership changes under the lock of <see cref="SessionTable"/>.
/// </summary>
internal sealed class MqttSession(string clientId)
{
    public string ClientId { get; } = clientId;

    public UnreleasedIds Unreleased { get; } = new();

    public Dictionary<string, SubscriptionRequest> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>True once a client has left it behind to come back to.</summary>
    public bool IsKept { get; set; }

    public MqttConnection? Owner { get; set; }

    /// <summary>Timestamp at which it expires while detached.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>Its place among the detached, oldest first; null while connected.</summary>
    public LinkedListNode<MqttSession>? Detached { get; set; }

    public void Reset()
    {
        Unreleased.Clear();
        Subscriptions.Clear();
        IsKept = false;
    }
}
