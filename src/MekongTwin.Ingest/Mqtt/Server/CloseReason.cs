namespace MekongTwin.Ingest.Mqtt;

/// <summary>Why a connection ended; counted by this.</summary>
public enum CloseReason
{
    /// <summary>Still open.</summary>
    None,

    /// <summary>The client sent DISCONNECT.</summary>
    ClientDisconnected,

    /// <summary>The transport ended without DISCONNECT.</summary>
    ConnectionLost,

    /// <summary>No complete CONNECT in time.</summary>
    ConnectTimeout,

    /// <summary>No complete packet for 1.5 times the keep-alive.</summary>
    KeepAliveTimeout,

    /// <summary>The client did not read what it was sent.</summary>
    SendTimeout,

    /// <summary>Another connection took the client identifier.</summary>
    TakenOver,

    /// <summary>The door closes.</summary>
    ShuttingDown,

    /// <summary>CONNECT was refused.</summary>
    Refused,

    MalformedPacket,
    ProtocolError,
    PacketTooLarge,
    ReceiveMaximumExceeded,
    TopicAliasInvalid,
    TopicNameInvalid,
    TopicFilterInvalid,
    NotAuthorized,
    AuthenticationMethod,
    QuotaExceeded,

    /// <summary>A fault on this side, logged.</summary>
    Fault,
}

/// <summary>Close reasons as 5.0 reason codes and back.</summary>
internal static class CloseReasons
{
    public static CloseReason From(ReasonCode reason) => reason switch
    {
        ReasonCode.ProtocolError => CloseReason.ProtocolError,
        ReasonCode.PacketTooLarge => CloseReason.PacketTooLarge,
        ReasonCode.ReceiveMaximumExceeded => CloseReason.ReceiveMaximumExceeded,
        ReasonCode.TopicAliasInvalid => CloseReason.TopicAliasInvalid,
        ReasonCode.TopicNameInvalid => CloseReason.TopicNameInvalid,
        ReasonCode.TopicFilterInvalid => CloseReason.TopicFilterInvalid,
        ReasonCode.NotAuthorized => CloseReason.NotAuthorized,
        ReasonCode.BadAuthenticationMethod => CloseReason.AuthenticationMethod,
        ReasonCode.QuotaExceeded => CloseReason.QuotaExceeded,
        _ => CloseReason.MalformedPacket,
    };

    /// <summary>What a 5.0 client is told in DISCONNECT; null when there is nobody to tell.</summary>
    public static ReasonCode? ToReasonCode(CloseReason reason) => reason switch
    {
        CloseReason.KeepAliveTimeout => ReasonCode.KeepAliveTimeout,
        CloseReason.TakenOver => ReasonCode.SessionTakenOver,
        CloseReason.ShuttingDown => ReasonCode.ServerShuttingDown,
        CloseReason.MalformedPacket => ReasonCode.MalformedPacket,
        CloseReason.ProtocolError => ReasonCode.ProtocolError,
        CloseReason.PacketTooLarge => ReasonCode.PacketTooLarge,
        CloseReason.ReceiveMaximumExceeded => ReasonCode.ReceiveMaximumExceeded,
        CloseReason.TopicAliasInvalid => ReasonCode.TopicAliasInvalid,
        CloseReason.TopicNameInvalid => ReasonCode.TopicNameInvalid,
        CloseReason.TopicFilterInvalid => ReasonCode.TopicFilterInvalid,
        CloseReason.NotAuthorized => ReasonCode.NotAuthorized,
        CloseReason.AuthenticationMethod => ReasonCode.BadAuthenticationMethod,
        CloseReason.QuotaExceeded => ReasonCode.QuotaExceeded,
        CloseReason.Fault => ReasonCode.Unspecified,
        _ => null,
    };
}
