using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MekongTwin.Ingest.Mqtt;

/// <summary>
/// Lays out one packet whose body length is not known beforehand: the body is built first, then the header and the body
/// are written together. For control packets; acknowledgements and outgoing messages are written straight.
/// </summary>
internal sealed class PacketBuilder
{
    private readonly ArrayBufferWriter<byte> _body = new(64);

    public PacketBuilder Byte(byte value)
    {
        _body.GetSpan(1)[0] = value;
        _body.Advance(1);
        return this;
    }

    public PacketBuilder UInt16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_body.GetSpan(2), (ushort)value);
        _body.Advance(2);
        return this;
    }

    public PacketBuilder UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_body.GetSpan(4), value);
        _body.Advance(4);
        return this;
    }

    public PacketBuilder Variable(int value)
    {
        _body.Advance(VariableByteInteger.Write(_body.GetSpan(4), value));
        return this;
    }

    public PacketBuilder Text(string text) => Binary(Encoding.UTF8.GetBytes(text));

    public PacketBuilder Binary(ReadOnlySpan<byte> bytes)
    {
        UInt16(bytes.Length);
        return Raw(bytes);
    }

    public PacketBuilder Raw(ReadOnlySpan<byte> bytes)
    {
        _body.Write(bytes);
        return this;
    }

    /// <summary>The property length, then the properties.</summary>
    public PacketBuilder Properties(PacketBuilder properties)
    {
        Variable(properties._body.WrittenCount);
        return Raw(properties._body.WrittenSpan);
    }

    public PacketBuilder Property(PropertyId id) => Byte((byte)id);

    public void WriteTo(IBufferWriter<byte> destination, PacketType type, byte flags = 0)
    {
        Span<byte> header = stackalloc byte[FixedHeader.MaxLength];
        header[0] = (byte)(((byte)type << 4) | flags);
        int length = 1 + VariableByteInteger.Write(header[1..], _body.WrittenCount);
        destination.Write(header[..length]);
        destination.Write(_body.WrittenSpan);
    }
}
