namespace MekongTwin.Ingest.Mqtt;

/// <summary>Every bound of the MQTT door.</summary>
public sealed record MqttOptions
{
    /// <summary>Connections at the same time; one more is refused with 0x97 (3.1.1: 0x03).</summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>Bytes of the largest packet, header included, after CONNECT.</summary>
    public int MaxPacketSize { get; init; } = 256 * 1024;

    /// <summary>Bytes of the largest packet, header included, from a stranger: the CONNECT itself.</summary>
    public int MaxConnectPacketSize { get; init; } = 16 * 1024;

    /// <summary>
    /// Bytes of incomplete packets all connections together may keep waiting; a connection that would exceed it is
    /// closed with 0x97.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// QoS 1 and 2 messages of one connection not acknowledged yet: announced to 5.0 clients and enforced with 0x93;
    /// from 3.1.1 clients no more is read until there is room.
    /// </summary>
    public int ReceiveMaximum { get; init; } = 1024;

    /// <summary>QoS 2 messages a 3.1.1 session may leave unreleased; one more closes the connection.</summary>
    public int MaxUnreleased { get; init; } = 16_384;

    /// <summary>Topic aliases a 5.0 client may use.</summary>
    public int TopicAliasMaximum { get; init; } = 64;

    /// <summary>Bytes of the longest topic; what is sent to a longer one is rejected, counted and acknowledged.</summary>
    public int MaxTopicLength { get; init; } = 1024;

    /// <summary>UTF-16 units of the longest client identifier.</summary>
    public int MaxClientIdLength { get; init; } = 256;

    /// <summary>Subscriptions of one connection; one more is refused with 0x97 (3.1.1: 0x80).</summary>
    public int MaxSubscriptions { get; init; } = 16;

    /// <summary>Sessions kept without a connection; beyond it the one longest away is forgotten.</summary>
    public int MaxDetachedSessions { get; init; } = 20_000;

    /// <summary>The longest a session outlives its connection.</summary>
    public TimeSpan MaxSessionExpiry { get; init; } = TimeSpan.FromDays(1);

    /// <summary>From the connection's start to its CONNACK. NB-IoT modules need about ten seconds.</summary>
    public TimeSpan ConnectDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a wrong password is left without an answer.</summary>
    public TimeSpan LoginFailureDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a client may leave what it is sent unread before it is closed.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the end of a connection may take, for its own loops and for a successor that waits for it.</summary>
    public TimeSpan CloseGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often deadlines and changes of the users are looked at; they are met this much late.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromMilliseconds(500);
}
