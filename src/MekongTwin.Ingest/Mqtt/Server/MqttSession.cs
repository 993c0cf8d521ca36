namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// What a client keeps between connections (4.1): unreleased QoS 2 identifiers and subscriptions. Used by the connection
/// that holds it alone; owner and holder change under the lock of <see cref="SessionTable"/>.
/// </summary>
internal sealed class MqttSession(SessionKey key)
{
    public SessionKey Key { get; } = key;

    public UnreleasedIds Unreleased { get; } = new();

    public Dictionary<string, SubscriptionRequest> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>True once a client has left it behind to come back to.</summary>
    public bool IsKept { get; set; }

    /// <summary>The connection that claimed it last.</summary>
    public MqttConnection? Owner { get; set; }

    /// <summary>The connection that uses it: the owner from CONNACK on, or the one before that has not let go.</summary>
    public MqttConnection? Holder { get; set; }

    /// <summary>Timestamp at which it expires while it is kept.</summary>
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
