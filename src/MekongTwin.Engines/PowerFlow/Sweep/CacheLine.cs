using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>Calls a cache line before it is written: a store that has to wait for its line holds up all stores behind it.</summary>
internal static class CacheLine
{
    /// <summary>Doubles in a line.</summary>
    public const int Length = 8;

    /// <summary>A hint: any address may be given, nothing is read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Call(ref double origin, nint offset)
    {
        if (Sse.IsSupported) Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.Add(ref origin, offset)));
    }
}
