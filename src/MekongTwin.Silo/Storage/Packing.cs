using System.Buffers;

namespace MekongTwin.Silo.Storage;

/// <summary>Whole numbers as bytes: seven bits each, small ones short, negative ones zigzag.</summary>
internal sealed class Packer
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public Packer Put(long value)
    {
        PutUnsigned((ulong)((value << 1) ^ (value >> 63)));
        return this;
    }

    public Packer Put(Int128 value) => Put((long)(value >> 64)).Put(unchecked((long)(ulong)(value & ulong.MaxValue)));

    public Packer Put(ReadOnlySpan<byte> bytes)
    {
        Put(bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private void PutUnsigned(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)(value | 0x80);
        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}

/// <summary>Reads what a <see cref="Packer"/> wrote.</summary>
internal ref struct Unpacker(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _bytes = bytes;

    public readonly bool IsEmpty => _bytes.IsEmpty;

    public long Take()
    {
        var value = 0ul;
        for (var shift = 0; ; shift += 7)
        {
            var next = _bytes[0];
            _bytes = _bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) break;
        }
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int TakeInt() => checked((int)Take());

    public Int128 TakeWide()
    {
        var high = Take();
        return ((Int128)high << 64) | (ulong)Take();
    }

    public ReadOnlySpan<byte> TakeBytes()
    {
        var length = TakeInt();
        var taken = _bytes[..length];
        _bytes = _bytes[length..];
        return taken;
    }
}
