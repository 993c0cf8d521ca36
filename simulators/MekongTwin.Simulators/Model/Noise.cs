using System.Text;

namespace MekongTwin.Simulators.Model;

/// <summary>
/// Noise as a pure function of (seed, device, instant): smooth in time, within ±1, mean 0. Value noise: random numbers at
/// the knots of a grid in time, joined by 3t²−2t³.
/// </summary>
internal readonly struct Noise(ulong key)
{
    /// <summary>The noise of one thing of one city under one seed. FNV-1a over the name.</summary>
    public static Noise For(long seed, string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var octet in Encoding.UTF8.GetBytes(name)) hash = (hash ^ octet) * 1099511628211UL;
        return new(Mix(hash ^ Mix((ulong)seed)));
    }

    /// <summary>A constant of this thing in [0, 1): one for every <paramref name="channel"/>.</summary>
    public double Constant(int channel) => Unit(Mix(key + Mix((ulong)channel + 0xC0FFEE)));

    /// <summary>Noise whose knots are <paramref name="periodMs"/> apart.</summary>
    public double At(long timeMs, long periodMs, int channel)
    {
        var knot = Math.DivRem(timeMs, periodMs, out var rest);
        if (rest < 0) (knot, rest) = (knot - 1, rest + periodMs);
        var t = rest / (double)periodMs;
        var from = Knot(knot, channel);
        return from + (Knot(knot + 1, channel) - from) * (t * t * (3 - 2 * t));
    }

    /// <summary>Drift over the hour, ripple over minutes, flicker over seconds: the three scales of a city's loads.</summary>
    public double Layered(long timeMs, int channel) =>
        0.5 * At(timeMs, 3_600_000, channel) + 0.3 * At(timeMs, 300_000, channel + 1) + 0.2 * At(timeMs, 20_000, channel + 2);

    /// <summary>The random number in [0, 1) of one block of time, e.g. whether something happens in it.</summary>
    public double Block(long block, int channel) => Unit(Mix(key ^ Mix((ulong)block * 0x9E3779B97F4A7C15UL + (ulong)channel)));

    private double Knot(long knot, int channel) => 2 * Block(knot, channel) - 1;

    private static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    /// <summary>The finaliser of SplitMix64 (Steele, Lea, Flood 2014).</summary>
    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
