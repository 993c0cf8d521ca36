using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MekongTwin.Engines.PowerFlow.Newton;

/// <summary>A number a scenario: the solver is written once and run one, four or eight scenarios wide.</summary>
internal interface ILane<T> where T : struct, ILane<T>
{
    static abstract int Width { get; }

    static abstract T Of(double value);

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T operator -(T a);

    /// <summary>a·b + c.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>The larger magnitude; NaN if either is.</summary>
    static abstract T LargerMagnitude(T a, T b);

    /// <summary>The nearest whole number, to even from the middle.</summary>
    static abstract T Round(T a);

    static abstract T Floor(T a);

    /// <summary>Where the share is not 0 the first, elsewhere the second.</summary>
    static abstract T Select(T share, T first, T second);

    double Get(int lane);

    T With(int lane, double value);
}

/// <summary>One scenario: the oracle of the wider ones.</summary>
internal readonly struct Lane1(double value) : ILane<Lane1>
{
    private readonly double value = value;

    public static int Width => 1;

    public static Lane1 Of(double value) => new(value);

    public static Lane1 operator +(Lane1 a, Lane1 b) => new(a.value + b.value);

    public static Lane1 operator -(Lane1 a, Lane1 b) => new(a.value - b.value);

    public static Lane1 operator *(Lane1 a, Lane1 b) => new(a.value * b.value);

    public static Lane1 operator /(Lane1 a, Lane1 b) => new(a.value / b.value);

    public static Lane1 operator -(Lane1 a) => new(-a.value);

    public static Lane1 MultiplyAdd(Lane1 a, Lane1 b, Lane1 c) => new(Math.FusedMultiplyAdd(a.value, b.value, c.value));

    public static Lane1 LargerMagnitude(Lane1 a, Lane1 b) => new(Math.Max(Math.Abs(a.value), Math.Abs(b.value)));

    public static Lane1 Round(Lane1 a) => new(Math.Round(a.value));

    public static Lane1 Floor(Lane1 a) => new(Math.Floor(a.value));

    public static Lane1 Select(Lane1 share, Lane1 first, Lane1 second) => share.value != 0 ? first : second;

    public double Get(int lane) => value;

    public Lane1 With(int lane, double value) => new(value);
}

/// <summary>Four scenarios in a 256-bit register.</summary>
internal readonly struct Lane4(Vector256<double> value) : ILane<Lane4>
{
    private readonly Vector256<double> value = value;

    public static int Width => 4;

    public static Lane4 Of(double value) => new(Vector256.Create(value));

    public static Lane4 operator +(Lane4 a, Lane4 b) => new(a.value + b.value);

    public static Lane4 operator -(Lane4 a, Lane4 b) => new(a.value - b.value);

    public static Lane4 operator *(Lane4 a, Lane4 b) => new(a.value * b.value);

    public static Lane4 operator /(Lane4 a, Lane4 b) => new(a.value / b.value);

    public static Lane4 operator -(Lane4 a) => new(-a.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane4 MultiplyAdd(Lane4 a, Lane4 b, Lane4 c) => new(Vector256.FusedMultiplyAdd(a.value, b.value, c.value));

    public static Lane4 LargerMagnitude(Lane4 a, Lane4 b) => new(Vector256.Max(Vector256.Abs(a.value), Vector256.Abs(b.value)));

    public static Lane4 Round(Lane4 a) => new(Vector256.Round(a.value));

    public static Lane4 Floor(Lane4 a) => new(Vector256.Floor(a.value));

    public double Get(int lane) => value[lane];

    public static Lane4 Select(Lane4 share, Lane4 first, Lane4 second) => new(Vector256.ConditionalSelect(Vector256.Equals(share.value, Vector256<double>.Zero), second.value, first.value));

    public Lane4 With(int lane, double value) => new(this.value.WithElement(lane, value));
}

/// <summary>Eight scenarios in a 512-bit register.</summary>
internal readonly struct Lane8(Vector512<double> value) : ILane<Lane8>
{
    private readonly Vector512<double> value = value;

    public static int Width => 8;

    public static Lane8 Of(double value) => new(Vector512.Create(value));

    public static Lane8 operator +(Lane8 a, Lane8 b) => new(a.value + b.value);

    public static Lane8 operator -(Lane8 a, Lane8 b) => new(a.value - b.value);

    public static Lane8 operator *(Lane8 a, Lane8 b) => new(a.value * b.value);

    public static Lane8 operator /(Lane8 a, Lane8 b) => new(a.value / b.value);

    public static Lane8 operator -(Lane8 a) => new(-a.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane8 MultiplyAdd(Lane8 a, Lane8 b, Lane8 c) => new(Vector512.FusedMultiplyAdd(a.value, b.value, c.value));

    public static Lane8 LargerMagnitude(Lane8 a, Lane8 b) => new(Vector512.Max(Vector512.Abs(a.value), Vector512.Abs(b.value)));

    public static Lane8 Round(Lane8 a) => new(Vector512.Round(a.value));

    public static Lane8 Floor(Lane8 a) => new(Vector512.Floor(a.value));

    public double Get(int lane) => value[lane];

    public static Lane8 Select(Lane8 share, Lane8 first, Lane8 second) => new(Vector512.ConditionalSelect(Vector512.Equals(share.value, Vector512<double>.Zero), second.value, first.value));

    public Lane8 With(int lane, double value) => new(this.value.WithElement(lane, value));
}
