using System.Runtime.Intrinsics;

namespace MekongTwin.Engines.PowerFlow;

/// <summary>How many bits of vector a batch works with. Every width gives the same bits; the narrower ones are slower.</summary>
public enum SimdWidth
{
    /// <summary>One scenario at a time.</summary>
    Scalar = 64,

    Vector256 = 256,

    Vector512 = 512,
}

/// <summary>The widths of this machine.</summary>
public static class Simd
{
    /// <summary>Holds the widest width to use: 512, 256 or scalar.</summary>
    public const string Variable = "MEKONGTWIN_SIMD";

    private static readonly Lazy<SimdWidth> Chosen = new(static () => Choose(Environment.GetEnvironmentVariable(Variable)));

    /// <summary>The widest that the machine has and <see cref="Variable"/> allows.</summary>
    /// <exception cref="ArgumentException">The variable holds none of the widths.</exception>
    public static SimdWidth Widest => Chosen.Value;

    /// <summary>True when the machine has vectors of that width.</summary>
    public static bool Has(SimdWidth width) => width switch
    {
        SimdWidth.Vector512 => Vector512.IsHardwareAccelerated,
        SimdWidth.Vector256 => Vector256.IsHardwareAccelerated,
        _ => true,
    };

    /// <exception cref="ArgumentException">The machine has no vectors of that width.</exception>
    internal static void Need(SimdWidth width)
    {
        if (!Has(width)) throw new ArgumentException($"This machine has no vectors of {(int)width} bits.", nameof(width));
    }

    /// <exception cref="ArgumentException">The text is none of the widths.</exception>
    internal static SimdWidth Choose(string? limit)
    {
        var most = limit switch
        {
            null or "" or "512" => SimdWidth.Vector512,
            "256" => SimdWidth.Vector256,
            "scalar" => SimdWidth.Scalar,
            _ => throw new ArgumentException($"{Variable} is '{limit}'; it must be 512, 256 or scalar."),
        };
        if (most == SimdWidth.Vector512 && !Has(most)) most = SimdWidth.Vector256;
        return Has(most) ? most : SimdWidth.Scalar;
    }
}
