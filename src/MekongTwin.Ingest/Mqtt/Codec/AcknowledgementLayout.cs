using System.Buffers;
using System.Buffers.Binary;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>Writes PUBACK, PUBREC, PUBREL and PUBCOMP: two bytes of header, the identifier, in 5.0 a reason unless it is success.</summary>
internal static class AcknowledgementLayout
{
    public const int MaxSize = 5;

    public static int Write(Span<byte> destination, ProtocolVersion version, PacketType type, ushort packetId, ReasonCode reason)
    {
        bool withReason = version == ProtocolVersion.V5 && reason != ReasonCode.Success;
        destination[0] = (byte)(((byte)type << 4) | (type == PacketType.PubRel ? 0b0010 : 0));
        destination[1] = withReason ? (byte)3 : (byte)2;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], packetId);
        if (!withReason)
        {
            return 4;
        }

        destination[4] = (byte)reason;
        return MaxSize;
    }

    public static void Write(IBufferWriter<byte> output, ProtocolVersion version, PacketType type, ushort packetId, ReasonCode reason) =>
        output.Advance(Write(output.GetSpan(MaxSize), version, type, packetId, reason));
}
