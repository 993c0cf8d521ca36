using System.Diagnostics.CodeAnalysis;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// The peer broke the protocol. The connection that reads turns it, in one place, into a disconnect with
/// <see cref="Reason"/>. Thrown out of line so that parsers stay small.
/// </summary>
public sealed class MalformedPacketException : Exception
{
    private MalformedPacketException(ReasonCode reason, string message)
        : base(message) => Reason = reason;

    /// <summary>The reason a 5.0 peer is told.</summary>
    public ReasonCode Reason { get; }

    /// <summary>Bytes that cannot be parsed by the specification (4.13): 0x81.</summary>
    [DoesNotReturn]
    internal static void Malformed(string message) => throw new MalformedPacketException(ReasonCode.MalformedPacket, message);

    /// <summary>Parsed, but not allowed by the protocol or by the state of the connection (4.13): 0x82.</summary>
    [DoesNotReturn]
    internal static void ProtocolError(string message) => throw new MalformedPacketException(ReasonCode.ProtocolError, message);

    /// <summary>A violation that has a reason code of its own.</summary>
    [DoesNotReturn]
    internal static void Throw(ReasonCode reason, string message) => throw new MalformedPacketException(reason, message);
}
