using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>Doubles that begin on a cache line and stay there, so that no vector straddles two lines.</summary>
internal readonly struct Aligned
{
    private const int LineBytes = 64;
    private readonly double[] _array;
    private readonly int _first;

    public Aligned(int length)
    {
        Length = length;
        _array = GC.AllocateArray<double>(length + (LineBytes / sizeof(double)), pinned: true);
        var past = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0) & (LineBytes - 1));
        _first = past == 0 ? 0 : (LineBytes - past) / sizeof(double);
    }

    public int Length { get; }

    public ref double First => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_array), _first);

    public Span<double> Span => _array.AsSpan(_first, Length);
}
