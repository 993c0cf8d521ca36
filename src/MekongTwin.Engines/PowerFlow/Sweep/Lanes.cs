using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MekongTwin.Engines.PowerFlow.Sweep;

/// <summary>Arithmetic on as many scenarios as a vector holds. Every operation is correctly rounded and works lane by lane, so a
/// scenario gets the same bits at every width.</summary>
/// <typeparam name="TVector">The vector: one double a lane.</typeparam>
internal interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Scenarios in one vector.</summary>
    static abstract int Count { get; }

    static abstract TVector Load(ref double source, nint offset);

    static abstract void Store(TVector value, ref double target, nint offset);

    static abstract TVector Every(double value);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    static abstract TVector SquareRoot(TVector a);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>c − a·b, rounded once.</summary>
    static abstract TVector MultiplySubtractFrom(TVector a, TVector b, TVector c);

    static abstract TVector Absolute(TVector a);

    /// <summary>The larger; <paramref name="b"/> where either is not a number.</summary>
    static abstract TVector Larger(TVector a, TVector b);

    /// <summary>The smaller; <paramref name="b"/> where either is not a number.</summary>
    static abstract TVector Smaller(TVector a, TVector b);

    /// <summary><paramref name="a"/> where <paramref name="mask"/> has ones, else <paramref name="b"/>.</summary>
    static abstract TVector Select(TVector mask, TVector a, TVector b);

    /// <summary>Bits of <paramref name="a"/> where <paramref name="mask"/> has ones, else 0.</summary>
    static abstract TVector And(TVector a, TVector mask);

    /// <summary>True when every lane of <paramref name="a"/> is at most <paramref name="bound"/>; false where one is not a number.</summary>
    static abstract bool AllAtMost(TVector a, TVector bound);

    /// <summary>Ones where <paramref name="a"/> is at most <paramref name="bound"/>, else zeros.</summary>
    static abstract TVector AtMost(TVector a, TVector bound);

    /// <summary>Lanes in which <paramref name="mask"/> has ones.</summary>
    static abstract int CountOf(TVector mask);

    /// <summary>Angle of x + jy, rad.</summary>
    static abstract TVector ArcTangent(TVector y, TVector x);

    static abstract double Largest(TVector a);

    static abstract double Smallest(TVector a);
}

/// <summary>One scenario at a time: the oracle, and what a single solve uses.</summary>
internal readonly struct ScalarLanes : ILanes<double>
{
    public static int Count => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Load(ref double source, nint offset) => Unsafe.Add(ref source, offset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(double value, ref double target, nint offset) => Unsafe.Add(ref target, offset) = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Every(double value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Add(double a, double b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Subtract(double a, double b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Multiply(double a, double b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Divide(double a, double b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SquareRoot(double a) => Math.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double MultiplyAdd(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double MultiplySubtractFrom(double a, double b, double c) => Math.FusedMultiplyAdd(-a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Absolute(double a) => Math.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Larger(double a, double b) => double.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Smaller(double a, double b) => double.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Select(double mask, double a, double b) => BitConverter.DoubleToInt64Bits(mask) != 0 ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double And(double a, double mask) => BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(a) & BitConverter.DoubleToInt64Bits(mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllAtMost(double a, double bound) => a <= bound;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double AtMost(double a, double bound) => BitConverter.Int64BitsToDouble(a <= bound ? -1 : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountOf(double mask) => BitConverter.DoubleToInt64Bits(mask) < 0 ? 1 : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ArcTangent(double y, double x) => Math.Atan2(y, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(double a) => a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Smallest(double a) => a;
}

/// <summary>Four scenarios.</summary>
internal readonly struct Lanes256 : ILanes<Vector256<double>>
{
    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Load(ref double source, nint offset) => Vector256.LoadUnsafe(ref Unsafe.Add(ref source, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<double> value, ref double target, nint offset) => value.StoreUnsafe(ref Unsafe.Add(ref target, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Every(double value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Add(Vector256<double> a, Vector256<double> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Subtract(Vector256<double> a, Vector256<double> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Multiply(Vector256<double> a, Vector256<double> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Divide(Vector256<double> a, Vector256<double> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> SquareRoot(Vector256<double> a) => Vector256.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> MultiplyAdd(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> MultiplySubtractFrom(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(-a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Absolute(Vector256<double> a) => Vector256.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Larger(Vector256<double> a, Vector256<double> b) => Vector256.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Smaller(Vector256<double> a, Vector256<double> b) => Vector256.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Select(Vector256<double> mask, Vector256<double> a, Vector256<double> b) => Vector256.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> And(Vector256<double> a, Vector256<double> mask) => a & mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllAtMost(Vector256<double> a, Vector256<double> bound) => Vector256.LessThanOrEqualAll(a, bound);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> AtMost(Vector256<double> a, Vector256<double> bound) => Vector256.LessThanOrEqual(a, bound);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountOf(Vector256<double> mask) => BitOperations.PopCount(mask.ExtractMostSignificantBits());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> ArcTangent(Vector256<double> y, Vector256<double> x) =>
        Vector256.Create(Math.Atan2(y[0], x[0]), Math.Atan2(y[1], x[1]), Math.Atan2(y[2], x[2]), Math.Atan2(y[3], x[3]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Vector256<double> a)
    {
        var two = Vector128.MaxNative(a.GetLower(), a.GetUpper());
        return double.MaxNative(two[0], two[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Smallest(Vector256<double> a)
    {
        var two = Vector128.MinNative(a.GetLower(), a.GetUpper());
        return double.MinNative(two[0], two[1]);
    }
}

/// <summary>Eight scenarios.</summary>
internal readonly struct Lanes512 : ILanes<Vector512<double>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Load(ref double source, nint offset) => Vector512.LoadUnsafe(ref Unsafe.Add(ref source, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<double> value, ref double target, nint offset) => value.StoreUnsafe(ref Unsafe.Add(ref target, offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Every(double value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Add(Vector512<double> a, Vector512<double> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Subtract(Vector512<double> a, Vector512<double> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Multiply(Vector512<double> a, Vector512<double> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Divide(Vector512<double> a, Vector512<double> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> SquareRoot(Vector512<double> a) => Vector512.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> MultiplyAdd(Vector512<double> a, Vector512<double> b, Vector512<double> c) => Vector512.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> MultiplySubtractFrom(Vector512<double> a, Vector512<double> b, Vector512<double> c) => Vector512.FusedMultiplyAdd(-a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Absolute(Vector512<double> a) => Vector512.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Larger(Vector512<double> a, Vector512<double> b) => Vector512.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Smaller(Vector512<double> a, Vector512<double> b) => Vector512.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Select(Vector512<double> mask, Vector512<double> a, Vector512<double> b) => Vector512.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> And(Vector512<double> a, Vector512<double> mask) => a & mask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllAtMost(Vector512<double> a, Vector512<double> bound) => Vector512.LessThanOrEqualAll(a, bound);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> AtMost(Vector512<double> a, Vector512<double> bound) => Vector512.LessThanOrEqual(a, bound);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountOf(Vector512<double> mask) => BitOperations.PopCount(mask.ExtractMostSignificantBits());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ArcTangent(Vector512<double> y, Vector512<double> x) =>
        Vector512.Create(Lanes256.ArcTangent(y.GetLower(), x.GetLower()), Lanes256.ArcTangent(y.GetUpper(), x.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Vector512<double> a) => Lanes256.Largest(Vector256.MaxNative(a.GetLower(), a.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Smallest(Vector512<double> a) => Lanes256.Smallest(Vector256.MinNative(a.GetLower(), a.GetUpper()));
}

/// <summary>Two vectors side by side: the second hides the latency of the first where a grid is one long feeder.</summary>
internal readonly record struct Pair<TVector>(TVector A, TVector B)
    where TVector : struct;

/// <inheritdoc cref="Pair{TVector}"/>
internal readonly struct PairLanes<TVector, TLanes> : ILanes<Pair<TVector>>
    where TVector : struct
    where TLanes : struct, ILanes<TVector>
{
    public static int Count => 2 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Load(ref double source, nint offset) => new(TLanes.Load(ref source, offset), TLanes.Load(ref source, offset + TLanes.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Pair<TVector> value, ref double target, nint offset)
    {
        TLanes.Store(value.A, ref target, offset);
        TLanes.Store(value.B, ref target, offset + TLanes.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Every(double value)
    {
        var every = TLanes.Every(value);
        return new(every, every);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Add(Pair<TVector> a, Pair<TVector> b) => new(TLanes.Add(a.A, b.A), TLanes.Add(a.B, b.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Subtract(Pair<TVector> a, Pair<TVector> b) => new(TLanes.Subtract(a.A, b.A), TLanes.Subtract(a.B, b.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Multiply(Pair<TVector> a, Pair<TVector> b) => new(TLanes.Multiply(a.A, b.A), TLanes.Multiply(a.B, b.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Divide(Pair<TVector> a, Pair<TVector> b) => new(TLanes.Divide(a.A, b.A), TLanes.Divide(a.B, b.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> SquareRoot(Pair<TVector> a) => new(TLanes.SquareRoot(a.A), TLanes.SquareRoot(a.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> MultiplyAdd(Pair<TVector> a, Pair<TVector> b, Pair<TVector> c) => new(TLanes.MultiplyAdd(a.A, b.A, c.A), TLanes.MultiplyAdd(a.B, b.B, c.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> MultiplySubtractFrom(Pair<TVector> a, Pair<TVector> b, Pair<TVector> c) =>
        new(TLanes.MultiplySubtractFrom(a.A, b.A, c.A), TLanes.MultiplySubtractFrom(a.B, b.B, c.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Absolute(Pair<TVector> a) => new(TLanes.Absolute(a.A), TLanes.Absolute(a.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Larger(Pair<TVector> a, Pair<TVector> b) => new(TLanes.Larger(a.A, b.A), TLanes.Larger(a.B, b.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Smaller(Pair<TVector> a, Pair<TVector> b) => new(TLanes.Smaller(a.A, b.A), TLanes.Smaller(a.B, b.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> Select(Pair<TVector> mask, Pair<TVector> a, Pair<TVector> b) => new(TLanes.Select(mask.A, a.A, b.A), TLanes.Select(mask.B, a.B, b.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> And(Pair<TVector> a, Pair<TVector> mask) => new(TLanes.And(a.A, mask.A), TLanes.And(a.B, mask.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AllAtMost(Pair<TVector> a, Pair<TVector> bound) => TLanes.AllAtMost(a.A, bound.A) && TLanes.AllAtMost(a.B, bound.B);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> AtMost(Pair<TVector> a, Pair<TVector> bound) => new(TLanes.AtMost(a.A, bound.A), TLanes.AtMost(a.B, bound.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountOf(Pair<TVector> mask) => TLanes.CountOf(mask.A) + TLanes.CountOf(mask.B);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Pair<TVector> ArcTangent(Pair<TVector> y, Pair<TVector> x) => new(TLanes.ArcTangent(y.A, x.A), TLanes.ArcTangent(y.B, x.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Largest(Pair<TVector> a) => TLanes.Largest(TLanes.Larger(a.A, a.B));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Smallest(Pair<TVector> a) => TLanes.Smallest(TLanes.Smaller(a.A, a.B));
}
