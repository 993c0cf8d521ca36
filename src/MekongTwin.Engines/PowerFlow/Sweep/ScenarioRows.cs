using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>Between arrays that hold one scenario after the other, bus by bus, and blocks that hold one place after the other, lane
/// by lane: a transposition, four by four where the machine can.</summary>
internal static class ScenarioRows
{
    private const int Tile = 4;

    /// <summary>Reads rows <paramref name="first"/> on into <paramref name="block"/>, one a lane; beyond <paramref name="last"/> the
    /// last row is read again.</summary>
    /// <param name="rows">Scenarios times buses.</param>
    /// <param name="less">Subtracted at each bus.</param>
    /// <param name="places">Place of each bus in the block.</param>
    /// <param name="target">Block array with two quantities a place.</param>
    /// <param name="quantity">Which of the two: 0 or 1.</param>
    /// <param name="lanes">Lanes of the block.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(ReadOnlySpan<double> rows, int first, int last, ReadOnlySpan<double> less, ReadOnlySpan<int> places, Span<double> target, int quantity, int lanes)
    {
        var buses = places.Length;
        if (rows.Length < (last + 1) * (long)buses || less.Length < buses || first > last) throw new ArgumentException("The rows do not cover the scenarios.", nameof(rows));
        ref var to = ref Unsafe.Add(ref MemoryMarshal.GetReference(target), quantity * lanes);
        ref var from = ref MemoryMarshal.GetReference(rows);
        var bus = 0;
        if (Avx.IsSupported && lanes >= Tile)
        {
            for (; bus <= buses - Tile; bus += Tile)
            {
                var off = Vector256.LoadUnsafe(in less[bus]);
                ref var w = ref Place(ref to, places[bus], 0);
                ref var x = ref Place(ref to, places[bus + 1], 0);
                ref var y = ref Place(ref to, places[bus + 2], 0);
                ref var z = ref Place(ref to, places[bus + 3], 0);
                for (var lane = 0; lane < lanes; lane += Tile)
                {
                    var (a, b, c, d) = Transpose(
                        At(ref Row(ref from, lane), bus) - off, At(ref Row(ref from, lane + 1), bus) - off, At(ref Row(ref from, lane + 2), bus) - off, At(ref Row(ref from, lane + 3), bus) - off);
                    a.StoreUnsafe(ref Unsafe.Add(ref w, lane));
                    b.StoreUnsafe(ref Unsafe.Add(ref x, lane));
                    c.StoreUnsafe(ref Unsafe.Add(ref y, lane));
                    d.StoreUnsafe(ref Unsafe.Add(ref z, lane));
                }
            }
        }
        for (var lane = 0; lane < lanes; lane++)
        {
            ref var row = ref Row(ref from, lane);
            for (var rest = bus; rest < buses; rest++) Place(ref to, places[rest], lane) = Unsafe.Add(ref row, rest) - less[rest];
        }

        ref double Row(ref double origin, int lane) => ref Unsafe.Add(ref origin, (nint)Math.Min(first + lane, last) * buses);

        ref double Place(ref double origin, int place, int lane) => ref Unsafe.Add(ref origin, ((nint)place * 2 * lanes) + lane);
    }

    /// <summary>Writes lanes of <paramref name="source"/> to rows <paramref name="first"/> to <paramref name="last"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scatter(ReadOnlySpan<double> source, int quantity, int lanes, ReadOnlySpan<int> places, Span<double> rows, int first, int last)
    {
        var buses = places.Length;
        if (rows.Length < (last + 1) * (long)buses || first > last) throw new ArgumentException("The rows do not cover the scenarios.", nameof(rows));
        ref var from = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), quantity * lanes);
        ref var to = ref MemoryMarshal.GetReference(rows);
        var filled = last - first + 1;
        for (var lane = 0; lane < filled; lane += Tile)
        {
            var bus = 0;
            if (Avx.IsSupported && lane + Tile <= filled)
            {
                ref var a = ref Row(ref to, lane);
                ref var b = ref Row(ref to, lane + 1);
                ref var c = ref Row(ref to, lane + 2);
                ref var d = ref Row(ref to, lane + 3);
                for (; bus <= buses - Tile; bus += Tile)
                {
                    var (w, x, y, z) = Transpose(
                        Vector256.LoadUnsafe(ref Place(ref from, places[bus], lane)), Vector256.LoadUnsafe(ref Place(ref from, places[bus + 1], lane)),
                        Vector256.LoadUnsafe(ref Place(ref from, places[bus + 2], lane)), Vector256.LoadUnsafe(ref Place(ref from, places[bus + 3], lane)));
                    w.StoreUnsafe(ref Unsafe.Add(ref a, bus));
                    x.StoreUnsafe(ref Unsafe.Add(ref b, bus));
                    y.StoreUnsafe(ref Unsafe.Add(ref c, bus));
                    z.StoreUnsafe(ref Unsafe.Add(ref d, bus));
                }
            }
            for (var i = lane; i < Math.Min(lane + Tile, filled); i++)
            {
                ref var row = ref Row(ref to, i);
                for (var rest = bus; rest < buses; rest++) Unsafe.Add(ref row, rest) = Place(ref from, places[rest], i);
            }
        }

        ref double Row(ref double origin, int lane) => ref Unsafe.Add(ref origin, (nint)(first + lane) * buses);

        ref double Place(ref double origin, int place, int lane) => ref Unsafe.Add(ref origin, ((nint)place * 2 * lanes) + lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> At(ref double row, int bus) => Vector256.LoadUnsafe(ref Unsafe.Add(ref row, bus));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<double> W, Vector256<double> X, Vector256<double> Y, Vector256<double> Z) Transpose(
        Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d)
    {
        var (ab0, ab1, cd0, cd1) = (Avx.UnpackLow(a, b), Avx.UnpackHigh(a, b), Avx.UnpackLow(c, d), Avx.UnpackHigh(c, d));
        return (Avx.Permute2x128(ab0, cd0, 0x20), Avx.Permute2x128(ab1, cd1, 0x20), Avx.Permute2x128(ab0, cd0, 0x31), Avx.Permute2x128(ab1, cd1, 0x31));
    }
}
