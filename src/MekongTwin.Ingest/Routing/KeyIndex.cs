using System.Buffers.Binary;
using System.Numerics;

namespace MekongTwin.Ingest.Routing;

/// <summary>Numbers of keys (bytes), by open addressing: 16 to 28 bytes a key beside the key itself. Filled once, then only read.</summary>
/// <param name="keysMax">Most keys.</param>
/// <param name="bytesMax">Most bytes of all keys.</param>
internal sealed class KeyIndex(int keysMax, int bytesMax)
{
    private readonly byte[] _keys = new byte[bytesMax];

    /// <summary>Where each key ends; it begins where the one before ends.</summary>
    private readonly int[] _ends = new int[keysMax];

    private readonly Slot[] _slots = new Slot[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, keysMax + keysMax / 2))];

    /// <summary>Keys in it: the next one's number.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a key under the next number. False when it is there already.</summary>
    public bool TryAdd(ReadOnlySpan<byte> key)
    {
        var hash = Hash(key);
        if (Find(key, hash, out var free) >= 0) return false;
        var start = Count == 0 ? 0 : _ends[Count - 1];
        key.CopyTo(_keys.AsSpan(start));
        _ends[Count] = start + key.Length;
        _slots[free] = new(hash, ++Count);
        return true;
    }

    /// <summary>A key's number, or -1.</summary>
    public int Find(ReadOnlySpan<byte> key) => Count == 0 ? -1 : Find(key, Hash(key), out _);

    private int Find(ReadOnlySpan<byte> key, uint hash, out uint at)
    {
        var mask = (uint)(_slots.Length - 1);
        for (at = hash & mask; ; at = (at + 1) & mask)
        {
            ref readonly var slot = ref _slots[at];
            // Counted from one: zero is a free slot.
            if (slot.Key == 0) return -1;
            if (slot.Hash == hash && key.SequenceEqual(KeyAt(slot.Key - 1))) return slot.Key - 1;
        }
    }

    private ReadOnlySpan<byte> KeyAt(int number) => _keys.AsSpan((number == 0 ? 0 : _ends[number - 1]).._ends[number]);

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        var hash = 0x9E3779B97F4A7C15UL ^ (ulong)key.Length;
        while (key.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key)) * 0xD6E8FEB86659FD93UL;
            hash ^= hash >> 32;
            key = key[8..];
        }
        foreach (var value in key) hash = (hash ^ value) * 0x100000001B3UL;
        hash *= 0xD6E8FEB86659FD93UL;
        return (uint)(hash >> 32);
    }

    private readonly record struct Slot(uint Hash, int Key);
}
