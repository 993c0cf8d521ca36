using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>Doubles that begin on a cache line and stay there, so that no vector straddles two lines.</summary>
internal readonly struct Aligned
{
    private const int LineBytes = 64;
    private readonly double[] array;
    private readonly int first;

    public Aligned(int length)
    {
        Length = length;
        array = GC.AllocateArray<double>(length + (LineBytes / sizeof(double)), pinned: true);
        var past = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) & (LineBytes - 1));
        first = past == 0 ? 0 : (LineBytes - past) / sizeof(double);
    }

    public int Length { get; }

    public ref double First => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), first);

    public Span<double> Span => array.AsSpan(first, Length);
}
